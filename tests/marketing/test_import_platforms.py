"""Files as shops have them: four platforms, every way a spreadsheet saves, times and numbers as
people write them; what is left out is counted and listed.
"""

import io
import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from django.core.management import CommandError, call_command
from django.utils import translation

from mall.core import clock
from marketing.analytics import history_reading, history_row
from marketing.models import HistoryCustomer, HistoryLine, HistoryOrder

pytestmark = pytest.mark.django_db
SAMPLES = Path(__file__).parent.parent / "data" / "history"
HEADER = "order_no,ordered_at,customer,sku,product,category,quantity,unit_price,status"
GOOD = "A1,2026-05-01 09:58,Lin,TEA,Green tea,drinks,2,12.50,completed"


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def imported(path, **options):
    """Import a file; returns (what was printed, what was complained about)."""
    out, err = io.StringIO(), io.StringIO()
    call_command("import_history", str(path), no_figures=True, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


@pytest.fixture
def written(tmp_path):
    """written(*rows) -> the path of a file of these rows."""

    def write(*rows, header=HEADER, encoding="utf-8", end="\n"):
        path = tmp_path / "orders.csv"
        path.write_bytes(end.join((header, *rows)).encode(encoding))
        return path

    return write


def lines():
    fields = ("order__no", "order__customer__name", "order__status", "sku", "quantity")
    return list(HistoryLine.objects.order_by("order__no", "pk").values_list(*fields, "unit_price"))


def ordered():
    told = HistoryOrder.objects.order_by("no").values_list("no", "ordered_at")
    return {no: at.astimezone(clock.SHOP_ZONE).strftime("%F %T") for no, at in told}


def test_import_when_lines_of_an_order_differ_in_time_then_the_earliest_is_kept_and_told(written):
    late_first = written(
        GOOD.replace("09:58", "10:01"),
        GOOD.replace("TEA", "CUP"),
        GOOD.replace("TEA", "MUG").replace("2026-05-01 09:58", "2026-05-01T01:59:00Z"),
        GOOD.replace("A1", "B2"),
    )

    out, err = imported(late_first)
    again, _err = imported(late_first)
    out_sample, _err = imported(SAMPLES / "history_minute_apart.csv")

    assert ordered() == {
        "A1": "2026-05-01 09:58:00",
        "B2": "2026-05-01 09:58:00",
        "536591": "2010-12-01 12:57:00",
    }
    assert err == "" and "orders=2" in out and "refused=0 dropped=0 remarks=1" in out
    assert "line 3, order A1: its lines have 3 different times; the earliest was taken" in out
    assert "orders=0 replaced=0 unchanged=2 refused=0" in again
    assert "lines=2 orders=1" in out_sample and "remarks=1" in out_sample


def test_import_when_an_order_disagrees_then_its_lines_are_named_and_all_are_counted(written):
    path = written(
        GOOD,
        GOOD.replace("Lin", "Wu"),
        GOOD.replace("TEA", "CUP"),
        GOOD.replace("A1", "B2").replace("completed", "refunded"),
        GOOD.replace("A1", "B2"),
        GOOD.replace("A1", "C3"),
        GOOD.replace("A1", "C3").replace(",2,", ",two,"),
        GOOD.replace("A1", "D4"),
    )

    out, err = imported(path)

    assert [row[0] for row in lines()] == ["D4"]
    assert (
        "line 3, order A1: customer differs within the order: Lin in line 2, 4; Wu in line 3" in err
    )
    assert "line 6, order B2: status differs within the order: refunded in line 5; " in err
    assert sorted(map(int, re.findall(r"line (\d+), order \w+: left out with", err))) == [
        2,
        4,
        5,
        7,
    ]
    assert "rows=8 lines=1 orders=1 replaced=0 unchanged=0 refused=3 dropped=7" in out


def _read(fields):
    """Read one row of nine texts alone."""
    return tuple(column[0] for column in history_row.read_columns([[text] for text in fields]))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026/5/1 9:58", "2026-05-01 09:58:00"),
        ("2026年5月1日 9:58", "2026-05-01 09:58:00"),
        ("2026-05-01 10:00:00 +0200", "2026-05-01 16:00:00"),
        ("2026-05-01 10:00:00 +0800", "2026-05-01 10:00:00"),
        ("2026-04-30T23:59:59Z", "2026-05-01 07:59:59"),
        ("2026-05-01T10:00:00.250-05:00", "2026-05-01 23:00:00"),
        ("2026.5.1 09:58:07", "2026-05-01 09:58:07"),
        ("20260501", "2026-05-01 00:00:00"),
    ],
)
def test_row_when_a_time_is_written_as_people_do_then_the_shop_time_is_right(text, shown):
    row = _read(GOOD.replace("2026-05-01 09:58", text).split(","))

    instant = datetime.fromisoformat(f"{row[1]}+00:00").astimezone(clock.SHOP_ZONE)
    assert (instant.strftime("%F %T"), row[2]) == (shown, shown[:10])


