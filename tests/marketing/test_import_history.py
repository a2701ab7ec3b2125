"""An earlier shop's orders: the sample's report figure by figure, bad rows named and left out
whole, nothing twice.
"""

import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import translation

from mall.core import clock
from mall.core.models import AuditRow
from marketing.analytics import days, history, retention
from marketing.models import HistoryCustomer, HistoryLine, HistoryOrder, LateDay, MemberDay
from orders.models import Order

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


SAMPLES = Path(__file__).parent.parent / "data"
HEADER = "order_no,ordered_at,customer,sku,product,category,quantity,unit_price,status"
GOOD = "A1,2026-01-05 09:30:00,Lin,TEA,Green tea,drinks,2,12.50,completed"


@pytest.fixture
def shop(tmp_path):
    """shop(*rows) -> (what the command printed, what it complained about) after importing these
    rows.
    """

    def imported(*rows, header=HEADER, encoding="utf-8", **options):
        path = tmp_path / "orders.csv"
        path.write_bytes("\n".join((header, *rows)).encode(encoding))
        out, err = io.StringIO(), io.StringIO()
        call_command("import_history", str(path), stdout=out, stderr=err, **options)
        return out.getvalue(), err.getvalue()

    return imported


def stored():
    fields = (
        "order__no",
        "order__customer__name",
        "order__on",
        "order__status",
        "sku",
        "product",
        "category",
        "quantity",
        "unit_price",
    )
    return list(HistoryLine.objects.order_by("order__no", "pk").values_list(*fields))


@pytest.mark.once(on="mariadb")
def test_report_when_the_sample_is_imported_then_every_figure_is_as_computed_elsewhere():
    expected = json.loads((SAMPLES / "cdnow_sample_report.json").read_text())
    call_command("import_history", str(SAMPLES / "cdnow_sample_history.csv"), stdout=io.StringIO())

    out = io.StringIO()
    call_command("retention_report", "--to", "1998-06-30", "--json", stdout=out)

    figures = json.loads(out.getvalue())
    assert {name: figures[name] for name in expected} == expected
    assert set(figures) - set(expected) == {"stickiness", "repurchase_interval_days"}


def test_import_when_good_then_orders_stand_beside_the_books(shop):
    out, err = shop(GOOD, GOOD.replace("TEA,Green tea", "CUP,").replace("12.50", "3"))

    assert stored() == [
        (
            "A1",
            "Lin",
            datetime(2026, 1, 5).date(),
            "completed",
            "TEA",
            "Green tea",
            "drinks",
            2,
            Decimal("12.50"),
        ),
        (
            "A1",
            "Lin",
            datetime(2026, 1, 5).date(),
            "completed",
            "CUP",
            "CUP",
            "drinks",
            2,
            Decimal("3.00"),
        ),
    ]
    assert HistoryOrder.objects.get().total == Decimal("31.00")
    assert (err, Order.objects.count()) == ("", 0)
    assert "lines=2 orders=1" in out


def test_import_when_the_same_file_comes_twice_then_nothing_changes(shop):
    rows = (GOOD, GOOD.replace("A1", "A2").replace("Lin", "Wu"))
    shop(*rows)
    before = [
        list(model.objects.order_by("pk").values())
        for model in (HistoryCustomer, HistoryOrder, HistoryLine, MemberDay)
    ]

    out, err = shop(*reversed(rows))

    assert [
        list(model.objects.order_by("pk").values())
        for model in (HistoryCustomer, HistoryOrder, HistoryLine, MemberDay)
    ] == before
    assert (
        "orders=0 replaced=0 unchanged=2 refused=0" in out
        and err == ""
        and not LateDay.objects.exists()
    )


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (GOOD.replace("completed", "shipped"), "status"),
        (GOOD.replace(",2,", ",0,"), "quantity"),
        (GOOD.replace(",2,", ",1.5,"), "quantity"),
        (GOOD.replace(",2,", ",-1,"), "quantity"),
        (GOOD.replace("12.50", "free"), "unit_price"),
        (GOOD.replace("12.50", "-1"), "unit_price"),
        (GOOD.replace("12.50", "1.255"), "unit_price"),
        (GOOD.replace("12.50", "NaN"), "unit_price"),
        (GOOD.replace("2026-01-05 09:30:00", "05.01.2026"), "ordered_at"),
        (GOOD.replace("2026-01-05", "9999-12-31"), "ordered_at"),
        (GOOD.replace("2026-01-05 09:30:00", "0001-01-01T00:00:00+14:00"), "ordered_at"),
        (GOOD.replace("Lin", " "), "customer"),
        (GOOD.replace("Lin", "L" * 121), "customer"),
        (GOOD.replace("Lin", '"L\nin"'), "quotation mark"),
        (GOOD + ",extra", "more cells than headings"),
        ("A1,2026-01-05", "field"),
        (GOOD.replace("Lin", "Wu"), "differ"),
        (GOOD.replace("completed", "refunded"), "differ"),
    ],
)
def test_import_when_one_row_is_bad_then_it_is_named_and_its_whole_order_left_out(
    shop, bad, reason
):
    other = GOOD.replace("A1", "B2")

    out, err = shop(GOOD, other, bad)

    assert [row[0] for row in stored()] == ["B2"]
    assert err.startswith("line 4, order A1: ") and reason in err
    assert "refused=1" in out


