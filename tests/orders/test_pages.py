"""The order pages, as a browser without JavaScript sees them."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import addresses
from catalog.models import Product
from mall.core import clock
from orders import lifecycle
from orders.models import CheckoutPolicy, Order, Payment, PaymentRefund
from orders.payments import cash_in
from tests.factories.orders import HOME, address_of, give_points, physical_sku, place, virtual_sku
from tests.pages import hidden_of

pytestmark = pytest.mark.django_db
NEW = "/orders/new/"


def form_of(page) -> dict:
    """What the checkout page would send: every field that belongs to the form ``place``."""
    sent = {}
    for tag in re.findall(r"<input[^>]*form=\"place\"[^>]*>", page):
        attributes = dict(re.findall(r"(\w+)=\"([^\"]*)\"", tag))
        if attributes.get("type") != "radio" or " checked" in tag:
            sent.setdefault(attributes["name"], []).append(attributes["value"])
    return sent


@pytest.fixture
def checkout(signed_in):
    """checkout(sku, quantity=1, **query) -> (the page's text, what its form would send)."""

    def opened(sku, quantity=1, **query):
        answer = signed_in.get(NEW, {"sku": sku.pk, "quantity": quantity, **query})
        assert answer.status_code == 200
        page = answer.content.decode()
        return page, form_of(page)

    return opened


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


# --- checkout ------------------------------------------------------------------
def test_new_when_opened_then_it_shows_one_heading_and_changes_nothing(checkout, standing, member):
    page, sent = checkout(virtual_sku(points=40), 2)

    assert page.count("<h1") == 1
    assert (
        sent["quantity"],
        sent["expect_points"],
        sent["expect_cash"],
        sent["points_to_use"],
    ) == (["2"], ["80"], ["0.00"], ["0"])
    assert len(sent["key"][0]) == 32
    assert (Order.objects.count(), standing(member)) == (0, (100, 0))


def test_new_when_sent_then_the_order_is_paid_and_shown(checkout, signed_in, member, standing):
    _page, sent = checkout(virtual_sku(points=40), 2)

    answer = signed_in.post(NEW, sent)

    order = Order.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/orders/{order.no}/")
    assert standing(member) == (20, 0)
    assert signed_in.get(answer["Location"]).status_code == 200


# Trap 2: a double POST redeemed twice.
def test_new_when_the_form_is_sent_twice_then_there_is_one_order(
    checkout, signed_in, member, standing
):
    _page, sent = checkout(virtual_sku(points=40))

    first, again = signed_in.post(NEW, sent), signed_in.post(NEW, sent)

    assert first["Location"] == again["Location"] == f"/orders/{Order.objects.get().no}/"
    assert standing(member) == (60, 0)


def test_new_when_sent_again_after_its_order_was_cancelled_then_told_that_nothing_was_placed(
    checkout, signed_in, member, standing
):
    signed_in.cookies["mall_language"] = "en"
    address_of(member)
    _page, sent = checkout(physical_sku(points=40))
    signed_in.get(signed_in.post(NEW, sent)["Location"])
    order = Order.objects.get()

    twice = text_of(signed_in.post(NEW, sent, follow=True))
    signed_in.post(f"{order.get_absolute_url()}cancellation/", follow=True)
    late = signed_in.post(NEW, sent, follow=True)

    assert "Redeemed. We are getting it ready" in twice
    assert late.redirect_chain == [(order.get_absolute_url(), 302)]
    assert "You sent this once before" in text_of(late)
    assert "Redeemed. We are" not in text_of(late)
    assert (Order.objects.count(), standing(member)) == (1, (100, 0))


def test_new_when_cash_is_due_then_it_leads_to_paying(checkout, signed_in, member, standing):
    _page, sent = checkout(virtual_sku(points=40, cash="9.90"))

    answer = signed_in.post(NEW, sent, follow=True)

    order = Order.objects.get()
    assert answer.redirect_chain == [(f"/orders/{order.no}/pay/", 302)]
    assert "¥9.90" in text_of(answer)
    assert standing(member) == (60, 40)


def test_new_when_points_are_a_discount_then_the_choices_fit_the_balance_and_the_total_follows(
    checkout, signed_in, member
):
    give_points(member, 250)
    sku = virtual_sku(cash="20.00", pay_mode=Product.PayMode.CASH_POINTS)

    choice = r"name=\"points_to_use\" id=\"points-\d+\" value=\"(\d+)\" form=\"adjust\""

    page, _sent = checkout(sku)
    assert re.findall(choice, page) == ["0", "100", "200", "300"]
    page, sent = checkout(sku, points_to_use=200)
    assert (sent["points_to_use"], sent["expect_points"], sent["expect_cash"]) == (
        ["200"],
        ["200"],
        ["18.00"],
    )

    signed_in.post(NEW, sent)
    order = Order.objects.get()
    assert (order.points, order.discount, order.cash) == (200, Decimal("2.00"), Decimal("18.00"))


@pytest.mark.parametrize(
    ("asked", "used"),
    [("150", "100"), ("99999", "1000"), ("99", "0"), ("-5", "0"), ("abc", "0"), ("", "0")],
)
def test_new_when_odd_points_are_asked_for_then_the_nearest_possible_is_quoted(
    checkout, asked, used
):
    _page, sent = checkout(
        virtual_sku(cash="20.00", pay_mode=Product.PayMode.CASH_POINTS), points_to_use=asked
    )

    assert sent["points_to_use"] == [used]


def test_new_when_points_are_missing_then_it_says_how_many_and_the_button_rests(
    checkout, signed_in
):
    page, sent = checkout(virtual_sku(points=150))

    assert "50" in re.search(r"notice--warn.*?</div>", page, re.S)[0]
    assert re.search(r"<button[^>]*form=\"place\"[^>]*disabled", page)
    answer = signed_in.post(NEW, sent)
    assert answer.status_code == 409
    assert Order.objects.count() == 0


def test_new_when_pieces_are_missing_then_it_says_how_many_are_left(checkout):
    page, _sent = checkout(virtual_sku(points=1, stock=2), 3)

    assert "2" in re.search(r"notice--warn.*?</div>", page, re.S)[0]
    assert re.search(r"<button[^>]*form=\"place\"[^>]*disabled", page)


def test_new_when_goods_are_posted_then_an_address_is_chosen_or_added_first(
    checkout, signed_in, member
):
    sku = physical_sku(points=10)
    page, _sent = checkout(sku)
    assert f"/account/addresses/new/?next=/orders/new/%3Fsku%3D{sku.pk}" in page
    assert not re.search(r"<button[^>]*form=\"place\"", page)

    address_of(member)
    other = address_of(member)
    _page, sent = checkout(sku)
    assert len(sent["address"]) == 1
    signed_in.post(NEW, {**sent, "address": other.pk})
    assert Order.objects.get().address == HOME


def test_new_when_the_address_was_edited_meanwhile_then_shown_anew_and_nothing_is_placed(
    checkout, signed_in, member
):
    signed_in.cookies["mall_language"] = "en"
    home, other = address_of(member), address_of(member)
    page, sent = checkout(physical_sku(points=10, stock=3))
    seen = {"address_seen": hidden_of(page)["address_seen"]}
    addresses.change(other, detail="淮海路 2 号")
    addresses.change(home, detail="新家 9 号")

    refused = signed_in.post(NEW, {**sent, **seen, "address": home.pk})

    assert (refused.status_code, Order.objects.count()) == (409, 0)
    assert "changed while you were reading" in text_of(refused)
    assert "新家 9 号" in refused.content.decode()
    again = form_of(refused.content.decode())
    anew = {"address_seen": hidden_of(refused.content.decode())["address_seen"]}
    assert again["address"] == [str(home.pk)]
    assert signed_in.post(NEW, {**again, **anew}).status_code == 302
    order = Order.objects.get()
    assert order.address["detail"] == "新家 9 号"
    # sent once more after another edit, it shows the order it placed
    addresses.change(home, detail="更新的家 1 号")
    repeated = signed_in.post(NEW, {**again, **anew})
    assert (repeated.status_code, repeated.url) == (302, order.get_absolute_url())
    # a form of the release before says nothing of what it showed
    assert signed_in.post(NEW, {**sent, "address": other.pk}).status_code == 302


def test_new_when_the_price_changed_meanwhile_then_the_new_total_is_shown_and_nothing_is_placed(
    checkout, signed_in
):
    sku = virtual_sku(points=40)
    _page, sent = checkout(sku)
    type(sku).objects.filter(pk=sku.pk).update(points_price=50)

    answer = signed_in.post(NEW, sent)

    assert answer.status_code == 409
    again = form_of(answer.content.decode())
    assert (again["expect_points"], again["key"] != sent["key"]) == (["50"], True)
    assert Order.objects.count() == 0


@pytest.mark.parametrize(
    "query",
    [
        "", "sku=", "sku=abc", "sku=-1", "sku=0", "sku=999999", "sku=1.5",
        "sku=99999999999999999999", "sku=９９９９９９",
        "sku={sku}&quantity=0", "sku={sku}&quantity=-1", "sku={sku}&quantity=1.5",
        "sku={sku}&quantity=100", "sku={sku}&quantity=1e3",
        "sku={sku}&quantity=abc", "sku={sku}&quantity=", "sku={sku}&quantity=1&quantity=2",
        "sku={sku}&sku={sku}&quantity=60&quantity=60",
    ],
)  # fmt: skip
def test_new_when_lines_are_odd_then_it_says_so_kindly(signed_in, query):
    answer = signed_in.get(f"{NEW}?{query.format(sku=virtual_sku(points=1).pk)}")

    assert answer.status_code == 400
    assert "/products/" in answer.content.decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": "-1"}, {"quantity": "0"}, {"quantity": "1.5"}, {"quantity": str(10**30)},
        {"quantity": "abc"}, {"quantity": ""},
        {"sku": "abc"}, {"sku": "0"}, {"key": ""}, {"key": "x" * 65}, {"key": "a b c d e f"},
        {"points_to_use": "-1"},
        {"points_to_use": "x"}, {"points_to_use": str(10**30)}, {"expect_points": ""},
        {"expect_points": "x"},
        {"expect_cash": "NaN"}, {"expect_cash": "1e3"},
        {"address": "x"}, {"address": "-1"}, {"address": str(10**30)}, {"address": "9" * 5000},
    ],
)  # fmt: skip
def test_new_when_a_field_was_tampered_with_then_400_and_nothing_changed(
    checkout, signed_in, standing, member, changes
):
    _page, sent = checkout(virtual_sku(points=10))

    answer = signed_in.post(NEW, {**sent, **changes})

    assert answer.status_code == 400
    assert (Order.objects.count(), standing(member)) == (0, (100, 0))


