"""Tables as programs save them: one reader, the same rows, each refusal with its cause."""

import io
import zipfile
from datetime import date, datetime

import pytest
import xlsxwriter
from django.utils import translation

from mall.core.tables.columns import Column
from mall.core.tables.errors import UnreadableTable
from mall.core.tables.reader import open_table, remarks_of, titles_of

COLUMNS = (
    Column("sku", ("商品编号", "SKU No."), required=True, is_code=True),
    Column("change", ("变动",), required=True),
    Column("note", ("备注",)),
)
ROWS = [(2, "A1", "5", "杯子, 白"), (3, "0012", "-3", "")]
TEXT = '商品编号,变动,备注\r\nA1,5,"杯子, 白"\r\n0012,-3,\r\n'


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def rows_of(content, columns=COLUMNS):
    return [(row.line, *row.cells.values()) for row in open_table(content, columns)]


def faults_of(content, columns=COLUMNS):
    return [(row.line, row.fault) for row in open_table(content, columns)]


def workbook(*rows, formats=(), formula=None):
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    book.add_worksheet("empty")
    sheet = book.add_worksheet("filled")
    styles = {code: book.add_format({"num_format": code}) for code in formats}
    for number, row in enumerate(rows):
        for place, value in enumerate(row):
            if isinstance(value, datetime | date):
                sheet.write_datetime(number, place, value, next(iter(styles.values())))
            else:
                (sheet.write_string if isinstance(value, str) else sheet.write)(
                    number, place, value
                )
    if formula:
        sheet.write_formula(*formula)
    book.close()
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.replace("\r\n", "\n").encode("utf-8-sig"),
        TEXT.encode("gb18030"),
        TEXT.replace("杯子, 白", "杯子@ 白").replace(",", "\t").replace("@", ",").encode("utf-16"),
        TEXT.replace("杯子, 白", "杯子@ 白").replace(",", ";").replace("@", ",").encode(),
        ("\ufeff ＳＫＵ　ＮＯ． ,Change,NOTE,\r\n=\"A1\",5,'杯子, 白'\r\n".replace("'", '"')
         + "'0012,-3,,,\r\n,,\r\n\r\n").replace('="A1"', '"=""A1"""').encode(),
        "sku;change;note\nA1;5;杯子, 白\n0012;-3;\n".encode("gbk"),
        workbook(["sku", "change", "note"], ["A1", 5.0, "杯子, 白"], ["0012", -3, ""]),
    ],
    ids=["utf-8", "mark", "gb18030", "utf-16 tabs", "semicolons", "wrapped", "gbk", "xlsx"],
)  # fmt: skip
def test_open_when_programs_saved_the_same_table_then_the_same_rows(content):
    assert rows_of(content) == ROWS


def test_by_column_when_rows_are_many_and_few_of_them_odd_then_the_same_rows():
    lines = [f"S{number},{number},note {number}" for number in range(1, 451)]
    lines[150] = '="007", 5 ,'  # wrapped as spreadsheets do
    lines[199] = "S200,200"  # short
    lines[200] = ",,"  # nothing at all
    lines[399] = "S400,#N/A,x"
    text = "\n".join(["sku,change,note", *lines])

    found = list(open_table(text.encode(), COLUMNS).by_column())

    assert [len(some.lines) for some in found] == [200, 199, 50]
    rows = [row for some in found for row in zip(some.lines, *some.cells.values(), strict=True)]
    assert rows == rows_of(text.encode())
    assert (len(rows), rows[0], rows[150]) == (449, (2, "S1", "1", "note 1"), (152, "007", "5", ""))
    assert (rows[199], rows[200]) == ((201, "S200", "200", ""), (203, "S202", "202", "note 202"))
    pairs = [pair for some in found for pair in zip(some.lines, some.faults, strict=True)]
    assert [line for line, fault in pairs if fault] == [401]


def test_open_when_lines_are_blank_or_broken_in_quotes_then_lines_are_the_files():
    content = b'\n\nsku,change,note\n1,2,"a\nb"\n,,\n \n2,3\n'

    assert rows_of(content) == [(4, "1", "2", "a\nb"), (8, "2", "3", "")]
    assert rows_of(b"sep=;\nsku;change\n1;2") == [(3, "1", "2", "")]


def test_open_when_a_sheet_begins_below_then_lines_are_its_rows():
    content = workbook([], ["", "sku", "change"], [], ["", "7", 5])

    assert rows_of(content) == [(4, "7", "5", "")]


@pytest.mark.parametrize(
    ("content", "above"),
    [
        ("盘点表\n制表人：小王,,2026-11-29\nsku,变动,备注\nA1,5,\n".encode(), [1, 2]),
        ("\n十一月，仓库一；小王\nSKU;change;备注;in stock\nA1;5;;9".encode("gbk"), [2]),
        (b"stock, corrected, by hand\nsku\tchange\nA1\t5\n", [1]),
        (workbook(["Stock", "change"], [], ["sku", "change", "note"], ["A1", 5]), [1]),
        (b"sku,change,note\nA1,5,sku change note\n", []),
    ],
    ids=["two", "semicolons", "tabs", "workbook", "none"],
)
def test_open_when_titles_stand_above_the_headings_then_passed_over_and_told(content, above):
    table = open_table(content, COLUMNS)

    assert [(row.cells["sku"], row.cells["change"], row.fault) for row in table] == [
        ("A1", "5", "")
    ]
    assert [line for line, _text in table.above] == above
    told = [words for words in remarks_of(table) if words.startswith("Above the headings")]
    assert len(told) == bool(above)


