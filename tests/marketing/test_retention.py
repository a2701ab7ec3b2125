"""Who came back and bought again: the one walk against a slow count of drawn histories, live and
imported, and by hand.
"""

import io
import json
import os
from datetime import date, datetime, timedelta
from statistics import quantiles

import pytest
import time_machine
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.registration import register
from mall.core import clock
from marketing.analytics import activity, days, retention, rollup
from marketing.models import (
    DailyActivity,
    DailyRollup,
    HistoryCustomer,
    HistoryOrder,
    LateDay,
    MemberDay,
)
from orders.models import Order
from tests.marketing.orders import placed

FIRST = date(2025, 1, 28)
ONE_DAY = timedelta(days=1)
NOON = timedelta(hours=12)


def noon(day):
    return clock.start_of(day) + NOON


def report(as_of, since=None):
    return retention.walk(as_of, since=since).as_dict()


# --- a slow count, written from the definitions ------------------------------
def shares(part, whole):
    return part / whole if whole else None


def counted(events, as_of, since):
    """The report of [(person, day, completed orders)], by loops over loops."""
    events = [event for event in events if event[1] <= as_of]
    active = {(person, day) for person, day, _orders in events}
    everybody = {person for person, _day in active}
    firsts = {person: min(day for one, day in active if one == person) for person in everybody}
    orders = {
        person: sorted(day for one, day, n in events if one == person for _ in range(n))
        for person in everybody
    }
    shown = {(person, day) for person, day in active if day >= since}
    months = sorted({f"{day:%Y-%m}" for _person, day in shown})
    all_months = [f"{y}-{m:02}" for y in range(2024, 2028) for m in range(1, 13)]
    last_30 = {(person, day) for person, day in active if day > as_of - 30 * ONE_DAY}
    visits = len({(person, day) for person, day in last_30 if day >= since})

    def cohort(first):
        members = [person for person in everybody if firsts[person] == first]

        def back(n):
            if first + n * ONE_DAY > as_of:
                return None
            return shares(
                sum((person, first + n * ONE_DAY) in active for person in members), len(members)
            )

        return {"size": len(members), "d1": back(1), "d7": back(7), "d30": back(30)}

    def month_cohort(month):
        members = [
            person
            for person in everybody
            if f"{firsts[person]:%Y-%m}" == month and firsts[person] >= since
        ]
        later = all_months[all_months.index(month) : all_months.index(f"{as_of:%Y-%m}") + 1]
        bought = [
            sum(any(f"{day:%Y-%m}" == each for day in orders[person]) for person in members)
            / len(members)
            for each in later
        ]
        return {"size": len(members), "months": bought}

    def again(n):
        due = [days for days in orders.values() if days and since <= days[0] <= as_of - n * ONE_DAY]
        return shares(
            sum(len(days) > 1 and (days[1] - days[0]).days <= n for days in due), len(due)
        )

    kept = {person: [day for day in days if day >= since] for person, days in orders.items()}
    buyers = sum(len(days) > 0 for days in kept.values())
    gaps = sorted(
        (b - a).days
        for days in orders.values()
        for a, b in zip(days, days[1:], strict=False)
        if b >= since
    )
    cuts = quantiles(gaps, n=10, method="inclusive") if len(gaps) > 1 else gaps * 9
    return {
        "as_of": as_of.isoformat(),
        "members": len({person for person, _day in shown}),
        "buyers": buyers,
        "orders": sum(map(len, kept.values())),
        "dau": {
            day.isoformat(): sum(each == day for _p, each in shown)
            for day in sorted({day for _p, day in shown})
        },
        "mau": {
            month: len({person for person, day in shown if f"{day:%Y-%m}" == month})
            for month in months
        },
        "stickiness": shares(
            visits / 30,
            len({person for person, day in last_30 if any(p == person for p, _d in shown)}),
        ),
        "retention": {
            first.isoformat(): cohort(first)
            for first in sorted(set(firsts.values()))
            if first >= since
        },
        "cohorts": {
            m: month_cohort(m)
            for m in sorted({f"{first:%Y-%m}" for first in firsts.values() if first >= since})
        },
        "repurchase": {
            **{f"d{n}": again(n) for n in (30, 90, 365)},
            "all": shares(sum(len(days) > 1 for days in kept.values()), buyers),
        },
        "repurchase_interval_days": {
            "median": cuts[4] if gaps else None,
            "p90": cuts[8] if gaps else None,
        },
    }