def test_new_when_the_same_was_ordered_a_moment_ago_then_it_says_so(checkout, signed_in, member):
    sku, other = virtual_sku(points=1), virtual_sku(points=1)
    _page, sent = checkout(sku)
    signed_in.post(NEW, sent)
    order = Order.objects.get()

    again = signed_in.get(NEW, {"sku": sku.pk})
    of_other = signed_in.get(NEW, {"sku": other.pk})
    signed_in.post(NEW, sent)  # the same key is the same order
    lifecycle.cancel(order, actor=f"member:{member.pk}")
    after = signed_in.get(NEW, {"sku": sku.pk})

    told = [one.context["placed_before"] for one in (again, of_other, after)]
    assert told == [order, None, None]
    assert order.get_absolute_url() in again.content.decode()
    assert Order.objects.count() == 1


def test_new_when_sent_eleven_times_a_minute_then_it_asks_for_patience(
    checkout, signed_in, standing_clock
):
    _page, sent = checkout(virtual_sku(points=1, stock=100))

    for n in range(11):
        signed_in.post(NEW, {**sent, "key": f"key-{n}"})

    assert Order.objects.count() == 10


def test_new_when_the_csrf_token_is_missing_then_403_and_nothing_changed(member):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(member)
    order = place(member, virtual_sku(points=1, cash="1.00"))
    payment = cash_in.start(order, "sandbox")

    for path in (
        NEW,
        f"/orders/{order.no}/pay/",
        f"/orders/{order.no}/cancellation/",
        f"/orders/{order.no}/receipt/",
        f"/sandbox/pay/{payment.no}/",
    ):
        assert strict.post(path, {"event": "paid", "provider": "sandbox"}).status_code == 403
    assert (Order.objects.get().status, Payment.objects.get().status) == ("pending", "open")


