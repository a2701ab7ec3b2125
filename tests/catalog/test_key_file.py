"""Card keys as people bring them: what was looked over is what is sold, byte for byte."""

import io
import json
from datetime import datetime
from html import unescape
from uuid import uuid4

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from catalog import key_file
from catalog.models import CardKey
from mall.core.tables.errors import UnreadableTable
from tests.factories.orders import key_sku
from tests.pages import hidden_of

pytestmark = pytest.mark.django_db


def keys_of(text, **options):
    keys = key_file.read_text(text, **options)
    return [key for _row, key in keys.rows], [row for row, _why in keys.faults]


@pytest.fixture
def counter(client, operator):
    client.force_login(operator)
    return client


@pytest.mark.parametrize(
    ("text", "keys", "told"),
    [
        ("\ufeff卡号,密码\r\n8001,pw1\r\n\r\n8002,pw2\r\n ,\r\n,,\r\n8003,\"p,w3\"\r\n",
         ["8001 pw1", "8002 pw2", "8003 p,w3"], [1]),
        ("Card No,PIN\n1,2\n", ["1 2"], [1]),
        ("user1----p,w1\nuser2----p\"w2\n\"user3----pw3\nuser4----pw4\n",
         ["user1----p w1", "user2----p\"w2", "\"user3----pw3", "user4----pw4"], []),
        ("\"AB,CD-1\"\n", ["AB,CD-1"], []),
        ("8001\tp,1\n8002\tp2\n", ["8001 p,1", "8002 p2"], []),
        ("\t8001,\tp1\n\t8002,\tp2\n", ["8001 p1", "8002 p2"], []),
        ("=\"0012\",'0013\n6.22848E+18,1\n1.38e+10\n", ["0012 0013"], [2, 3]),
        ("Card No;PIN\n1,1;2\n", ["1,1 2"], [1]),
        ("a1;b\nc2;d\n", ["a1;b", "c2;d"], []),
        ("A-1\nABC\n说明\nA 2\n", ["A-1", "A 2"], [2, 3]),
        ("key\nAAA\nBBB,pin 1\nAAA\nK-1\nTotal\n合计\n",
         ["AAA", "BBB pin 1", "AAA", "K-1", "Total"], [7]),
        ("key\nA1\nA2\nA3\nTotal\n", ["A1", "A2", "A3"], [5]),
        ("sep=;\r\n8001;p,w1\r\n8002;pw2\r\n", ["8001 p,w1", "8002 pw2"], []),
        ("2026年11月卡密\n\n卡号,密码\n8001,pw\n", ["8001 pw"], [1, 3]),
        ("Row number,Card No,PIN\n1,8001,pw1\n2,8002,\n3,,\n", ["8001 pw1", "8002"], [1]),
        ("622848001234567000\n'622848001234567000\n77\n", ["622848001234567000", "77"], [1]),
        ("#N/A\nA1\n6.22848E18\n", ["A1"], [1, 3]),
    ],
    ids=range(17),
)  # fmt: skip
def test_read_when_keys_are_pasted_then_each_byte_stays_and_the_rest_is_told(text, keys, told):
    assert keys_of(text) == (keys, told)


def test_read_when_letters_are_keys_too_then_only_the_heading_is_left_out():
    assert keys_of("Card No,PIN\nABC\nA1\n", letters_too=True) == (["ABC", "A1"], [1])


def test_read_when_a_file_comes_then_its_encoding_and_kind_do_not_matter():
    text = "卡号\t密码\n8001\t密1\n0012\t\n"
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([["卡号", "密码"], [8001.0, "密1"], ["0012"], [6.2e18]]):
            sheet.write_row(number, 0, row)
    files = [text.encode(encoding) for encoding in ("utf-8", "gb18030", "utf-16")]

    found = [key_file.read_file(read) for read in (*files, content.getvalue())]

    assert {keys.rows for keys in found} == {((2, "8001 密1"), (3, "0012"))}
    assert [[row for row, _why in keys.faults] for keys in found] == [[1], [1], [1], [1, 4]]
    with pytest.raises(UnreadableTable):
        key_file.read_file(b"1\n" * 1_100_000)


def test_read_when_a_workbook_changed_or_parted_the_keys_then_told_and_not_sold():
    dated, parted = io.BytesIO(), io.BytesIO()
    with xlsxwriter.Workbook(dated, {"in_memory": True}) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "m/d"})
        sheet.write_datetime(0, 0, datetime(2026, 3, 5), day)
        sheet.write_string(1, 0, "3-5")
    with xlsxwriter.Workbook(parted, {"in_memory": True}) as book:
        for key in ("A1", "B1"):
            book.add_worksheet().write_string(0, 0, key)

    keys = key_file.read_file(dated.getvalue())

    assert (keys.rows, [row for row, _why in keys.faults]) == (((2, "3-5"),), [1])
    with pytest.raises(UnreadableTable):
        key_file.read_file(parted.getvalue())


def test_import_when_ten_thousand_long_keys_are_looked_over_then_all_are_imported(counter):
    sku = key_sku(keys=0, points=10)
    url = reverse("admin:catalog_sku_import_keys", args=[sku.pk])
    odd = ['"AB,CD-1"', "'tis 5", 'a  b<&>"5']
    text = "\n".join([*odd, *(f"{number:0110d}" for number in range(9_997))])
    file = SimpleUploadedFile("keys.txt", text.encode())

    from_file = counter.post(url, {"file": file, "key": str(uuid4()), "look": "1"})
    looked = counter.post(url, {"text": text, "key": str(uuid4()), "look": "1"})
    kept = {name: unescape(found[0]) for name, found in hidden_of(looked.text).items()}
    imported = counter.post(url, {**kept, "import": "1"})

    assert (from_file.status_code, looked.status_code, imported.status_code) == (200, 200, 302)
    assert unescape(hidden_of(from_file.text)["rows"][0]) == kept["rows"]
    keys = CardKey.objects.filter(sku=sku).order_by("pk")
    assert (len(keys), [key.secret for key in keys[:4]]) == (
        10_000,
        ["AB,CD-1", "'tis 5", 'a  b<&>"5', "0" * 110],
    )


def test_import_when_the_rows_are_not_what_was_looked_over_then_nothing_is_imported(counter):
    url = reverse("admin:catalog_sku_import_keys", args=[key_sku(keys=0, points=10).pk])

    for rows in ('["x"]', "{}", "[[1, 2]]", "x", json.dumps([[1, "a", "b"]])):
        answer = counter.post(url, {"rows": rows, "key": str(uuid4()), "import": "1"})
        assert (answer.status_code, CardKey.objects.count()) == (400, 0)
