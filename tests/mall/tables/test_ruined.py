"""What programs did to a table that cannot be undone: each is told at its row, none passes over."""

import io
import os
import zipfile
from datetime import datetime

import pytest
import xlsxwriter
from django.utils import translation

from mall.core.tables import cells
from mall.core.tables.columns import Column
from mall.core.tables.errors import UnreadableTable
from mall.core.tables.reader import open_table, remarks_of

COLUMNS = (
    Column("no", ("编号",), required=True, is_code=True),
    Column("change", ("变动",), required=True),
    Column("note"),
)
COLUMN_TITLES = ["no", "change", "note"]
HEAD = "no,change,note\n"
NO_RESULT = "a formula without a result"


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def read(content):
    content = content.encode() if isinstance(content, str) else content
    return [(row.line, *row.cells.values(), row.fault[:30]) for row in open_table(content, COLUMNS)]


def refusal_of(content, **how):
    with pytest.raises(UnreadableTable) as refusal:
        list(open_table(content, COLUMNS, **how))
    return str(refusal.value)


def workbook(*sheets, hidden=()):
    """Return a workbook of sheets, each {name: rows}."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        for number, (name, rows) in enumerate(sheets):
            sheet = book.add_worksheet(name)
            if number == 1:
                sheet.activate()
            if name in hidden:
                sheet.hide()
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)
    return file.getvalue()


def with_cell(xml):
    """Return a workbook whose B2 is written as another program would."""
    source = zipfile.ZipFile(io.BytesIO(workbook(("s", [COLUMN_TITLES, ["A", 7]]))))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith("sheet1.xml"):
                assert content.count(b'<c r="B2"><v>7</v></c>') == 1
                content = content.replace(b'<c r="B2"><v>7</v></c>', xml)
            package.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ("6.22848E18,1,", "rounded"),
        ("2.02511e17,1,", "rounded"),
        ("6E+17,1,", "rounded"),
        ("#N/A,1,", NO_RESULT),
        ("A,#REF!,", NO_RESULT),
        ("########,1,", NO_RESULT),
        ("A,Err:502,", NO_RESULT),
        ("A,1,000,", "more cells than headings (1, 000)"),
        ('A,5,"open\nB,3,\nC,4,"', "a cell holds several rows"),
        ("1E5,1,#1", ""),
        ("'#N/A,1,", ""),
        ("A,5,,", ""),
        ('A,5,"Street 1\nTown, County, Land"', ""),
    ],
    ids=range(13),
)
def test_read_when_a_cell_was_ruined_then_its_row_says_so(row, word):
    (read,) = open_table(f"{HEAD}{row}\n".encode(), COLUMNS)

    assert (word in read.fault, bool(read.fault)) == (True, bool(word))


@pytest.mark.parametrize(
    ("xml", "change"),
    [
        (b'<c r="B2"><f>A1+1</f><v></v></c>', None),
        (b'<c r="B2"><f>A1+1</f><v /></c>', None),
        (b'<c r="B2"><f>A1+1</f></c>', None),
        (b'<c r="B2"><f>A1+1</f><v>3</v></c>', "3"),
        (b'<c r="B2" t="str"><f>IF(A1=1,"","")</f><v></v></c>', ""),
    ],
    ids=range(5),
)
def test_read_when_no_program_worked_a_formula_out_then_its_row_says_so(xml, change):
    (row,) = open_table(with_cell(xml), COLUMNS)

    assert (NO_RESULT in row.fault) == (change is None)
    assert change is None or row.cells["change"] == change


def test_read_when_a_workbook_has_several_sheets_then_the_one_with_the_columns_or_none():
    rows = [COLUMN_TITLES, ["A", 1]]
    cover, more = ("说明", [["How to fill it in"], ["x"]]), ("Feb", [["编号", "变动"], ["B", 2]])

    found = read(workbook(cover, ("Jan", rows))), read(workbook(more, ("Jan", rows), hidden="Feb"))
    refusal = refusal_of(workbook(cover, ("Jan", rows), more))

    assert found == ([(2, "A", "1", "", "")],) * 2
    assert "several sheets of this workbook: Jan, Feb." in refusal


@pytest.mark.parametrize(
    ("numbers", "faulty"),
    [
        (["202511281234567000"] * 3, 3),
        (["2025112812345670", "2025112812345680", "2025112812345690", "77"], 3),
        (["202511281234567000", "202511281234567001"], 0),
        (["2025112812345670"], 0),
        (["'202511281234567000", '="202511281234567000"'], 0),
        (["000000000000000000"], 0),
    ],
    ids=range(6),
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_read_when_a_columns_long_numbers_all_end_in_noughts_then_a_spreadsheet_cut_them(
    numbers, faulty, encoding
):
    text = HEAD + "".join(f"{number},5,1234567890123450000\n" for number in numbers)

    rows = list(open_table(text.encode(encoding), COLUMNS))

    assert [len(rows), sum("rounded" in row.fault for row in rows)] == [len(numbers), faulty]


def test_read_when_a_number_is_shown_with_noughts_in_front_then_read_as_shown():
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "date_1904": True}) as book:
        sheet, zeros = book.add_worksheet(), book.add_format({"num_format": "00000"})
        day = book.add_format({"num_format": "yyyy/m/d"})
        sheet.write_row(0, 1, COLUMN_TITLES)
        sheet.write_number(1, 1, 12, zeros)
        sheet.write_number(1, 2, 7)
        sheet.write_datetime(1, 3, datetime(2026, 5, 1, 9, 58), day)  # as Excel for Mac counts days
        sheet.write_string(2, 1, "A", zeros)
        sheet.write_number(2, 2, 1234567, zeros)
        sheet.write_blank(3, 9, None, zeros)

    assert [row[:4] for row in read(file.getvalue())] == [
        (2, "00012", "7", "2026-05-01 09:58:00"),
        (3, "A", "1234567", ""),
    ]


def test_read_when_headings_say_their_unit_then_found_and_other_words_are_not():
    assert read("编号,变动（件）\nA,5\n") == [(2, "A", "5", "", "")]
    assert read('"no","change\n(pcs)"\nA,5\n') == [(3, "A", "5", "", "")]
    assert "Missing: change" in refusal_of("编号,变动（上次）\nA,5\n".encode())


def test_read_when_headings_say_what_must_be_filled_in_or_stand_in_two_rows_then_found():
    assert read("编号（必填）,变动【必填】,note(选填)\nA,5,x\n") == [(2, "A", "5", "x", "")]
    assert read("no(required),change（件）（必填）\nA,5\n") == [(2, "A", "5", "", "")]

    def two_rows(sheet):
        sheet.merge_range("A1:A2", "编号")
        sheet.merge_range("B1:C1", "盘点")
        sheet.write_row("B2", ["变动", "note"])
        sheet.write_row("A3", ["A", 5, "x"])

    assert read(drawn(two_rows)) == [(3, "A", "5", "x", "")]


def drawn(draw):
    """Return a workbook of one sheet that ``draw`` fills."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        draw(book.add_worksheet())
    return file.getvalue()


