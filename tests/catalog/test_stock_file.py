"""Stock as a file: written out, filled in, looked over, booked whole or not at all, and once."""

import csv
import io
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog import stock, stock_file
from catalog.models import StockMovement
from mall.core import clock
from mall.core.models import AuditRow
from mall.core.tables.errors import UnreadableTable
from tests.factories.catalog import ProductFactory, SkuFactory
from tests.factories.orders import key_sku

pytestmark = pytest.mark.django_db
EXPORT, IMPORT = "/admin/catalog/sku/export-stock/", "/admin/catalog/sku/import-stock/"


def file_of(*rows, header="sku,change,note"):
    return "\n".join([header, *rows]).encode()


def left(*skus):
    found = stock.available([sku.pk for sku in skus])
    return [found[sku.pk] for sku in skus]


def upload(client, content, **sent):
    return client.post(
        IMPORT, {"file": SimpleUploadedFile("stock.csv", content, content_type="text/csv"), **sent}
    )


@pytest.fixture
def back_office(client, operator):
    client.force_login(operator)
    return client


def test_export_when_filled_in_and_imported_then_booked(back_office, operator):
    sku, other = (
        SkuFactory(product=ProductFactory(name_zh_hans="=杯子"), stock=3),
        SkuFactory(stock=5),
    )
    text = b"".join(back_office.get(EXPORT).streaming_content).decode("utf-8-sig")
    table = list(csv.DictReader(io.StringIO(text)))
    assert [(row["sku"], row["in_stock"], row["change"]) for row in table] == [
        (str(sku.pk), "3", ""),
        (str(other.pk), "5", ""),
    ]
    assert table[0]["product"] == "'=杯子"  # no formula for a spreadsheet
    table[0] |= {"change": "-2", "note": "damaged"}
    filled = io.StringIO()
    writer = csv.DictWriter(filled, stock_file.COLUMNS)
    writer.writeheader()
    writer.writerows(table)

    answer = upload(back_office, filled.getvalue().encode(), book="on")

    assert (answer.status_code, left(sku, other)) == (302, [1, 5])
    moved = StockMovement.objects.latest("pk")
    assert (moved.delta, moved.note, moved.actor) == (-2, "damaged", f"staff:{operator.pk}")
    assert AuditRow.objects.values_list("action", "after").get() == (
        "catalog.book_stock_file",
        {"lines": 1, "pieces": -2},
    )


def test_import_when_only_looked_over_then_nothing_moves(back_office):
    sku = SkuFactory(stock=3)

    answer = upload(back_office, file_of(f"{sku.pk},4,", "987654,1,", f"{sku.pk},1,"))

    assert (answer.status_code, left(sku), StockMovement.objects.count()) == (200, [3], 1)
    facts = [str(fact) for fact in answer.context["facts"]]
    assert ("1" in facts[0], "3" in facts[1], "4" in facts[2], len(facts)) == (True, True, True, 3)


def test_book_when_one_line_is_wrong_then_none_is_booked(back_office):
    sku, other = SkuFactory(stock=3), SkuFactory(stock=3)

    answer = upload(back_office, file_of(f"{sku.pk},4,", f"{other.pk},-4,"), book="on")

    assert (answer.status_code, left(sku, other)) == (400, [3, 3])
    assert "3" in str(answer.context["form"].errors["file"])


@pytest.mark.parametrize("change", ["1.5", "x", "9" * 30, "0", "1000001", "²", "-+5"])
def test_look_over_when_a_number_is_odd_then_said(change):
    sku = SkuFactory()

    assert [bool(row.error) for row in stock_file.look_over(file_of(f"{sku.pk},{change},"))] == [
        True
    ]


def test_look_over_when_it_is_a_card_key_then_its_keys_count():
    assert stock_file.look_over(file_of(f"{key_sku(keys=2, points=5).pk},1,"))[0].error


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"a,b\n1,2",
        file_of(),
        file_of(*(f"{n},1," for n in range(501))),
        b"x" * 600_000,
    ],
    ids=range(6),
)
def test_look_over_when_it_is_no_such_table_then_refused(content):
    with pytest.raises(UnreadableTable):
        stock_file.look_over(content)