def test_pages_when_nobody_is_signed_in_then_they_ask_to_sign_in(client, member):
    order = place(member, virtual_sku(points=1, cash="1.00"))

    for path in (
        NEW,
        "/orders/",
        f"/orders/{order.no}/",
        f"/orders/{order.no}/pay/",
        f"/orders/{order.no}/cancellation/",
    ):
        answer = client.get(path)
        assert (answer.status_code, "/accounts/login/" in answer["Location"]) == (302, True)


# --- history and one order ---------------------------------------------------------
@pytest.mark.parametrize("count", [1, 3])
def test_list_when_rows_grow_then_queries_do_not(
    signed_in, member, count, django_assert_num_queries
):
    orders = [place(member, virtual_sku(points=10)) for _ in range(count)]
    signed_in.get("/orders/")

    with django_assert_num_queries(QUERIES_OF_THE_LIST):
        page = signed_in.get("/orders/").content.decode()

    assert all(f"/orders/{order.no}/" in page for order in orders)


QUERIES_OF_THE_LIST = 5  # member, unread notices, count, orders, lines


def test_list_when_empty_then_it_says_what_to_do(signed_in):
    page = signed_in.get("/orders/").content.decode()

    assert 'class="empty"' in page
    assert 'href="/products/"' in page


def test_list_when_filtered_then_only_that_status_and_nobody_elses(signed_in, member, other_member):
    paid, pending = place(member, virtual_sku(points=10)), place(member, virtual_sku(cash="1.00"))
    foreign = place(other_member, virtual_sku(points=10))

    page = signed_in.get("/orders/?status=paid").content.decode()
    assert (paid.no in page, pending.no in page, foreign.no in page) == (True, False, False)
    everything = signed_in.get("/orders/?status=lost&page=abc").content.decode()
    assert (paid.no in everything, pending.no in everything, foreign.no in everything) == (
        True,
        True,
        False,
    )