def test_read_when_cells_are_merged_over_rows_then_names_hold_for_each_and_numbers_are_asked():
    def merged(sheet):
        sheet.write_row("A1", COLUMN_TITLES)
        sheet.merge_range("A2:A4", "SF001")
        sheet.write_column("B2", [1, 2, 3])
        sheet.merge_range("C2:C3", "500ml 一箱")
        sheet.write_column("A5", ["B", "C"])
        sheet.merge_range("B5:B6", 100)
        sheet.merge_range("A7:A9", 12)
        sheet.write("B7", 4)

    found = read(drawn(merged))

    assert found[:3] == [
        (2, "SF001", "1", "500ml 一箱", ""),
        (3, "SF001", "2", "500ml 一箱", ""),
        (4, "SF001", "3", "", ""),
    ]
    told = "100 stands in a cell that is me"
    assert found[3:5] == [(5, "B", "100", "", told[:30]), (6, "C", "100", "", told[:30])]
    assert found[5:] == [(7, "12", "4", "", "")]  # rows 8 and 9 hold nothing of their own


def test_open_when_a_filter_hides_rows_then_read_and_told():
    def filtered(sheet):
        sheet.write_row("A1", COLUMN_TITLES)
        for row in range(1, 6):
            sheet.write_row(row, 0, [f"A{row}", row])
        for row in (2, 4, 9):
            sheet.set_row(row, options={"hidden": True})  # the last one is empty

    table = open_table(drawn(filtered), COLUMNS)

    assert [row.cells["no"] for row in table] == ["A1", "A2", "A3", "A4", "A5"]
    assert remarks_of(table) == (
        "Rows that the sheet hides (by a filter, say) are read as the others: 3, 5",
    )
    shown = open_table(workbook(("s", [COLUMN_TITLES, ["A", 7]])), COLUMNS)
    assert remarks_of(shown) == ()


def test_open_when_it_is_a_stream_or_no_encoding_then_the_cause_is_named():
    source, sink = os.pipe()
    os.close(sink)

    with os.fdopen(source, "rb") as stream:
        assert "stream" in refusal_of(stream)
    for encoding in ("hex", "base64", "klingon"):
        assert f"no encoding {encoding}" in refusal_of(HEAD.encode(), encoding=encoding)


@pytest.mark.parametrize(
    "text",
    ["1 1/2", "1 E5", "5￥", "5$", "5 -", "false ", "November 28, 2026", "#N/A", "#DIV/0!", "####"],
)
def test_guard_when_a_spreadsheet_would_change_a_text_then_kept(text):
    assert (cells.guarded(text), cells.bare(cells.guarded(text))) == (f"'{text}", text.strip())
