"""A normal day behind the counter in a real browser: every address but /admin/ is reached by a
click, no shell, no superuser.
"""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from playwright.sync_api import expect

from mall.core import clock
from mall.core.models import AuditRow
from marketing.analytics import rollup
from marketing.checkin.streak import check_in
from orders import lifecycle
from orders.models import FlashSession, Order, RefundRequest
from points import risk, rules
from points.models import Adjustment, PointAccount, PointsPolicy, Rule, RuleVersion
from tests.factories.accounts import MemberFactory
from tests.factories.flash import item, session
from tests.factories.orders import (
    address_of,
    ask,
    give_points,
    pay,
    physical_sku,
    place,
    received,
    virtual_sku,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("books_close"),
]


@pytest.fixture
def counter(open_page, english, sign_in_page, clerk):
    """counter(role) -> the start page of the back office before somebody of that role."""

    def at(role):
        page = sign_in_page(english(open_page(width=1280, height=900)), clerk(role))
        page.goto("/admin/")
        return page

    return at


def noted():
    """What the audit log says was done, in order."""
    return list(AuditRow.objects.order_by("pk").values_list("action", flat=True))


def room(page, name):
    """Go to a room by the menu at the side; a link's words begin with those of its icon."""
    page.get_by_role("link", name=re.compile(rf"^(\w+ )?{re.escape(name)}$")).first.click()
    page.wait_for_load_state()


def open_row(page, words):
    """Open the row of a list that says ``words``."""
    page.locator("#result_list tbody tr", has_text=words).locator("th a, td a").first.click()
    page.wait_for_load_state()


def button(page, name):
    """Press one of the buttons above a row."""
    page.locator("#content-main, #page, body").first.get_by_role(
        "link", name=name, exact=True
    ).first.click()
    page.wait_for_load_state()


def send(page, name):
    """Send the form of a page that asks."""
    page.locator("#content").get_by_role("button", name=name, exact=True).click()
    page.wait_for_load_state()


def test_order_when_shipped_then_carrier_and_number_reach_the_member(counter, shopper, member):
    address_of(member)
    order = pay(place(member, physical_sku(cash="20.00")))
    page = counter("operator")

    page.get_by_role("link", name=re.compile("Orders to ship")).click()
    open_row(page, order.no)
    button(page, "Ship")
    page.fill("[name=carrier]", "SF Express")
    send(page, "Ship")
    # the number is missing, and nothing typed is lost
    expect(page.locator("[name=carrier]")).to_have_value("SF Express")
    page.fill("[name=number]", "SF1234567890")
    send(page, "Ship")
    expect(page.locator("body")).to_contain_text("SF1234567890")

    shopper.goto(order.get_absolute_url())
    expect(shopper.locator("main")).to_contain_text("SF Express")
    assert Order.objects.get().status == "shipped"
    assert noted() == ["orders.reveal_address", "orders.ship"]


def test_refund_when_approved_then_money_is_on_its_way(counter, member):
    give_points(member, 100)
    order = received(pay(place(member, virtual_sku(points=50, cash="20.00"))))
    ask(order, 1, reason="too small")
    page = counter("finance")

    page.get_by_role("link", name=re.compile("Refunds to answer")).click()
    open_row(page, order.no)
    button(page, "Approve")
    expect(page.locator("#content")).to_contain_text("too small")
    expect(page.locator("#content")).to_contain_text("20.00")
    send(page, "Approve")
    expect(page.locator("body")).to_contain_text("Approved. Points are back, money is on its way.")
    assert RefundRequest.objects.get().status in ("approved", "refunded")
    assert "orders.approve_refund" in noted()


def test_adjustment_when_big_then_the_second_person_decides_and_the_first_cannot(counter, member):
    much = PointsPolicy.current().adjust_alone_max + 1
    before = PointAccount.objects.get(user=member).available
    first = counter("finance")
    room(first, "Accounts")
    open_row(first, member.username)
    button(first, "Adjust points")
    first.fill("[name=points]", str(much))
    first.fill("[name=description]", "Sorry for the late parcel")
    first.fill("[name=note]", "Ticket 77")
    send(first, "Adjust points")
    expect(first.locator("body")).to_contain_text("it waits for a colleague's approval")

    room(first, "Adjustments")
    open_row(first, member.username)
    button(first, "Approve")
    send(first, "Approve")
    expect(first.get_by_role("alert").first).to_contain_text(
        "You asked for this adjustment yourself."
    )
    assert (Adjustment.objects.get().status, PointAccount.objects.get(user=member).available) == (
        "waiting",
        before,
    )

    second = counter("admin")
    second.get_by_role("link", name=re.compile("Adjustments waiting")).click()
    open_row(second, member.username)
    button(second, "Approve")
    send(second, "Approve")
    expect(second.locator("body")).to_contain_text("The points were adjusted.")
    assert (Adjustment.objects.get().status, PointAccount.objects.get(user=member).available) == (
        "posted",
        before + much,
    )
    assert noted() == ["points.adjust_ask", "points.adjust_approve"]