def test_import_when_few_of_many_rows_are_bad_then_each_is_named_with_its_own_reason(shop):
    rows = [GOOD.replace("A1", f"A{number:03}") for number in range(450)]  # looked at by 200
    rows[0] = rows[0].replace("Lin", "")
    rows[199] = rows[199].replace(",2,", ",0,")
    rows[200] = rows[200].replace("completed", "lost")
    rows[449] = rows[449].replace("12.50", "free")

    _out, err = shop(*rows)

    named = [(line.partition(":")[0], line.partition(": ")[2][:8]) for line in err.splitlines()]
    assert named == [
        ("line 2, order A000", "customer"),
        ("line 201, order A199", "quantity"),
        ("line 202, order A200", "status l"),
        ("line 451, order A449", "unit_pri"),
    ]
    assert HistoryOrder.objects.count() == 446


def test_import_when_a_row_names_no_order_then_only_that_row_is_refused(shop):
    _out, err = shop("," + GOOD.partition(",")[2], GOOD)

    assert [row[0] for row in stored()] == ["A1"]
    assert err.startswith("line 2, order ?: order_no")


def test_import_when_rows_of_an_order_stand_apart_then_brought_together(shop):
    shop(GOOD, *(GOOD.replace("A1", f"B{n}") for n in range(3)), GOOD.replace("TEA", "CUP"))

    assert [row[4] for row in stored() if row[0] == "A1"] == ["TEA", "CUP"]


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-01-05 00:10:00", datetime(2026, 1, 4, 16, 10, tzinfo=UTC)),
        ("2026-01-05T00:10:00+08:00", datetime(2026, 1, 4, 16, 10, tzinfo=UTC)),
        ("2026-01-04T16:10:00Z", datetime(2026, 1, 4, 16, 10, tzinfo=UTC)),
        ("2026-01-05", datetime(2026, 1, 4, 16, 0, tzinfo=UTC)),
    ],
)
def test_import_when_time_has_a_zone_or_none_then_the_shop_day_is_right(shop, written, instant):
    shop(GOOD.replace("2026-01-05 09:30:00", written))

    order = HistoryOrder.objects.get()
    assert (order.ordered_at, order.on.isoformat()) == (instant, "2026-01-05")


def test_import_when_columns_are_mixed_and_marked_then_read_by_name(shop):
    header = "status,unit_price,note,order_no,ordered_at,customer,sku,product,category,quantity"
    shop(
        "completed,1.00,hello,A1,2026-01-05,Lin,TEA,Tea,drinks,1",
        header=header,
        encoding="utf-8-sig",
    )

    assert len(stored()) == 1


@pytest.mark.parametrize(
    ("header", "encoding", "reason"),
    [
        ("order_no,customer", "", "missing: ordered_at"),
        (HEADER + ",备注", "utf-8", "not written in"),
    ],
)
def test_import_when_the_file_is_none_of_ours_then_one_sentence_says_why(
    shop, tmp_path, header, encoding, reason
):
    path = tmp_path / "theirs.csv"
    path.write_bytes("\n".join((header, GOOD)).encode("gb18030"))

    with pytest.raises(CommandError, match=reason):
        call_command("import_history", str(path), encoding=encoding)

    assert not HistoryOrder.objects.exists()


