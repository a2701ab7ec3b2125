"""What a whole number, an amount, a day and a moment are, and what a cell is on its way out."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from mall.core import clock
from mall.core.form_fields import AmountField, WholeNumberField
from mall.core.tables import cells, values, writer
from mall.core.tables.columns import Column
from mall.core.tables.digest import digest
from mall.core.tables.errors import BadCell
from mall.core.tables.reader import open_table


@pytest.mark.parametrize(
    ("text", "number"),
    [("5", 5), (" ５ ", 5), ("+5", 5), ("－１０", -10), ("5.0", 5), ("5.00", 5), ("1,000", 1000),
     ("1，234，567", 1234567), ("-0", 0), ("007", 7)],
)  # fmt: skip
def test_whole_when_a_number_is_written_as_people_do_then_read(text, number):
    assert values.whole(text) == number


@pytest.mark.parametrize(
    "text",
    ["", "1_0", "1,00", "1.000", "5.5", "1e3", "²", "٣", "-+5", "5 0", "0x5", "9" * 19, "五", "5-"],
)
def test_whole_when_it_is_none_then_refused(text):
    with pytest.raises(BadCell):
        values.whole(text)


def test_field_when_a_whole_number_is_typed_then_by_the_same_rule():
    field = WholeNumberField(min_value=-2000, max_value=2000, required=False)

    assert [field.clean(text) for text in ("", " ５ ", "1,000", "-5.0", 7)] == [
        None, 5, 1000, -5, 7
    ]  # fmt: skip
    for text in ("1_0", "1.5", "1,00", "2001"):
        with pytest.raises(ValidationError):
            field.clean(text)


def test_field_when_an_amount_is_typed_then_by_the_same_rule():
    field = AmountField(max_digits=6, decimal_places=2, min_value=0, required=False)

    assert [field.clean(text) for text in ("", "１２．５０", "1,200.5", "¥3.10", "7元", 4)] == [
        None, Decimal("12.50"), Decimal("1200.5"), Decimal("3.10"), Decimal(7), Decimal(4)
    ]  # fmt: skip
    for text in ("1e3", "1_0", "12,50", "1.505", "12345.67", "-1", "NaN"):
        with pytest.raises(ValidationError):
            field.clean(text)


def test_values_when_amounts_days_and_moments_are_usual_then_read():
    shop = {"tzinfo": clock.SHOP_ZONE}
    amounts = [values.decimal(text) for text in ("12.5", "¥1,200.00", "３．50元", "-0.10", "7.100")]
    days = [
        values.day(text)
        for text in ("2026-05-01", "2026/5/1", "2026.5.1", "2026年5月1日", "20260501")
    ]
    moments = [
        values.moment(text)
        for text in (
            "2026/5/1 9:58", "2026-05-01 09:58:00", "2026-05-01T09:58", "2026年5月1日 09:58:00",
            "2026-05-01 01:58:00 +0000", "2026-05-01T01:58:00Z", "2026-05-01 09:58:00.000+08:00",
        )
    ]  # fmt: skip

    assert [str(amount) for amount in amounts] == ["12.50", "1200.00", "3.50", "-0.10", "7.10"]
    assert set(days) == {date(2026, 5, 1)}
    assert set(moments) == {datetime(2026, 5, 1, 1, 58, tzinfo=UTC)}
    assert values.moment("2026-05-01") == datetime(2026, 5, 1, **shop)
    assert values.decimal("5", places=0) == Decimal(5)


@pytest.mark.parametrize("text", ["", "x", "2026-13-01", "01/05/2026", "2026-05-01 25:00", "46143"])
def test_moment_when_it_is_none_then_refused(text):
    with pytest.raises(BadCell):
        values.moment(text)


@pytest.mark.parametrize(
    "text",
    ["", "杯子", "=1+1", "-5", "@x", "0012", "202511281234567890", "3-5", "1/2", "12:30", "1E5",
     "TRUE", "'tis", "'5", "''=1", '="0012"', "(5)", "Mar 5", "3月5日", "50%", "1,000",
     "2027.10.31", "’", "'", "＝1", "1.10"],
)  # fmt: skip
def test_guarded_when_a_text_is_written_then_read_back_the_same(text):
    written = cells.guarded(text)

    assert cells.bare(written) == text
    assert not written.startswith(cells.FORMULA_STARTS)


@pytest.mark.parametrize(
    "text", ["#N/A", "####", "Err:502", "6.22E+17", "2.5e17", "'6.22E+17", "=1+1", "0012", "tea"]
)
def test_writer_when_a_text_looks_ruined_then_read_back_the_same_from_both_kinds_of_file(text):
    columns = (Column("no", required=True), Column("name"))
    book = io.BytesIO()
    writer.write_workbook(book, ("no", "name"), [("A", text)])
    plain = "".join(writer.as_csv(("no", "name"), [("A", text)])).encode()

    for content in (book.getvalue(), plain):
        (row,) = open_table(content, columns)
        assert (row.cells["name"], row.fault) == (text, "")


def test_bare_when_a_spreadsheet_wrapped_a_text_then_unwrapped():
    found = [cells.bare(text) for text in ('="0012"', "'0012", "\t3012345678901234567", "\u202d1 ")]

    assert found == ["0012", "0012", "3012345678901234567", "1"]


def test_digest_when_rows_are_the_same_then_the_same():
    assert digest([(1, "a"), (2, None)]) == digest([[1, "a"], [2, None]])
    assert digest([(1, "a")]) != digest([(1, "a"), (1, "a")]) != digest([("1", "a"), (1, "a")])