def test_book_when_the_same_file_comes_again_then_refused(operator):
    sku = SkuFactory(stock=3)
    stock_file.book(file_of(f"{sku.pk},4,"), by=operator)

    with pytest.raises(stock_file.StockKnown):
        stock_file.book(file_of(f"{sku.pk},4,"), by=operator)
    assert left(sku) == [7]


def test_doors_when_support_knocks_then_it_reads_only(client, operator):
    operator.groups.set([Group.objects.get(name="support")])
    client.force_login(operator)

    assert (client.get(EXPORT).status_code, client.get(IMPORT).status_code) == (200, 403)


@pytest.mark.parametrize(
    "again",
    [
        lambda rows: "\r\n".join(rows).encode("utf-8-sig"),
        lambda rows: "\n".join(row.replace(",", ";") for row in rows).encode("gb18030"),
        lambda rows: "\n".join(f'"{row}"'.replace(",", '","') for row in rows).encode(),
        lambda rows: "\n".join([*rows, ",,"]).replace("SKU编号", "ｓｋｕ 编号").encode("utf-16"),
    ],
    ids=["mark", "semicolons", "quotes", "blanks"],
)  # fmt: skip
def test_book_when_the_same_rows_were_saved_otherwise_then_refused(operator, again):
    sku = SkuFactory(stock=3)
    rows = ["SKU编号,变动数量,备注", f"{sku.pk},+4,到货"]
    stock_file.book("\n".join(rows).encode(), by=operator)

    with pytest.raises(stock_file.StockKnown):
        stock_file.book(again(rows), by=operator)
    assert left(sku) == [7]


def test_import_when_equal_changes_were_booked_lately_then_asked_and_booked_anyway(
    back_office, operator
):
    sku, other = SkuFactory(stock=3), SkuFactory(stock=3)
    stock_file.book(file_of(f"{sku.pk},4,", f"{other.pk},1,"), by=operator)
    twin = file_of(f"{other.pk},1,", f"{sku.pk},4,")

    asked = upload(back_office, twin, book="on")
    kept = asked.context["form"]["rows"].value()
    before, answer = left(sku, other), back_office.post(IMPORT, {"rows": kept})

    assert (asked.status_code, before, answer.status_code) == (200, [7, 4], 302)
    assert left(sku, other) == [11, 5]
    assert back_office.post(IMPORT, {"rows": kept}).status_code == 400
    assert back_office.post(IMPORT, {"rows": kept[:-1] + "x"}).status_code == 400
    with time_machine.travel(clock.now() + timedelta(days=8), tick=False):
        stock_file.book(file_of(f"{sku.pk},4,", "", f"{other.pk},1.0, again"), by=operator)
        stock_file.book(file_of(f"{sku.pk},1,", f"{other.pk},1,"), by=operator)
    assert left(sku, other) == [16, 7]


def test_import_when_rows_are_wrong_then_each_says_why_and_unknown_columns_are_named(back_office):
    sku = SkuFactory(stock=3)
    back_office.cookies["mall_language"] = "en"

    answer = upload(
        back_office,
        file_of(f"{sku.pk},1,000,reason,x", f"{sku.pk},1_0,", "6.2E+18,5,", f"{sku.pk},１０,", ",,",
                f"{sku.pk},5.0,again", header="sku,change,note,Zustand"),
    )  # fmt: skip

    facts = " ".join(str(fact) for fact in answer.context["facts"])
    assert [word in facts for word in ("1 ", "Zustand", "(x)", "6.2E+18")] == [True] * 4
    rows = stock_file.look_over(file_of(f"{sku.pk},1_0,", f"{sku.pk},１０,", "x,1,"))
    assert [(row.line, row.change, bool(row.error)) for row in rows] == [
        (2, 0, True),
        (3, 10, False),
        (4, 1, True),
    ]
