"""What is written as a workbook is all there, however long the table is."""

import io

import pytest
from python_calamine import load_workbook
from xlsxwriter import Workbook

from mall.core.tables import writer

HEADER = ("no", "name")


@pytest.mark.parametrize(
    ("count", "sheets"), [(0, [0]), (1, [1]), (3, [3]), (4, [3, 1]), (7, [3, 3, 1])]
)
def test_workbook_when_rows_are_many_then_they_go_on_under_the_same_headings(
    monkeypatch, count, sheets
):
    monkeypatch.setattr(writer, "ROWS_ON_A_SHEET", 3)
    rows = [(number, f"member {number}") for number in range(count)]
    file = io.BytesIO()

    writer.write_workbook(file, iter(HEADER), iter(rows))

    file.seek(0)
    with load_workbook(file) as book:
        found = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    assert [sheet[0] for sheet in found] == [list(HEADER)] * len(sheets)
    assert [len(sheet) - 1 for sheet in found] == sheets
    assert [tuple(row) for sheet in found for row in sheet[1:]] == rows


def test_workbook_when_its_sheet_is_full_then_xlsxwriter_takes_no_further_row():
    with Workbook(io.BytesIO(), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()

        assert sheet.write_number(writer.ROWS_ON_A_SHEET, 0, 1) == 0
        assert sheet.write_number(writer.ROWS_ON_A_SHEET + 1, 0, 1) == -1