@pytest.mark.parametrize(
    ("ours", "text"),
    [
        ("2026-05-01 09:58", "2026-02-30 10:00"),
        ("2026-05-01 09:58", "2026-05-01 24:30"),
        ("2026-05-01 09:58", "5/1/2026 9:58"),
        ("2026-05-01 09:58", "46143.41527"),
        ("2026-05-01 09:58", "yesterday"),
        (",2,", ",1_0,"),
        (",2,", ",1e3,"),
        (",2,", ",0.0,"),
        ("12.50", "12,5"),
        ("12.50", "-12.50"),
        ("12.50", "$12.50"),
    ],
)
def test_row_when_a_value_cannot_be_then_refused(ours, text):
    fields = [
        part.replace("|", ",") for part in GOOD.replace(ours, text.replace(",5", "|5")).split(",")
    ]

    with pytest.raises(history_row.BadRow):
        _read(fields)


@pytest.mark.parametrize(
    ("quantity", "price", "read"),
    [
        ("5.0", "￥1,299.00", (5, 129900)),
        ("１０", "12.5元", (10, 1250)),
        ("1,000", "¥ 3", (1000, 300)),
    ],
)
def test_row_when_numbers_are_written_as_people_do_then_read(quantity, price, read):
    fields = GOOD.split(",")

    row = _read([*fields[:6], quantity, price, fields[8]])

    assert row[7:9] == read


def test_import_when_a_spreadsheet_ruined_numbers_then_refused_by_name(written):
    path = written(
        GOOD.replace("A1", "2.02511E+17"),
        GOOD.replace("A1", "B2").replace("TEA", "6.22848E+18"),
        GOOD.replace("A1", "C3").replace("Lin", "1.38001E+10"),
        GOOD.replace("A1", '="0012"'),
        GOOD.replace("A1", "'3012345678901234567"),
        ",,,,,,,,",
        GOOD.replace("A1", "D4").replace(",2,", ",1,000,"),
    )

    out, err = imported(path)

    assert [row[0] for row in lines()] == ["0012", "3012345678901234567"]
    assert err.count("a spreadsheet rounded this") == 3
    assert "line 8, order D4: there are more cells than headings" in err
    assert "rows=6" in out and "refused=4 dropped=4" in out


