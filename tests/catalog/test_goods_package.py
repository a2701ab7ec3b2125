"""Goods as a ZIP: pictures found by the names in the table, whatever packed them; and what a ZIP
must not do.
"""

import io
import zipfile
import zlib

import pytest
from PIL import Image

from catalog.goods_file import export, imports
from catalog.models import GoodsPicture, Product
from mall.core import file_jobs
from mall.core.tables.errors import UnreadableTable
from tests.catalog.test_goods_file import brought, carried_out, counts

pytestmark = pytest.mark.django_db
HEAD = "product,name,category,points,pictures\n"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def picture(colour, kind="PNG", size=(40, 30)):
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind)
    return file.getvalue()


def packed(entries):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def as_windows_packs(name, content, others):
    """A ZIP with a name in GBK without a word about it."""
    mark = "x" * len(name.encode("gbk"))
    return packed({mark: content, **others}).replace(mark.encode(), name.encode("gbk"))


def refusal_of(content, operator):
    """Return why a file is refused as a whole, beside its field or on its page."""
    try:
        row = brought(content, operator)
    except UnreadableTable as refusal:
        return str(refusal)
    assert (row.status, bytes(row.content)) == ("failed", b"")
    return row.problem


def named(product):
    return [product.image.name, *(one.image.name for one in product.images.all())]


def test_zip_when_pictures_are_named_then_found_in_any_case_and_folder_and_once(operator, tea):
    rows = "A-1,杯,茶,5,Front.PNG; 图片/背面.jpg|FRONT.png\nA-2,壶,茶,5,front.png\n"
    content = packed(
        {
            "goods/table.csv": HEAD + rows,
            "goods/pictures/front.png": picture("red"),
            "goods/图片/背面.jpg": picture("blue", "JPEG"),
            "__MACOSX/goods/._front.png": b"x",
            "goods/.DS_Store": b"x",
        }
    )

    done = carried_out(brought(content, operator), operator)
    one, two = Product.objects.order_by("code")
    again = brought(content, operator)

    assert (counts(done), counts(again)) == ((2, 0, 0, 0), (0, 0, 2, 0))
    assert (done.pictures, GoodsPicture.objects.filter(job=done).count()) == (2, 0)
    assert (again.pictures, GoodsPicture.objects.count()) == (0, 0)  # nothing is to be written
    assert len(named(one)) == 2 and named(one)[0] == named(two)[0] != named(one)[1]
    with one.image.open() as stored, Image.open(stored) as shown:
        assert (shown.format, shown.size) == ("WEBP", (40, 30))


def test_zip_when_windows_packed_it_then_chinese_names_are_found(operator, tea):
    rows = f"{HEAD}A-1,杯,茶,5,杯子.png\n".encode("gb18030")

    row = brought(as_windows_packs("杯子.png", picture("red"), {"t.csv": rows}), operator)

    assert (counts(row), row.pictures) == ((1, 0, 0, 0), 1)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("https://example.com/a.png", b"", "a.png"),
        ("//cdn/a.png", b"", "a.png"),
        ("b.png", b"", "b.png"),
        ("a.png", b"no picture", "a.png"),
        ("a.png", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        ("a.png", "huge", "a.png"),
    ],
)
def test_zip_when_a_picture_cannot_be_then_its_product_is_refused_by_name(
    operator, tea, name, content, said
):
    content = picture("red", size=(6000, 5000)) if content == "huge" else content
    zipped = packed({"t.csv": f"{HEAD}A-1,杯,茶,5,{name}\nA-2,壶,茶,5,\n", "a.png": content})

    row = brought(zipped, operator)

    assert counts(row) == (1, 0, 0, 1)
    assert said in next(file_jobs.findings_of(row))[3]


def test_zip_when_two_pictures_go_by_a_name_then_the_folder_says_which(operator, tea):
    two = {"1/a.png": picture("red"), "2/a.png": picture("blue")}
    rows = f"{HEAD}A-1,杯,茶,5,a.png\nA-2,壶,茶,5,2/a.png\n"

    row = brought(packed({"t.csv": rows, **two}), operator)

    assert counts(row) == (1, 0, 0, 1)


@pytest.mark.parametrize(
    "entries",
    [
        {"a.png": b"x"},
        {"1.csv": HEAD, "2.xlsx": b"x"},
        {"t.csv": HEAD, "../a.png": b"x"},
        {"t.csv": HEAD, "/etc/a.png": b"x"},
        {"t.csv": HEAD, "C:\\a.png": b"x"},
        {"t.csv": b"\0" * 20_000_000},
    ],
)
def test_zip_when_it_is_no_package_of_goods_then_refused_whole(operator, entries):
    assert refusal_of(packed(entries), operator)


def test_zip_when_damaged_secret_or_too_large_then_refused_whole(operator, monkeypatch):
    good = packed({"t.csv": HEAD + "A-1,杯,茶,5,a.png\n" * 3, "a.png": picture("red")})
    secret = good.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")
    broken = bytearray(good)
    broken[40:60] = bytes(20)

    for content in (secret, bytes(broken), good[:200]):
        assert refusal_of(content, operator)
    monkeypatch.setattr("catalog.goods_file.package.UNPACKED_BYTES_MAX", 50)
    assert refusal_of(good, operator)
    monkeypatch.setattr("catalog.goods_file.package.UNPACKED_BYTES_MAX", 10**9)
    monkeypatch.setattr("catalog.goods_file.package.ENTRIES_MAX", 1)
    assert refusal_of(good, operator)


def test_pictures_when_written_out_brought_and_taken_back_then_they_stay_and_go(operator, tea):
    first = packed({"t.csv": f"{HEAD}A-1,杯,茶,5,a.png;b.png\n", "a.png": picture("red"),
                    "b.png": picture("blue")})  # fmt: skip
    carried_out(brought(first, operator), operator)
    product = Product.objects.get()
    before = named(product)
    file = io.BytesIO()
    export.write_package(file, Product.objects.all(), workbook=True)
    out = zipfile.ZipFile(file)
    order = f"{HEAD}A-1,,,,{before[1].rpartition('/')[2]}; c.png\n"

    unchanged = brought(file.getvalue(), operator)
    row = carried_out(brought(packed({"t.csv": order, "c.png": picture("green")}), operator),
                      operator)  # fmt: skip
    product.refresh_from_db()
    changed = named(product)
    imports.undo(row, operator=operator)
    imports.carry_on()

    assert counts(unchanged) == (0, 0, 1, 0) and unchanged.pictures == 0
    assert sorted(out.namelist()) == sorted(["goods.xlsx", *before])
    assert changed[0] == before[1] and len(changed) == 2 and changed[1] not in before
    product = Product.objects.get()
    assert named(product) == before
    assert zlib.crc32(product.image.read()) == out.getinfo(before[0]).CRC