events = st.lists(
    st.tuples(st.integers(-3, 4), st.integers(0, 500) | st.integers(0, 40), st.integers(0, 2)),
    max_size=40,
)


@pytest.mark.django_db
@settings(max_examples=60)
@given(drawn=events, end=st.integers(0, 500), since=st.none() | st.integers(0, 60))
def test_walk_when_histories_are_drawn_then_equals_a_slow_count(drawn, end, since):
    merged = {}
    for person, offset, orders in drawn:
        merged[person, FIRST + offset * ONE_DAY] = (
            merged.get((person, FIRST + offset * ONE_DAY), 0) + orders
        )
    MemberDay.objects.all().delete()
    MemberDay.objects.bulk_create(
        MemberDay(person=person, on=on, orders=orders) for (person, on), orders in merged.items()
    )
    as_of = FIRST + end * ONE_DAY
    first = min(FIRST + since * ONE_DAY, as_of) if since is not None else None

    found = report(as_of, first)

    expected = counted(
        [(person, on, orders) for (person, on), orders in merged.items()],
        as_of,
        first or date(2024, 1, 1),
    )
    assert _close(found, expected)


def _close(found, expected):
    """Equal, but for the last bit of a quotient."""
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(
            _close(found[name], expected[name]) for name in expected
        )
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(_close, found, expected))
    return found == expected or found == pytest.approx(expected)


# --- live facts ----------------------------------------------------------------
facts = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(0, 45),
        st.sampled_from(
            [
                "sign_in",
                "review",
                "mission",
                "placed",
                "cancelled",
                "completed",
                "history",
                "history_refunded",
            ]
        ),
    ),
    max_size=25,
)


@pytest.mark.once(on="mariadb")
@pytest.mark.django_db
@settings(max_examples=100 if os.environ.get("MALL_RANDOM") else 6)
@given(drawn=facts, end=st.integers(0, 50))
def test_report_when_facts_are_live_and_imported_then_equals_a_slow_count_of_them(
    drawn, end, people
):
    clear()
    with time_machine.travel(noon(FIRST + 60 * ONE_DAY), tick=False):
        for number, (who, offset, what) in enumerate(drawn):
            live_fact(people[who], FIRST + offset * ONE_DAY, what, number)
        rollup.roll_up_recent()
        found = report(FIRST + end * ONE_DAY)

    told = [
        (who, FIRST + offset * ONE_DAY, int(what in ("completed", "history")))
        for who, offset, what in drawn
    ]
    # The second member is the earlier shop's customer, too; the third one's history is somebody
    # else's.
    told = [
        (-1 if who == 2 and day_is_history(what) else who, day, n)
        for (who, day, n), (_w, _o, what) in zip(told, drawn, strict=True)
    ]
    assert _close(found, counted(told, FIRST + end * ONE_DAY, date(2024, 1, 1)))


def day_is_history(what):
    return what.startswith("history")


@pytest.fixture
def people(db):
    members = [register(f"shopper{n}", f"shopper{n}@example.com") for n in range(3)]
    for n, user in ((0, members[0]), (1, members[1]), (2, None)):
        HistoryCustomer.objects.create(pk=n + 1, name=f"customer{n}", user=user)
    return members


def clear():
    for model in (MemberDay, DailyActivity, DailyRollup, LateDay, HistoryOrder, Order):
        model.objects.all().delete()


def live_fact(member, day, what, number):
    if day_is_history(what):
        customer = HistoryCustomer.objects.get(name=f"customer{int(member.username[-1])}")
        status = "completed" if what == "history" else "refunded"
        HistoryOrder.objects.create(
            no=str(number),
            customer=customer,
            ordered_at=noon(day),
            on=day,
            status=status,
            total=1,
            digest="",
        )
        days.mark_late([day])
    elif what in ("placed", "cancelled", "completed"):
        status = "pending" if what == "placed" else what
        placed(member, at=noon(day), status=status, key=f"key-{number}")
        days.mark_late([day])
    else:
        activity.record(member.pk, day, what)
        days.mark_late([day])