@pytest.mark.parametrize(
    ("sample", "options", "expected"),
    [
        (
            "shopify_native.csv",
            {"platform": "shopify"},
            [
                ("#1001", "buyer1@example.com", "completed", "CUP-W", 1, Decimal("79.00")),
                ("#1001", "buyer1@example.com", "completed", "BRUSH", 2, Decimal("25.00")),
                ("#1002", "buyer2@example.com", "refunded", "CUP-B", 1, Decimal("79.00")),
            ],
        ),
        (
            "youzan_gbk.csv",
            {"platform": "youzan"},
            [("3012345678901234567", "tb_user_01", "completed", "CUP-W", 1, Decimal("79.00"))],
        ),
        (
            "taobao_items.csv",
            {"platform": "taobao"},
            [
                ("3012345678901234567", "tb_kehu_a", "completed", "CUP-W", 1, Decimal("79.00")),
                ("3012345678901234567", "tb_kehu_a", "completed", "BRUSH", 2, Decimal("1025.00")),
                ("3012345678901234777", "tb_kehu_b", "cancelled", "OUT-9", 1, Decimal("79.00")),
            ],
        ),
        (
            "woocommerce_items.csv",
            {"platform": "woocommerce"},
            [
                ("4711", "ann@example.com", "completed", "MUG", 2, Decimal("12.50")),
                ("4711", "ann@example.com", "completed", "Cup without SKU", 1, Decimal("3.00")),
                ("4713", "bob@example.com", "refunded", "MUG", 1, Decimal("12.50")),
            ],
        ),
        ("history_semicolons.csv", {}, [("A1", "u", "completed", "S", 1, Decimal("1.00"))]),
        ("history_unicode_text.txt", {}, [("A1", "u", "completed", "S", 1, Decimal("1.00"))]),
    ],
)
def test_import_when_a_shop_hands_its_file_over_then_every_line_is_right(sample, options, expected):
    out, err = imported(SAMPLES / sample, **options)
    again, _err = imported(SAMPLES / sample, **options)

    orders = len({row[0] for row in expected})
    assert lines() == expected
    assert f"unchanged={orders} " in again
    assert err.count("the order is not over yet") == ("taobao" in sample or "woocommerce" in sample)
    assert f"lines={len(expected)} orders={orders} " in out


def test_import_when_shopify_orders_are_odd_then_each_is_told_apart(written):
    header = (SAMPLES / "shopify_native.csv").read_text("utf-8-sig").splitlines()[0]
    first = "{no},{who},{status},,,{yuan},1,0,0,1,,0,{at},1,Mug,1.00,{sku},{gone},"
    at = "2026-05-01 09:58:12 +0800"
    path = written(
        first.format(
            no="#1", who="a@example.com", status="paid", yuan="USD", at=at, sku="M", gone=""
        ),
        first.format(
            no="#2", who="a@example.com", status="refunded", yuan="CNY", at=at, sku="", gone=at
        ),
        first.format(no="#3", who="", status="paid", yuan="CNY", at=at, sku="M", gone=""),
        "#4,,,,,,,,,,,,,2,Cup,1.00,CUP,,",
        header=header,
    )

    _out, err = imported(path, platform="shopify")

    assert lines() == [("#2", "a@example.com", "cancelled", "Mug", 1, Decimal("1.00"))]
    assert "line 2, order #1: the amounts are in USD" in err
    assert "line 4, order #3: customer is empty" in err
    assert "line 5, order #4: these fields are empty: ordered_at, customer, status" in err


def test_import_when_merged_cells_leave_the_number_blank_then_filled_down_within_the_order(written):
    rows = (
        GOOD,
        ",,,CUP,Cup,,1,3.00,",
        "B2,2026-05-02,Wu,TEA,Tea,,1,1.00,completed",
        ",2026-05-03,Ann,TEA,Tea,,1,1.00,completed",
    )

    _out, err = imported(written(*rows), fill_down=True)

    assert [(row[0], row[1], row[3]) for row in lines()] == [
        ("A1", "Lin", "TEA"),
        ("A1", "Lin", "CUP"),
        ("B2", "Wu", "TEA"),
    ]
    assert err == "line 5, order ?: order_no is empty\n"