def test_rule_when_edited_then_a_new_version_and_a_warning_about_its_rival(counter):
    names = {"name_zh_hans": "签到加倍", "name_en": "Gala"}
    rival = Rule.objects.create(
        code="gala", action="checkin", status=Rule.Status.ACTIVE, priority=50, **names
    )
    rules.publish(rival, actor="staff:1", value=RuleVersion.Value.FIXED, points=40)
    page = counter("operator")
    room(page, "Rules")
    expect(page.locator("#result_list tbody tr", has_text="Daily sign-in")).not_to_contain_text(
        "Gala"
    )
    open_row(page, "Gala")
    expect(page.locator("body")).to_contain_text("answers the same event at the same time")
    page.fill("[name=points]", "60")
    page.click("[name=_continue]")
    page.wait_for_load_state()

    expect(page.locator("body")).to_contain_text(
        "Version 2 is in force for what happens from now on."
    )
    assert [(version.number, version.points) for version in rival.versions.order_by("number")] == [
        (1, 40),
        (2, 60),
    ]
    assert noted() == ["points.rule_change"]


def test_flash_session_when_announced_then_members_see_it(counter, shopper):
    planned = session(starts_in=timedelta(minutes=-1))
    item(of=planned, sku=virtual_sku(points=100, stock=9, name_en="Brass pen"), announced=False)
    page = counter("operator")
    room(page, "Flash sessions")
    open_row(page, "Morning session")
    button(page, "Announce")
    send(page, "Announce")
    expect(page.locator("body")).to_contain_text("Announced. Its stock is set aside")
    assert FlashSession.objects.get().status == FlashSession.Status.RUNNING
    assert noted() == ["orders.announce_flash"]

    shopper.goto("/")
    shopper.locator(".flash-banner").click()
    expect(shopper.get_by_role("link", name="Brass pen")).to_be_visible()


def test_member_when_frozen_and_released_with_a_note_then_may_go_on(
    counter, shopper, member, operator
):
    risk.pause(member.pk, operator=operator, scope="all", note="odd sign-ins")
    shopper.goto("/points/")
    expect(shopper.locator(".points-case")).to_be_visible()
    page = counter("finance")

    page.get_by_role("link", name=re.compile("Open cases")).click()
    open_row(page, member.username)
    button(page, "Release")
    page.fill("[name=note]", "Called them: a new phone")
    send(page, "Release")
    expect(page.locator("body")).to_contain_text("The case is released.")

    shopper.reload()
    expect(shopper.locator(".points-case")).to_have_count(0)
    assert PointAccount.objects.get(user=member).status == "active"
    assert noted()[-1] == "points.case_decide"


@pytest.fixture
def last_week(transactional_db):
    """Somebody came first a week ago and again the day after; the days are counted."""
    on = clock.today() - timedelta(days=7)
    with clock.at(clock.start_of(on) + timedelta(hours=10)):
        guest = MemberFactory(username="guest")
        check_in(guest)
    with clock.at(clock.start_of(on) + timedelta(hours=34)):
        check_in(guest)
    rollup.roll_up_recent()
    return on


def test_retention_when_last_week_is_read_then_shown_and_taken_along(counter, last_week):
    page = counter("finance")
    room(page, "Retention")
    page.locator("[name=from]").fill(f"{last_week}")
    page.locator("[name=to]").fill(f"{last_week + timedelta(days=6)}")
    page.get_by_role("button", name="Show").click()
    page.wait_for_load_state()
    expect(page.locator(".report__table tbody tr", has_text=f"{last_week}").first).to_contain_text(
        "100"
    )

    with page.expect_download() as coming:
        page.get_by_role("link", name="CSV").first.click()
    rows = list(csv.reader(io.StringIO(coming.value.path().read_text(encoding="utf-8-sig"))))
    assert [row[:3] for row in rows[1:]] == [[f"{last_week}", "1", "1.0"]]
    assert f"{last_week}" in coming.value.suggested_filename


def test_audit_log_when_the_day_is_over_then_all_of_it_stands_there_and_is_taken_along(
    counter, clerk, member
):
    operator, finance = clerk("operator"), clerk("finance")
    order = lifecycle.ship(
        pay(place(member, virtual_sku(cash="20.00"))), actor=f"staff:{operator.pk}"
    )
    case = risk.pause(member.pk, operator=finance, scope="all", note="odd sign-ins")
    risk.decide(case, operator=finance, release=True, note="Called them: a new phone")
    page = counter("auditor")

    room(page, "Audit log")
    shown = page.locator("#result_list tbody")
    expect(shown.locator("tr", has_text="Shipped an order")).to_contain_text(
        f"operator (staff:{operator.pk})"
    )
    expect(shown.locator("tr", has_text="Decided a case")).to_contain_text(
        "Called them: a new phone"
    )
    with page.expect_download() as coming:
        page.get_by_role("link", name="Download CSV").click()
    rows = list(csv.DictReader(io.StringIO(coming.value.path().read_text(encoding="utf-8-sig"))))
    assert len(rows) == AuditRow.objects.count() == 3
    shown.get_by_role("link", name=order.no).click()
    expect(page.locator("body")).to_contain_text(order.no)
    expect(page.get_by_role("link", name="Ship", exact=True)).to_have_count(0)  # an auditor reads


def test_start_page_when_much_was_edited_then_it_stays_within_the_screen(counter, member):
    page = counter("admin")
    clerk = type(member).objects.get(username="admin")
    for _ in range(3):
        LogEntry.objects.log_actions(clerk.pk, [member], CHANGE, "[]", single_object=True)

    page.reload()

    assert page.locator("#recent-actions-module").count() == 1
    assert (
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        == 0
    )
