"""A member comes back: every way to earn, spend and look into it, on a phone, as it is seen; then
the books are closed.
"""

import json
import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from catalog.models import Review
from mall.core import clock
from marketing.models import Mission, Preference
from marketing.referral import invitations
from orders.models import Order
from points import maturing
from points.models import LedgerEntry, PointAccount
from tests.conftest import PASSWORD
from tests.factories.catalog import CategoryFactory
from tests.factories.marketing import MissionFactory, NotificationFactory
from tests.factories.orders import give_points, key_sku, pay, place, received, virtual_sku

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("books_close"),
]


def available(user):
    return PointAccount.objects.get(user=user).available


def earned(user, rule):
    return list(
        LedgerEntry.objects.filter(account__user=user, rule=rule).values_list("delta", flat=True)
    )


def bought(user, *skus, **words):
    """An order of cash goods, paid and received."""
    return received(pay(place(user, *skus, **words)))


def test_purchase_when_received_then_its_points_are_shown_on_the_way_until_they_arrive(
    shopper, member
):
    order = pay(place(member, virtual_sku(cash="68.00", name_en="Green tea")))
    before = available(member)

    shopper.goto(order.get_absolute_url())
    expect(shopper.locator("main")).to_contain_text(
        "168 points are on the way. They arrive some days after you confirm the receipt."
    )
    received(order)
    shopper.goto("/points/")
    way = shopper.locator("section[aria-labelledby=on-the-way]")
    expect(way.locator("li", has_text="Points for what you buy")).to_contain_text("68")
    expect(way.locator("li", has_text="First order")).to_contain_text(
        re.compile("Arrives on .*100", re.DOTALL)
    )
    assert available(member) == before

    with clock.at(clock.now() + timedelta(days=8)):
        maturing.mature_due()
    shopper.reload()
    expect(shopper.locator("section[aria-labelledby=on-the-way]")).to_have_count(0)
    expect(shopper.locator(".statement")).to_contain_text("+68")
    assert available(member) == before + 168


def test_review_when_written_and_published_then_twenty_points(
    shopper, member, open_page, english, sign_in_page, operator
):
    order = bought(member, virtual_sku(cash="9.00", name_en="Green tea"))
    shopper.goto(order.get_absolute_url())
    shopper.get_by_role("link", name="Review", exact=True).click()
    shopper.locator("label[for=id_stars_3]").click()
    shopper.fill("[name=text]", "Fresh, and the tin closes well. I would buy it again.")
    shopper.locator("main form").first.get_by_role("button", name="Send").click()
    shopper.wait_for_url("**/reviews/")
    expect(shopper.locator(".toast-body, [role=status]").first).to_contain_text("Thank you")
    assert earned(member, "review") == []

    counter = sign_in_page(english(open_page(width=1280)), operator)
    counter.goto("/admin/")
    counter.get_by_role("link", name=re.compile("Reviews to read")).click()
    counter.locator("#result_list tbody th a, #result_list tbody td a").first.click()
    counter.get_by_role("link", name="Publish").click()
    counter.locator("#content").get_by_role("button", name="Publish").click()
    counter.wait_for_url("**/change/")

    shopper.goto(f"/products/{order.lines.get().product_id}/")
    expect(shopper.locator("#reviews")).to_contain_text("the tin closes well")
    shopper.goto("/points/")
    expect(shopper.locator(".statement li").first).to_contain_text(
        re.compile("Writing a review.*[+]20", re.DOTALL)
    )
    assert (Review.objects.get().status, earned(member, "review")) == ("published", [20])


def test_share_when_another_visitor_opens_the_link_then_five_points(
    shopper, member, open_page, live_server
):
    sku = virtual_sku(points=10, name_en="Green tea", name_zh_hans="绿茶")
    shopper.goto(f"/products/{sku.product_id}/")
    shopper.get_by_role("link", name="Share with a friend").click()
    link = shopper.locator("[data-copy-source]").input_value()
    expect(shopper.locator(".share")).to_contain_text("0 / 3")

    friend = open_page(
        user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
        "Safari/604.1"
    )
    friend.goto(link)
    expect(friend.locator("h1")).to_contain_text("绿茶")

    shopper.reload()
    expect(shopper.locator(".share")).to_contain_text("1 / 3")
    shopper.goto(link)  # one's own visit brings nothing
    shopper.goto("/points/")
    expect(shopper.locator(".statement li").first).to_contain_text(
        re.compile("Sharing with friends.*[+]5", re.DOTALL)
    )
    assert earned(member, "share") == [5]