@pytest.mark.parametrize("step", ["", "pay/", "cancellation/"])
def test_detail_when_the_order_is_somebody_elses_then_404(signed_in, other_member, step):
    order = place(other_member, virtual_sku(points=1, cash="1.00"))

    assert signed_in.get(f"/orders/{order.no}/{step}").status_code == 404
    if step:
        assert (
            signed_in.post(f"/orders/{order.no}/{step}", {"provider": "sandbox"}).status_code == 404
        )
    assert signed_in.post(f"/orders/{order.no}/receipt/").status_code == 404
    assert (Order.objects.get().status, Payment.objects.count()) == ("pending", 0)


def test_detail_when_opened_in_every_state_then_it_tells_the_story(signed_in, member):
    CheckoutPolicy.objects.update_or_create(pk=1, defaults={"freight": Decimal("8.00")})
    address_of(member)
    order = place(member, physical_sku(points=10))
    url = f"/orders/{order.no}/"

    page = signed_in.get(url).content.decode()
    assert (
        f"{url}pay/" in page,
        "data-countdown" in page,
        f"{url}cancellation/" in page,
        f"{url}receipt/" in page,
    ) == (
        True,
        True,
        True,
        False,
    )
    assert HOME["detail"] in page
    assert "/points/?reference=order" in page

    order = lifecycle.mark_paid(order, actor="test")
    order = lifecycle.ship(order, actor="test", carrier="SF", number="SF123")
    page = signed_in.get(url).content.decode()
    assert (f"{url}pay/" in page, f"{url}cancellation/" in page, f"{url}receipt/" in page) == (
        False,
        False,
        True,
    )
    assert "SF123" in page

    signed_in.post(f"{url}receipt/")
    assert Order.objects.get().status == "completed"
    assert f"{url}receipt/" not in signed_in.get(url).content.decode()