def test_open_when_titles_stand_above_and_nothing_is_required_then_the_wide_row_names_columns():
    content = "店铺订单导出\n订单编号,买家,金额\n1,a,2\n".encode()

    assert titles_of(content) == ("订单编号", "买家", "金额")
    assert titles_of("导出,,11 月\na,b,c,d\n1,2,3,4".encode()) == ("a", "b", "c", "d")
    assert titles_of(b"a,b\n1,2,3,4,5\n") == ("a", "b")
    assert titles_of(b"only\n1\n") == ("only",)
    assert titles_of(b"a;b;c\n1;2;x, y, z, w\n") == ("a", "b", "c")


def test_open_when_there_is_one_column_then_read_and_other_columns_are_named():
    table = open_table(b"sku\n1\n2\n", (COLUMNS[0],))
    other = open_table(b"sku,Zustand,change\n1,x,2\n", COLUMNS)

    assert [row.cells["sku"] for row in table] == ["1", "2"]
    assert (other.unknown, other.missing) == (("Zustand",), ("note",))
    assert titles_of("商品编号;变动\n1;2".encode()) == ("商品编号", "变动")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "nothing"),
        (b"\xff\xfe", "nothing"),
        (b"a,b\n1,2", "Missing: sku (商品编号), change (变动); found: a, b"),
        ("sku,商品编号,change\n1,1,2".encode(), "twice: 商品编号"),
        (b'sku,change\n1,5\n2,"5\n3,4\n', "line 3"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, ".xls"),
        (b"<table><tr><td>sku</td></tr></table>", "web page"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n", "picture"),
        (b"PK\x03\x04" + b"\0" * 100, "damaged"),
        ("sku,change,note\n1,2,杯子".encode()[:-1], "damaged"),
        ("sku,change,note\n1,2,Café".encode("latin-1") + b"\n", "neither UTF-8"),
        (b"sku,change\n" + b"1,2\n" * 9000, "30 KB"),
    ],
    ids=range(13),
)
def test_open_when_it_cannot_be_read_then_the_cause_is_named(content, word):
    with pytest.raises(UnreadableTable) as refusal:
        list(open_table(content, COLUMNS, bytes_max=30_000))

    assert word in str(refusal.value).replace("30 KB", "30 KB")


def test_open_when_a_row_is_wrong_then_the_row_says_why():
    content = (
        b"sku,change,note\ndemo,1,000,reason\n1,2,,\n6.22848E+18,1,\n2.02511e+17,1\n1,2,a\x01b\n"
    )

    faults = faults_of(content)

    assert [line for line, fault in faults if fault] == [2, 4, 5, 6]
    assert "more cells than headings (reason)" in faults[0][1]
    assert "6.22848E+18: a spreadsheet rounded this" in faults[2][1]


def test_open_when_a_workbook_lost_a_value_then_the_row_says_so():
    content = workbook(
        ["sku", "change"],
        [202511281234567890, 1],
        [datetime(2026, 3, 5), 1],
        ["1", 1],
        ["2", True],
        ["3", datetime(2026, 5, 1, 9, 58)],
        [13800138000, 0.1 + 0.2],
        formats=["m月d日"],
        formula=(3, 1, "=1/0", None, "#DIV/0!"),
    )

    rows = list(open_table(content, COLUMNS))

    assert ["rounded" in rows[0].fault, "made a date" in rows[1].fault] == [True, True]
    assert "an error" in rows[2].fault
    assert [tuple(row.cells.values())[:2] for row in rows[3:]] == [
        ("2", "TRUE"),
        ("3", "2026-05-01 09:58:00"),
        ("13800138000", "0.3"),
    ]


@pytest.mark.parametrize("kind", ["archive", "other", "numbers", "wide", "bomb", "texts"])
def test_open_when_a_zip_is_no_workbook_or_too_large_then_refused_before_it_is_unpacked(
    kind, monkeypatch
):
    monkeypatch.setattr("mall.core.tables.packages.UNPACKED_BYTES_MAX", 200_000)
    monkeypatch.setattr("mall.core.tables.packages.TEXT_BYTES_MAX", 100_000)
    content = workbook(["sku", "change"], ["x" * 20_000, 1], *(["x" * 20_000, 1] for _ in range(9)))
    if kind != "texts":
        content = repacked(kind)

    with pytest.raises(UnreadableTable) as refusal:
        list(open_table(content, COLUMNS))

    expected = {"archive": "zip archive", "other": "another kind", "numbers": "another kind"}
    assert expected.get(kind, "too large") in str(refusal.value)


def repacked(kind):
    """Return a workbook of which one part is other than a spreadsheet would write it."""
    names = {"archive": "stock.csv", "other": "mimetype", "numbers": "Index/Document.iwa"}
    if kind in names:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as package:
            package.writestr(names[kind], "sku,change")
        return file.getvalue()
    source, file = zipfile.ZipFile(io.BytesIO(workbook(["sku", "change"], ["1", 2]))), io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name in source.namelist():
            content = source.read(name)
            if kind == "wide" and name.endswith("sheet2.xml"):
                content = content.replace(b'r="B2"', b'r="XFD1048576"')
            if kind == "bomb" and name.endswith("styles.xml"):
                content += b" " * 1_000_000
            package.writestr(name, content)
    return file.getvalue()
