"""The pages, the API and the back office of flash sales."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.urls import reverse

from accounts import addresses
from mall.core import clock
from mall.core.models import AuditRow
from orders import lifecycle
from orders.flash import pool
from orders.flash import sessions as flash_sessions
from orders.models import FlashItem, FlashReminder, FlashSession, Order
from tests.factories import flash as factory
from tests.factories.flash import grab
from tests.factories.orders import address_of, physical_sku, virtual_sku
from tests.pages import hidden_of

pytestmark = pytest.mark.django_db
SOON = timedelta(minutes=10)


@pytest.fixture(autouse=True)
def _nothing_remembered(client, settings):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    pool._sold_out.clear()
    cache.clear()
    yield
    pool._sold_out.clear()


def form(item, *, key="page-key", **changes):
    return {
        "key": key,
        "quantity": 1,
        "each_points": item.points_price,
        "each_cash": "0.00",
        "freight": "0.00",
        **changes,
    }


def page(item):
    return reverse("orders:flash_item", args=[item.pk])


# --- the sessions ---------------------------------------------------------------
def test_flash_when_there_is_none_then_says_so(client):
    answer = client.get("/flash/")

    assert "No flash sale right now" in answer.content.decode()


def test_flash_when_sessions_run_and_come_then_shown_in_order_with_their_clock(client):
    factory.item(
        of=factory.session(starts_in=SOON),
        sku=virtual_sku(points=100, stock=9, name_en="Later lamp"),
    )
    factory.item(sku=virtual_sku(points=100, stock=9, name_en="Present pen"))
    factory.item(announced=False, sku=virtual_sku(points=100, stock=9, name_en="Draft doll"))

    text = client.get("/flash/").content.decode()

    assert text.index("Present pen") < text.index("Later lamp")
    assert "Draft doll" not in text
    assert text.count("data-flash-clock") == 2


@pytest.mark.parametrize("items", [1, 3])
def test_flash_when_more_items_are_shown_then_no_more_queries(
    signed_in, items, django_assert_num_queries
):
    of = factory.session()
    for _ in range(items):
        factory.item(of=of, announced=False)
    factory.announce(of)
    signed_in.get("/flash/")

    with django_assert_num_queries(7):
        signed_in.get("/flash/")


def test_home_when_a_session_runs_then_it_leads_there(client):
    factory.item()

    assert 'class="flash-banner section" href="/flash/"' in client.get("/").content.decode()


# --- one item -------------------------------------------------------------------
def test_item_when_redeemed_then_leads_to_the_order(signed_in, member):
    item = factory.item()

    answer = signed_in.post(page(item), form(item))

    order = Order.objects.get()
    assert (answer.status_code, answer.url, order.status) == (
        302,
        order.get_absolute_url(),
        Order.Status.PAID,
    )
    assert "Got it" in signed_in.get(answer.url).content.decode()


def test_item_when_cash_is_due_then_leads_to_paying_within_five_minutes(signed_in):
    item = factory.item(cash="5.00")

    answer = signed_in.post(page(item), form(item, each_cash="5.00"))

    order = Order.objects.get()
    assert answer.url == reverse("orders:pay", args=[order.no])
    assert "data-countdown" in signed_in.get(answer.url).content.decode()


def test_item_when_sent_again_after_the_time_to_pay_then_told_that_nothing_was_placed(signed_in):
    item = factory.item(cash="5.00")
    signed_in.post(page(item), form(item, each_cash="5.00"), follow=True)
    lifecycle.cancel_due(clock.now() + timedelta(minutes=6))

    late = signed_in.post(page(item), form(item, each_cash="5.00"), follow=True).content.decode()

    assert ("You sent this once before" in late, "Got it" in late) == (True, False)
    assert Order.objects.get().status == Order.Status.CANCELLED


def test_item_when_sent_twice_then_one_order(signed_in):
    item = factory.item()

    answers = [signed_in.post(page(item), form(item)) for _ in range(2)]

    assert answers[0].url == answers[1].url
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    "button",
    [
        "Get it now",
        "Starts at",
        "Sold out",
        "See the order",
        "Check in and collect",
        "Sign in to take part",
    ],
)
def test_item_when_looked_at_then_the_button_says_what_can_be_done(
    client, member, other_member, button
):
    of = factory.session(starts_in=SOON) if button == "Starts at" else factory.session()
    item = factory.item(of=of, stock=1, points=500 if button.startswith("Check") else 10)
    if button == "Sold out":
        grab(other_member, item)
    if button == "See the order":
        grab(member, item)
    if not button.startswith("Sign"):
        client.force_login(member)

    assert button in client.get(page(item)).content.decode()


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ({"each_points": 9}, 409),
        ({"quantity": 2}, 409),
        ({"quantity": 0}, 400),
        ({"key": ""}, 400),
        ({"each_cash": "x"}, 400),
    ],
)
def test_item_when_refused_then_says_why_in_one_sentence(signed_in, words, status):
    item = factory.item()

    answer = signed_in.post(page(item), form(item, **words))

    assert answer.status_code == status
    assert Order.objects.count() == 0


def test_item_when_it_is_too_early_then_says_when(signed_in):
    item = factory.item(of=factory.session(starts_in=SOON))

    answer = signed_in.post(page(item), form(item))

    assert (answer.status_code, "has not started yet" in answer.content.decode()) == (409, True)


def test_item_when_goods_are_sent_and_there_is_no_address_then_asks_for_one(signed_in):
    item = factory.item(sku=physical_sku(points=100))

    assert "Add an address first" in signed_in.get(page(item)).content.decode()


def test_item_when_the_address_was_edited_meanwhile_then_nothing_is_redeemed(signed_in, member):
    item = factory.item(sku=physical_sku(points=100, stock=9))
    home = address_of(member)
    shown = hidden_of(signed_in.get(page(item)).content.decode())["address_seen"]
    sent = form(item, address=home.pk, address_seen=shown)
    addresses.change(home, detail="another house")

    old = signed_in.post(page(item), sent)
    anew = hidden_of(old.content.decode())["address_seen"]
    now = signed_in.post(page(item), {**sent, "address_seen": anew})

    assert (old.status_code, old.context["refusal"].code) == (409, "changed_meanwhile")
    assert (now.status_code, Order.objects.get().address["detail"]) == (302, "another house")


def test_item_when_unknown_or_a_draft_then_404(signed_in):
    draft = factory.item(announced=False)

    assert [
        signed_in.get(page(draft)).status_code,
        signed_in.post(page(draft), form(draft)).status_code,
    ] == [404, 404]
    assert signed_in.get("/flash/999999999999999999999/").status_code == 404


def test_item_when_a_visitor_presses_then_signs_in_first(client):
    item = factory.item()

    assert client.post(page(item), form(item)).url == f"/accounts/login/?next={page(item)}"


def test_standing_when_asked_then_says_state_and_shop_time(client, member):
    item = factory.item(stock=1)
    address = reverse("orders:flash_standing", args=[item.pk])
    with time_machine.travel(clock.now(), tick=False) as now:
        first = client.get(address).json()
        grab(member, item)
        now.shift(2)
        cache.clear()
        then = client.get(address).json()

    assert (first["state"], first["left"], then["state"], then["left"]) == (
        "open",
        1,
        "sold_out",
        0,
    )
    assert then["now"] > first["now"]
    assert client.get(reverse("orders:flash_standing", args=[item.pk + 1])).status_code == 404


def test_reminder_when_wanted_and_taken_back_then_a_row_and_none(signed_in):
    session = factory.item(of=factory.session(starts_in=SOON)).session
    address = reverse("orders:flash_reminder", args=[session.pk])

    signed_in.post(address, {"wanted": "yes"})
    assert FlashReminder.objects.count() == 1
    signed_in.post(address, {"wanted": "no"})
    assert FlashReminder.objects.count() == 0


# --- the API --------------------------------------------------------------------
def test_api_when_listed_then_sessions_with_items_and_shop_time(api, member):
    item = factory.item(points=10, cash="5.00", stock=5)

    answer = api.get("/api/v1/flash").json()

    (session,) = answer["sessions"]
    assert (session["status"], set(answer)) == ("running", {"now", "sessions"})
    shown = session["items"][0]
    assert (
        shown["id"],
        shown["points_price"],
        shown["cash_price"],
        shown["left"],
        shown["state"],
    ) == (item.pk, 10, "5.00", 5, "open")


def test_api_when_redeemed_then_201_and_a_repeat_is_marked(signed_in_api):
    item = factory.item()
    first, again = (
        signed_in_api.post(
            f"/api/v1/flash/{item.pk}/orders",
            {"quantity": 1},
            format="json",
            HTTP_IDEMPOTENCY_KEY="k",
        )
        for _ in range(2)
    )

    assert (first.status_code, again.status_code, first.json()["no"]) == (
        201,
        201,
        again.json()["no"],
    )
    assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (
        None,
        "true",
    )


@pytest.mark.parametrize(
    ("case", "status", "code"),
    [
        ("early", 409, "not_started"),
        ("yours", 409, "limit_reached"),
        ("gone", 409, "out_of_stock"),
        ("poor", 409, "insufficient_points"),
        ("dearer", 409, "price_changed"),
        ("unknown", 404, "not_found"),
        ("keyless", 400, "invalid_key"),
        ("called off", 409, "over"),
        ("other body", 422, "idempotency_conflict"),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_api_when_refused_then_the_code_says_why(
    signed_in_api, member, other_member, case, status, code
):
    of = factory.session(starts_in=SOON) if case == "early" else factory.session()
    item = factory.item(
        of=of, stock=1, limit=2 if case == "other body" else 1, points=500 if case == "poor" else 10
    )
    if case in ("yours", "other body"):
        grab(member, item, key="k" if case == "other body" else "first")
    if case == "gone":
        grab(other_member, item)
    if case == "called off":
        flash_sessions.call_off(of, actor="staff:1", reason={"zh-hans": "Rain", "en": "Rain"})
    body = {"quantity": 2 if case == "other body" else 1}
    if case == "dearer":
        body["expect"] = {"points": 9, "cash": "0.00"}
    number = item.pk + (case == "unknown")

    headers = {} if case == "keyless" else {"HTTP_IDEMPOTENCY_KEY": "k"}
    answer = signed_in_api.post(f"/api/v1/flash/{number}/orders", body, format="json", **headers)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, code)


# --- the back office --------------------------------------------------------------
@pytest.fixture
def counter(client, operator):
    client.force_login(operator)
    return client


def plan(sku, **changes):
    """What an operator's browser sends for a session with one item."""
    starts = clock.now() + timedelta(hours=1)
    local = starts.astimezone(clock.SHOP_ZONE)
    ends = local + timedelta(hours=2)
    sent = {
        "name_zh_hans": "午场",
        "name_en": "Noon",
        "starts_at_0": local.strftime("%Y-%m-%d"),
        "starts_at_1": local.strftime("%H:%M"),
        "ends_at_0": ends.strftime("%Y-%m-%d"),
        "ends_at_1": ends.strftime("%H:%M"),
        "items-TOTAL_FORMS": 1,
        "items-INITIAL_FORMS": 0,
        "items-0-sku": sku.pk,
        "items-0-points_price": 50,
        "items-0-cash_price": "0.00",
        "items-0-stock": 5,
        "items-0-limit_per_person": 1,
        "items-0-position": 0,
    }
    return sent | changes