def test_invitation_when_opened_by_who_has_been_here_before_then_remembered(
    open_page, english, live_server, member
):
    """A visitor's second visit is answered by the worker of the first (templates/sw.js)."""
    friend = english(open_page(width=390))
    friend.goto("/cart/")
    friend.wait_for_function("navigator.serviceWorker.ready.then(one => !!one.active)")
    friend.goto("/cart/")
    friend.wait_for_function("!!navigator.serviceWorker.controller")

    friend.goto(f"/s/{invitations.link_of(member.pk).token}/")

    expect(friend).to_have_url(re.compile("/accounts/signup/"))
    expect(friend.locator("main")).to_contain_text("A friend invited you")


def test_profile_when_completed_then_thirty_points_once(shopper, member):
    member.emailaddress_set.update(verified=True)
    shopper.goto("/account/profile/")
    shopper.fill("[name=nickname]", "Mei")
    shopper.fill("[name=birthday]", "1990-05-01")
    shopper.locator("main form").get_by_role("button", name="Save").click()
    shopper.wait_for_load_state()
    shopper.goto("/account/profile/")
    shopper.fill("[name=nickname]", "Mei Mei")
    shopper.locator("main form").get_by_role("button", name="Save").click()
    shopper.wait_for_load_state()

    shopper.goto("/points/")
    expect(shopper.locator(".statement li").first).to_contain_text(
        re.compile("Completing your profile.*[+]30", re.DOTALL)
    )
    assert earned(member, "profile") == [30]


def test_mission_when_progressed_and_collected_then_paid_once(shopper, member):
    MissionFactory(
        title_en="Say hello", event=Mission.Event.CHECKIN, target=1, points=15, is_automatic=False
    )
    shopper.goto("/missions/")
    mission = shopper.locator(".mission", has_text="Say hello")
    expect(mission).to_contain_text("0 / 1")
    expect(mission.get_by_role("button")).to_have_count(0)

    shopper.goto("/checkin/")
    shopper.click("#checkin-button")
    expect(shopper.locator(".checkin-done")).to_be_visible()
    earned = shopper.locator(".earned")
    expect(earned).to_contain_text("+20")  # counted up, and there to stay
    expect(earned).to_contain_text("Mission: Say hello")
    expect(earned.get_by_role("link", name="Collect 15 points")).to_be_visible()
    shopper.goto("/missions/")
    expect(mission).to_contain_text("1 / 1")
    before = available(member)
    mission.get_by_role("button", name="Collect").click()

    expect(shopper.locator(".mission-party")).to_contain_text("Say hello")
    expect(mission).to_contain_text("Done")
    assert available(member) == before + 15


def test_notices_when_read_and_chosen_then_seen_and_obeyed(shopper, member):
    NotificationFactory(user=member)
    shopper.goto("/inbox/")
    row = shopper.locator(".inbox__row--unread")
    expect(row.first).to_contain_text("unread")
    shopper.get_by_role("button", name="Mark all as read").click()
    expect(row).to_have_count(0)

    shopper.get_by_role("link", name="Choose notifications").click()
    switch = shopper.locator("input[type=checkbox][name^=email_]:not([disabled])").first
    was = switch.is_checked()
    name = switch.get_attribute("name")
    switch.set_checked(not was)
    shopper.get_by_role("button", name="Save").click()
    shopper.wait_for_load_state()
    expect(shopper.locator(f"[name='{name}']")).to_be_checked(checked=not was)
    assert Preference.objects.filter(user=member).exists()


def test_home_when_something_was_bought_then_more_is_picked_with_the_reason(shopper, member):
    shelf = CategoryFactory(name_en="Tea")
    had = virtual_sku(points=10, name_en="Green tea", category=shelf)
    virtual_sku(points=20, name_en="Oolong", category=shelf)
    place(member, had)

    shopper.goto("/")

    first = shopper.locator("section[aria-labelledby^=picks] .product-card").first
    expect(first).to_contain_text("Oolong")
    expect(first.locator(".product-card__reason")).to_have_text("Popular right now")
    expect(shopper.locator("section[aria-labelledby^=picks]")).not_to_contain_text("Green tea")