@pytest.mark.parametrize(
    ("written", "hour"),
    [("2026-01-05 09:30+02", 7), ("2026-01-05T09:30-05", 14), ("2026-01-05T09:30:00", 1)],
)
def test_import_when_a_time_is_as_long_as_the_usual_one_then_its_zone_counts(shop, written, hour):
    shop(GOOD.replace("2026-01-05 09:30:00", written))

    assert HistoryOrder.objects.get().ordered_at == datetime(2026, 1, 5, hour, 30, tzinfo=UTC)


def test_import_when_a_heading_was_typed_wrong_then_refused_and_the_headings_told(shop):
    with pytest.raises(CommandError) as refusal:
        shop(GOOD, columns=["kind=category"])

    assert "no heading kind. It has: order_no, ordered_at," in str(refusal.value)
    assert not HistoryOrder.objects.exists()


def test_import_when_names_differ_in_case_only_then_two_orders_of_two_customers(shop):
    shop(GOOD, GOOD.replace("A1", "a1").replace("Lin", "lin"))

    assert (HistoryOrder.objects.count(), HistoryCustomer.objects.count()) == (2, 2)


@pytest.mark.parametrize("there", ["A0", "A9", "B", "Ä5", "a5", "订单5", "𠮷5"])
def test_import_when_an_order_is_there_then_known_wherever_it_stands_among_the_new(shop, there):
    numbers = ["A0", "A9", "B", "Z", "a5", "z", "Ä5", "订单5", "﨑", "𠮷5"]
    shop(GOOD.replace("A1", there))

    out, err = shop(*(GOOD.replace("A1", number) for number in numbers))

    assert f"orders={len(numbers) - 1} replaced=0 unchanged=1" in out and err == ""


def test_import_when_an_order_changed_then_refused_unless_replaced(shop):
    shop(GOOD, GOOD.replace("A1", "A2"))
    changed = GOOD.replace("completed", "refunded").replace("2026-01-05", "2026-01-06")

    _out, err = shop(changed)
    assert "line 2, order A1" in err and HistoryOrder.objects.get(no="A1").status == "completed"

    out, err = shop(changed, replace=True)
    assert "replaced=1" in out and err == ""
    assert (HistoryOrder.objects.get(no="A1").status, HistoryLine.objects.count()) == (
        "refunded",
        2,
    )
    assert dict(MemberDay.objects.values_list("on", "orders")) == {
        datetime(2026, 1, 5).date(): 1,
        datetime(2026, 1, 6).date(): 0,
    }


def test_import_when_stopped_in_between_then_the_next_run_completes_it(shop, tmp_path, monkeypatch):
    rows = [GOOD.replace("A1", f"A{n}") for n in range(10)]
    monkeypatch.setattr(history, "BATCH_ORDERS", 4)
    (tmp_path / "stopped.csv").write_text("\n".join((HEADER, *rows)))

    def until_the_seventh(orders):
        for number, order in enumerate(orders, 1):
            if number == 7:
                raise KeyboardInterrupt
            yield order

    with pytest.raises(KeyboardInterrupt):
        history.import_orders(tmp_path / "stopped.csv", on_bad=print, writing=until_the_seventh)
    assert HistoryOrder.objects.count() == 4

    out, _err = shop(*rows)

    assert "orders=6 replaced=0 unchanged=4" in out
    assert (HistoryOrder.objects.count(), HistoryLine.objects.count()) == (10, 10)
    assert retention.walk(datetime(2026, 1, 31).date()).orders == 10


def test_link_when_an_operator_names_the_member_then_days_count_as_theirs_and_back(
    shop, member, operator
):
    with time_machine.travel(datetime(2026, 2, 1, 12, tzinfo=clock.SHOP_ZONE)):
        shop(GOOD)
    customer = HistoryCustomer.objects.get()
    day = HistoryOrder.objects.get().on
    assert days.persons_of(day) == {-customer.pk: 1}

    history.link(customer.pk, member=member, operator=operator)

    assert days.persons_of(day) == {member.pk: 1}
    assert list(LateDay.objects.values_list("on", flat=True)) == [day]
    assert AuditRow.objects.get().after == {"member": member.pk}
    history.link(customer.pk, member=None, operator=operator)
    assert days.persons_of(day) == {-customer.pk: 1}