def test_admin_when_a_session_is_planned_and_announced_then_members_see_it(counter, client):
    sku = virtual_sku(points=100, stock=8)

    counter.post(reverse("admin:orders_flashsession_add"), plan(sku))
    session = FlashSession.objects.get()
    assert session.status == FlashSession.Status.DRAFT
    answer = counter.post(
        reverse("admin:orders_flashsession_announce", args=[session.pk]), {"confirm": "yes"}
    )

    session.refresh_from_db()
    assert (answer.status_code, session.status) == (302, FlashSession.Status.SCHEDULED)
    assert FlashItem.objects.get().stock == 5
    assert "Noon" in client.get("/flash/").content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"items-0-points_price": 0},
        {"items-0-points_price": 101},
        {"items-0-stock": 0},
        {"ends_at_0": "2020-01-01"},
        {"items-0-limit_per_person": 0},
    ],
)
def test_admin_when_the_plan_is_not_sane_then_refused(counter, wrong):
    answer = counter.post(
        reverse("admin:orders_flashsession_add"), plan(virtual_sku(points=100, stock=8), **wrong)
    )

    assert (answer.status_code, FlashSession.objects.count()) == (200, 0)


def test_admin_when_stock_is_short_then_the_draft_says_so_and_is_not_announced(counter):
    sku = virtual_sku(points=100, stock=4)
    answer = counter.post(reverse("admin:orders_flashsession_add"), plan(sku), follow=True)
    assert "only 4 are in stock" in answer.content.decode()

    session = FlashSession.objects.get()
    answer = counter.post(
        reverse("admin:orders_flashsession_announce", args=[session.pk]), {"confirm": "yes"}
    )

    session.refresh_from_db()
    assert (answer.status_code, session.opened_at) == (400, None)
    assert "only 4 are in stock" in answer.content.decode()