def test_refund_when_a_line_is_asked_back_and_approved_then_points_and_cash_return(
    shopper, member, open_page, english, sign_in_page, operator
):
    give_points(member, 200)
    tea = virtual_sku(points=60, cash="20.00", name_en="Green tea")
    cup = virtual_sku(points=40, cash="10.00", name_en="Cup")
    order = received(pay(place(member, tea, cup)))
    before = available(member)
    shopper.goto(order.get_absolute_url())
    shopper.get_by_role("link", name="Ask for a refund").click()
    line = order.lines.get(sku=tea)
    shopper.fill(f"#quantity-{line.pk}", "1")
    shopper.locator(f"#quantity-{line.pk}").dispatch_event("change")
    preview = shopper.locator("section[aria-labelledby=back]")
    expect(preview).to_contain_text("60")
    expect(preview).to_contain_text("20.00")
    shopper.fill("[name=reason]", "too bitter")
    shopper.get_by_role("button", name="Ask for the refund").click()
    shopper.wait_for_load_state()
    expect(shopper.locator("main")).to_contain_text("Waiting for an answer")

    counter = sign_in_page(english(open_page(width=1280)), operator)
    counter.goto("/admin/")
    counter.get_by_role("link", name=re.compile("Refunds to answer")).click()
    counter.locator("#result_list tbody th a").first.click()
    counter.get_by_role("link", name="Approve").click()
    counter.locator("#content").get_by_role("button", name="Approve").click()
    counter.wait_for_url("**/change/")

    shopper.goto("/points/")
    expect(shopper.locator(".statement li").first).to_contain_text(re.compile("[+]60", re.DOTALL))
    shopper.goto(order.get_absolute_url())
    expect(shopper.locator("main")).to_contain_text("20.00")
    order.refresh_from_db()
    assert (available(member), order.refunded_points, str(order.refunded_cash)) == (
        before + 60,
        60,
        "20.00",
    )


def test_balance_when_explained_then_leads_to_the_entry_and_its_rule(shopper, member):
    shopper.goto("/points/")
    shopper.get_by_role("link", name="Explain this number").click()
    expect(shopper.locator("section[aria-labelledby=sum]")).to_contain_text(f"{available(member)}")
    shopper.locator("section[aria-labelledby=lots] a", has_text="Signed up").click()

    expect(shopper.locator("section[aria-labelledby=what]")).to_contain_text("+100")
    expect(shopper.locator("section[aria-labelledby=why]")).to_contain_text(
        "The rule “Sign-up gift”, version 1"
    )


def test_card_key_when_bought_then_shown_after_the_password_only(shopper, member):
    sku = key_sku(points=50, name_en="Music card")
    shopper.goto(f"/products/{sku.product_id}/")
    shopper.click("#redeem .btn-primary")
    shopper.wait_for_url("**/orders/new/**")
    shopper.click(".sticky-action [type=submit]")
    shopper.wait_for_url(re.compile(r"/orders/(?!new)[^/]+/"))
    shopper.get_by_role("link", name="Show my codes").click()

    shopper.fill("[name=password]", "not-mine")
    shopper.get_by_role("button", name="Show my codes").click()
    expect(shopper.get_by_role("alert")).to_be_visible()
    expect(shopper.locator("[data-copy-source]")).to_have_count(0)
    shopper.fill("[name=password]", PASSWORD)
    shopper.get_by_role("button", name="Show my codes").click()

    expect(shopper.locator("[data-copy-source]")).to_have_value(f"KEY-{sku.pk}-1")
    assert Order.objects.get().status in ("paid", "completed")


def test_export_when_asked_with_the_password_then_everything_of_the_member_comes(shopper, member):
    shopper.goto("/account/")
    shopper.get_by_role("link", name="My data").click()
    shopper.locator("[name=shape][value=json]").check()
    shopper.locator("form[action$='/export/'] [name=password]").fill(PASSWORD)
    with shopper.expect_download() as coming:
        shopper.get_by_role("button", name="Download").click()

    kept = json.loads(coming.value.path().read_text(encoding="utf-8"))
    assert member.email in json.dumps(kept)
    assert {"points", "orders"} <= kept.keys(), kept.keys()