def test_import_when_columns_and_words_are_said_then_they_are_taken(written):
    rows = ("N-1,1/2/2026,x,交易成功,Lin,T,1,2,2026-05-01", "N-2,,x,走掉了,Lin,T,1,2,2026-05-02")
    path = written(
        *rows, header="号,ordered_at,memo,state,who,code,qty,each,when", encoding="gb18030"
    )
    said = [
        "号=order_no,who=customer,code=sku,qty=quantity",
        "each=unit_price,state=status,when=ordered_at",
    ]

    refused, err = imported(path, columns=said, dry_run=True, status=["交易成功=completed"])
    out, err_after = imported(path, columns=said, status=["交易成功=completed,走掉了=cancelled"])

    assert "status 走掉了 is none of completed, cancelled, refunded; say which" in err
    assert "orders=1" in refused and "refused=1" in refused and "Nothing was written" in refused
    assert (err_after, [(row[0], row[2]) for row in lines()]) == (
        "",
        [("N-1", "completed"), ("N-2", "cancelled")],
    )
    assert "orders=2" in out and HistoryCustomer.objects.get().name == "Lin"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"columns": ["shop=buyer"]}, "“shop=buyer” is not theirs=ours with one of ours"),
        ({"columns": ["order_no"]}, "“order_no” is not theirs=ours"),
        ({"columns": ["No such=order_no"]}, r"missing: order_no \(No such\). It has: order_no"),
        ({"status": ["done=finished"]}, "“done=finished” is not theirs=ours"),
        ({"platform": "taobao"}, r"missing: ordered_at \(订单创建时间\)|missing: order_no"),
        ({"encoding": "klingon"}, "klingon"),
    ],
)
def test_import_when_it_cannot_be_read_so_then_one_sentence_says_why(written, options, sentence):
    with pytest.raises(CommandError, match=sentence):
        imported(written(GOOD), **options)

    assert not HistoryOrder.objects.exists()


def test_import_when_it_is_a_workbook_then_dates_and_numbers_of_cells_are_right(tmp_path):
    path = tmp_path / "orders.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy/m/d h:mm"})
    sheet.write_row(0, 0, ["订单号", "下单时间", "客户", "规格编码", "数量", "单价", "状态"])
    sheet.write_row(1, 0, ["0012", None, "Lin", "TEA", 2, 12.5, "已完成"])
    sheet.write_datetime(1, 1, datetime(2026, 5, 1, 9, 58), day)
    sheet.write_row(2, 0, [20260501, "2026/5/2", "Wu", "TEA", 1, 3, "已取消"])
    sheet.write_row(3, 0, [301234567890123456, "2026/5/2", "Wu", "TEA", 1, 3, "已取消"])
    book.close()

    out, err = imported(path)

    assert [(row[0], row[2], row[4], row[5]) for row in lines()] == [
        ("0012", "completed", 2, Decimal("12.50")),
        ("20260501", "cancelled", 1, Decimal("3.00")),
    ]
    assert HistoryOrder.objects.get(no="0012").on == date(2026, 5, 1)
    assert "line 4, order " in err and "refused=1" in out


@pytest.mark.parametrize(("name", "code"), [("history_semicolons.csv", 0), ("taobao_items.csv", 1)])
def test_command_when_rows_were_refused_then_it_ends_with_one(name, code, settings):
    from marketing.management.commands.import_history import Command

    argv = ["manage.py", "import_history", str(SAMPLES / name), "--no-figures"]
    said = ["--from", "taobao"] if code else []

    with pytest.raises(SystemExit) if code else translation.override("en") as ended:
        Command(stdout=io.StringIO(), stderr=io.StringIO()).run_from_argv([*argv, *said])

    assert (ended.value.code if code else 0) == code


@pytest.mark.parametrize(
    ("name", "platform"),
    [
        ("shopify_native.csv", "shopify"),
        ("taobao_items.csv", "taobao"),
        ("woocommerce_items.csv", "woocommerce"),
        ("history_semicolons.csv", "own"),
    ],
)
def test_guess_when_headings_are_a_platforms_then_it_is_known(name, platform):
    content = (SAMPLES / name).read_bytes()
    text = content.decode("gb18030" if "taobao" in name else "utf-8-sig")
    titles = re.split(r"[,;]", text.splitlines()[0].replace('"', ""))

    assert history_reading.guess(titles).platform == platform