# --- late facts ------------------------------------------------------------------
@pytest.mark.django_db
def test_roll_up_recent_when_a_past_day_is_marked_then_counted_again_and_the_mark_is_gone(member):
    with time_machine.travel(noon(FIRST + 40 * ONE_DAY), tick=False):
        rollup.roll_up_recent()
        order = placed(member, at=noon(FIRST), status="paid")
        days.mark_late([FIRST])
        rollup.roll_up_recent()
        assert report(FIRST)["orders"] == 0

        Order.objects.filter(pk=order.pk).update(status="completed")
        days.mark_late([FIRST])
        rollup.roll_up_recent()

    assert (report(FIRST)["orders"], LateDay.objects.count()) == (1, 0)


@pytest.mark.django_db
def test_roll_up_recent_when_it_dies_half_way_then_the_marks_stay_and_the_next_run_makes_it_up(
    member, monkeypatch
):
    with time_machine.travel(noon(FIRST + 40 * ONE_DAY), tick=False):
        for n in range(3):
            placed(member, at=noon(FIRST + n * ONE_DAY), status="completed")
        days.mark_late(FIRST + n * ONE_DAY for n in range(3))
        fill, calls = days.fill, iter(range(9))
        monkeypatch.setattr(days, "fill", lambda day: fill(day) if next(calls) < 2 else 1 / 0)
        with pytest.raises(ZeroDivisionError):
            rollup.roll_up_recent()
        monkeypatch.undo()
        assert LateDay.objects.count() == 3

        rollup.roll_up_recent()

    assert (report(FIRST + 40 * ONE_DAY)["orders"], LateDay.objects.count()) == (3, 0)


@pytest.mark.django_db
def test_roll_up_recent_when_a_day_is_marked_meanwhile_then_that_mark_stays(monkeypatch):
    with time_machine.travel(noon(FIRST + 40 * ONE_DAY), tick=False):
        days.mark_late([FIRST])
        monkeypatch.setattr(
            rollup,
            "_count_windows",
            lambda *_: LateDay.objects.count() == 1 and days.mark_late([FIRST]),
        )
        rollup.roll_up_recent()

    assert LateDay.objects.count() == 1


@pytest.mark.django_db
def test_roll_up_when_members_came_within_weeks_and_months_then_windows_hold_them(
    member, other_member
):
    for who, offset in (
        (member, 0),
        (member, 3),
        (other_member, 0),
        (member, 29),
        (other_member, 35),
    ):
        activity.record(who.pk, FIRST + offset * ONE_DAY, "sign_in")

    rollup.rebuild({FIRST + n * ONE_DAY for n in range(70)})

    rows = dict(DailyRollup.objects.values_list("on", "dau").order_by("on"))
    windows = {(row.on - FIRST).days: (row.wau, row.mau) for row in DailyRollup.objects.all()}
    assert sum(rows.values()) == 5
    assert [windows[n] for n in (0, 3, 6, 7, 9, 10, 29, 30, 32, 33, 35, 58, 59, 64, 65)] == [
        (2, 2), (2, 2), (2, 2), (1, 2), (1, 2), (0, 2), (1, 2), (1, 1), (1, 1), (1, 1), (2, 2), (0,
        2), (0, 1), (0, 1), (0, 0),
    ]  # fmt: skip


# --- the command --------------------------------------------------------------------
@pytest.mark.django_db
def test_report_when_the_shop_is_empty_then_nothing_is_said_to_be_nothing():
    out = io.StringIO()
    call_command("retention_report", "--json", "--to", "2026-01-31", stdout=out)

    figures = json.loads(out.getvalue())
    assert (figures["members"], figures["dau"], figures["stickiness"]) == (0, {}, None)
    assert figures["repurchase"] == {"d30": None, "d90": None, "d365": None, "all": None}
    assert figures["repurchase_interval_days"] == {"median": None, "p90": None}


@pytest.mark.django_db
def test_report_when_read_by_people_then_tables_say_the_same(member):
    with time_machine.travel(datetime(2026, 2, 1, 12, tzinfo=clock.SHOP_ZONE)):
        placed(member, at=noon(date(2026, 1, 5)), status="completed")
        out = io.StringIO()
        call_command("retention_report", stdout=out)

    assert "As of 2026-02-01: 1 members, 1 buyers, 1 completed orders" in out.getvalue()
    assert "2026-01        1  100.0%   0.0%" in out.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "arguments", [["--to", "yesterday"], ["--from", "2026-02-02", "--to", "2026-02-01"]]
)
def test_report_when_days_make_no_sense_then_one_sentence_says_so(arguments):
    with pytest.raises(CommandError):
        call_command("retention_report", *arguments)