def test_admin_when_a_session_is_announced_then_its_items_are_fixed(counter):
    item = factory.item()
    change = reverse("admin:orders_flashsession_change", args=[item.session_id])

    assert 'name="items-0-points_price"' not in counter.get(change).content.decode()
    assert (
        counter.post(
            reverse("admin:orders_flashsession_delete", args=[item.session_id]), {"post": "yes"}
        ).status_code
        == 403
    )


@pytest.mark.parametrize(
    ("announced", "offered"), [(False, {"announce"}), (True, {"call-off", "figures"})]
)
def test_admin_when_a_session_is_opened_then_only_what_fits_it_is_offered(
    counter, announced, offered
):
    item = factory.item(announced=announced)

    page = counter.get(
        reverse("admin:orders_flashsession_change", args=[item.session_id])
    ).content.decode()

    assert {name for name in ("announce", "call-off", "figures") if f"/{name}" in page} == offered


def test_admin_when_called_off_then_the_rest_returns(counter, member, pieces):
    item = factory.item(stock=5)
    grab(member, item)

    counter.post(
        reverse("admin:orders_flashsession_call_off", args=[item.session_id]),
        {"zh-hans": "价格有误。", "en": "The price was wrong."},
    )

    item.session.refresh_from_db()
    assert (item.session.status, pieces(item.sku)) == (FlashSession.Status.CANCELLED, 4)
    assert AuditRow.objects.get(action="orders.call_off_flash").reason == (
        "价格有误。 / The price was wrong."
    )
    counter.force_login(member)
    counter.cookies["mall_language"] = "en"
    page = counter.get(item.get_absolute_url()).content.decode()
    assert "This session was called off. The price was wrong." in page
    assert "This is already yours." in page and "Your points" not in page


def test_admin_when_figures_are_watched_then_they_are_live(counter, member):
    item = factory.item(stock=5)
    grab(member, item)

    text = counter.get(reverse("admin:orders_flashsession_show_figures", args=[item.session_id]))

    assert (text.context["total"], text.status_code) == ({"left": 4, "sold": 1, "waiting": 0}, 200)


def test_admin_when_support_looks_then_nothing_can_be_run(client, member):
    item = factory.item(announced=False)
    member.is_staff = True
    member.save(update_fields=["is_staff"])
    member.groups.add(Group.objects.get(name="support"))
    client.force_login(member)

    assert (
        client.get(
            reverse("admin:orders_flashsession_show_figures", args=[item.session_id])
        ).status_code
        == 200
    )
    assert (
        client.post(
            reverse("admin:orders_flashsession_announce", args=[item.session_id])
        ).status_code
        == 403
    )