def test_cancellation_when_confirmed_then_points_are_back_and_a_second_time_is_said_kindly(
    signed_in, member, standing
):
    order = place(member, virtual_sku(points=10))
    url = f"/orders/{order.no}/cancellation/"

    assert signed_in.get(url).status_code == 200
    assert standing(member) == (90, 0)
    assert signed_in.post(url).status_code == 302
    assert standing(member) == (100, 0)
    assert signed_in.post(url, follow=True).status_code == 200
    assert signed_in.get(url).status_code == 302
    assert standing(member) == (100, 0)


# --- paying -------------------------------------------------------------------------
def to_sandbox(signed_in, order):
    answer = signed_in.post(f"/orders/{order.no}/pay/", {"provider": "sandbox"})
    assert answer["Location"] == f"/sandbox/pay/{Payment.objects.first().no}/"
    return answer["Location"]


def test_pay_when_paid_in_the_sandbox_then_the_order_is_paid(signed_in, member, standing):
    order = place(member, virtual_sku(points=40, cash="9.90"))
    page = to_sandbox(signed_in, order)

    assert "¥9.90" in text_of(signed_in.get(page))
    for _ in range(2):
        answer = signed_in.post(page, {"event": "paid"})
        assert answer["Location"] == f"/orders/{order.no}/"

    assert (Order.objects.get().status, standing(member)) == ("paid", (60, 0))
    assert PaymentRefund.objects.count() == 0
    assert signed_in.get(f"/orders/{order.no}/pay/").status_code == 302
    assert 'value="paid"' not in signed_in.get(page).content.decode()


@pytest.mark.parametrize(
    ("event", "status"),
    [("failed", "failed"), ("leave", "open"), ("", "open"), ("refunded", "open")],
)
def test_pay_when_it_fails_or_is_left_then_the_order_waits_and_can_be_paid_again(
    signed_in, member, event, status
):
    order = place(member, virtual_sku(points=40, cash="9.90"))

    signed_in.post(to_sandbox(signed_in, order), {"event": event})
    assert (Order.objects.get().status, Payment.objects.get().status) == ("pending", status)

    signed_in.post(to_sandbox(signed_in, order), {"event": "paid"})
    assert Order.objects.get().status == "paid"


@pytest.mark.parametrize(
    ("event", "said"), [("paid", ["success"]), ("failed", ["warning"]), ("leave", [])]
)
def test_pay_when_a_sandbox_button_was_pressed_then_the_order_says_how_it_went(
    signed_in, member, event, said
):
    order = place(member, virtual_sku(points=40, cash="9.90"))

    page = signed_in.post(to_sandbox(signed_in, order), {"event": event}, follow=True)

    assert [message.level_tag for message in page.context["messages"]] == said


def test_pay_when_the_window_has_closed_then_it_leads_back_and_late_money_is_shown_as_returned(
    signed_in, member, django_capture_on_commit_callbacks
):
    order = place(member, virtual_sku(points=40, cash="9.90"))
    page = to_sandbox(signed_in, order)
    with time_machine.travel(order.pay_by + timedelta(seconds=1), tick=False):
        assert signed_in.get(f"/orders/{order.no}/pay/")["Location"] == f"/orders/{order.no}/"
        lifecycle.cancel_due(clock.now())
        with django_capture_on_commit_callbacks(execute=True):
            signed_in.post(page, {"event": "paid"})

        shown = text_of(signed_in.get(f"/orders/{order.no}/"))

    assert Order.objects.get().status == "cancelled"
    assert PaymentRefund.objects.get().status == "done"
    assert "¥9.90" in shown


def test_sandbox_when_it_is_not_offered_or_unknown_then_404(signed_in, member, settings, client):
    order = place(member, virtual_sku(cash="9.90"))
    page = to_sandbox(signed_in, order)

    assert Client().get(page).status_code == 200, "the provider's page knows nobody's session"
    assert signed_in.get("/sandbox/pay/20261120-0000000000000/").status_code == 404
    settings.PAYMENT_PROVIDERS = []
    assert signed_in.get(page).status_code == 404
    assert signed_in.post(page, {"event": "paid"}).status_code == 404
    assert Order.objects.get().status == "pending"


def test_pages_when_read_in_english_then_there_is_nothing_of_the_other_language(signed_in, member):
    signed_in.cookies["mall_language"] = "en"
    sku = virtual_sku(points=10, cash="1.00")
    order = place(member, sku)

    for path in (
        "/orders/",
        f"/orders/{order.no}/",
        f"/orders/{order.no}/pay/",
        reverse("orders:new") + f"?sku={sku.pk}",
    ):
        page = re.sub(
            r"<(header|footer|nav).*?</\1>", "", signed_in.get(path).content.decode(), flags=re.S
        )
        assert not re.findall(r"[\u4e00-\u9fff]+", page.replace("中文", "").replace("简体", ""))


def test_new_when_opened_with_more_points_than_may_be_used_then_the_shelf_is_read_once(
    checkout, member
):
    give_points(member, 5_000)
    sku = virtual_sku(cash="20.00", pay_mode="cash_points")

    with CaptureQueriesContext(connection) as asked:
        _page, sent = checkout(sku, points_to_use=4_900)

    assert 0 < int(sent["points_to_use"][0]) < 4_900
    assert sum("points_price" in query["sql"] for query in asked) == 1


def test_new_when_one_of_several_cannot_be_had_then_the_way_on_keeps_what_was_chosen(
    checkout, signed_in, member
):
    signed_in.cookies["mall_language"] = "en"
    give_points(member, 500)
    stays, fewer = (physical_sku(points=5, stock=stock) for stock in (9, 2))
    sold_out = virtual_sku(points=5, stock=0, name_en="Mug")
    off = virtual_sku(points=5, name_en="Lamp")
    address_of(member)
    second = address_of(member)
    asked = {"sku": [sold_out.pk, stays.pk, fewer.pk, off.pk, 99], "quantity": [1, 3, 4, 1, 1]}
    Product.objects.filter(pk=off.product_id).update(status=Product.Status.OFF)

    refused = signed_in.get(NEW, {**asked, "address": second.pk, "points_to_use": 0})
    rest = refused.context["rest"]
    back = signed_in.get(rest["url"])

    assert refused.status_code == 400
    assert rest["without"] == "“Mug”, “Lamp”, “what is not in our shop any more”"
    assert "Go on without “Mug”" in text_of(refused).replace("&quot;", '"')
    lines = [(line.sku.pk, line.quantity) for line in back.context["quote"].lines]
    assert lines == [(stays.pk, 3), (fewer.pk, 2)]
    assert (back.context["chosen_address"], back.context["rest"]) == (second.pk, None)
    assert back.context["can_place"]


def test_new_when_nothing_of_it_can_be_had_then_no_way_on_is_offered(signed_in, checkout):
    sku = virtual_sku(points=5, status=Product.Status.OFF)

    refused = signed_in.get(NEW, {"sku": [sku.pk], "quantity": [1]})
    short, _sent = checkout(virtual_sku(points=5, stock=2), 5)

    assert refused.context["rest"] is None
    assert 'quantity=2"' in short or "quantity=2&amp;" in short
