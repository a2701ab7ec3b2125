"""The basket: what lies in it, how it stands, and how it becomes one order."""

from uuid import uuid4

import pytest
from django.db import transaction
from django.urls import reverse

from catalog import stock
from catalog.models import Product
from orders.basket import baskets, contents, standing
from orders.basket.baskets import MemberBasket
from orders.basket.contents import Line
from orders.checkout import place_order
from orders.errors import AddressNeeded, InvalidLines
from orders.models import BasketLine, CheckoutPolicy, Order
from tests.conftest import PASSWORD
from tests.factories.coupons import given, template
from tests.factories.orders import give_points, physical_sku, place, virtual_sku

pytestmark = pytest.mark.django_db
CART = "/api/v1/cart"


def fill(user, *skus, quantity=1):
    for sku in skus:
        MemberBasket(user.pk).change(lambda lines, sku=sku: contents.put(lines, sku.pk, quantity))


def kept(user):
    rows = BasketLine.objects.filter(user=user).order_by("pk")
    return list(rows.values_list("sku_id", "quantity", "is_saved"))


def put(api, sku, quantity, **more):
    return api.put(f"{CART}/lines/{sku.pk}", {"quantity": quantity, **more}, format="json")


def test_cart_when_several_pay_modes_lie_in_it_then_one_quote_of_them_and_a_proposal(
    signed_in_api, member
):
    give_points(member, 5_000)
    card = virtual_sku(points=100)
    pot = virtual_sku(points=50, cash="10.00")
    lamp = virtual_sku(cash="40.00", pay_mode=Product.PayMode.CASH_POINTS)
    coupon = given(member)

    empty = signed_in_api.get(CART).data
    for sku, quantity in ((card, 2), (pot, 1), (lamp, 1), (lamp, 1)):
        answer = put(signed_in_api, sku, quantity)

    shown = answer.data
    assert (empty["lines"], empty["points"], empty["cash"]) == ([], 0, "0.00")
    assert [(line["sku"], line["quantity"], line["problem"]) for line in shown["lines"]] == [
        (card.pk, 2, None),
        (pot.pk, 1, None),
        (lamp.pk, 1, None),
    ]
    assert (shown["points"], shown["cash"], shown["coupon"]) == (250, "50.00", None)
    best = shown["proposed"]
    body = {
        "lines": [{"sku": line["sku"], "quantity": line["quantity"]} for line in shown["lines"]],
    }
    quoted = signed_in_api.post("/api/v1/orders/quote", body, format="json").data
    assert quoted["proposed"] == best and best["coupon"] == coupon.pk
    chosen = {"coupon": best["coupon"], "points_to_use": best["points_to_use"]}
    agreed = signed_in_api.post("/api/v1/orders/quote", {**body, **chosen}, format="json").data
    assert (agreed["points"], agreed["cash"]) == (best["points"], best["cash"])
    assert best["points_to_use"] > 0 and coupon.template.name in best["sentence"]


def test_look_when_something_is_in_the_way_then_told_at_its_line_and_never_dropped(member):
    give_points(member, 1_000)
    fine = virtual_sku(points=10)
    few, gone, off, draft = (virtual_sku(points=10, stock=3) for _n in range(4))
    limited = virtual_sku(points=10, limit_per_person=2)
    per_order = virtual_sku(points=10, limit_per_order=1)
    place(member, limited)
    fill(member, fine, few, gone, off, draft, limited, per_order, quantity=2)
    stock.receive(few.pk, quantity=-2, actor="staff:1")
    stock.receive(gone.pk, quantity=-3, actor="staff:1")
    Product.objects.filter(pk=off.product_id).update(status=Product.Status.OFF)
    Product.objects.filter(pk=draft.product_id).update(status=Product.Status.DRAFT)

    stands = standing.look(member, MemberBasket(member.pk).lines())

    assert [(row.sku, row.problem and row.problem.code, row.fewer) for row in stands.rows] == [
        (fine, None, 0),
        (few, "out_of_stock", 1),
        (gone, "out_of_stock", 0),
        (off, "not_for_sale", 0),
        (draft, "not_for_sale", 0),
        (limited, "limit_reached", 1),
        (per_order, "limit_reached", 1),
    ]
    assert [str(stands.rows[n].problem) for n in (1, 2)] == [
        "库存只剩 1 件，您选择了 2 件。",
        "已售罄。",
    ]
    assert (stands.quote.points, [line.sku for line in stands.quote.lines]) == (20, [fine])


def test_put_when_sent_twice_wrong_or_of_somebody_else_then_once_refused_or_their_own(
    signed_in_api, member, other_member
):
    sku, off = virtual_sku(points=10), virtual_sku(points=10, status=Product.Status.OFF)
    fill(other_member, sku, quantity=7)

    answers = [put(signed_in_api, sku, quantity).status_code for quantity in (3, 3, 0, 100, True)]
    unknown = signed_in_api.put(f"{CART}/lines/{2**70}", {"quantity": 1}, format="json")
    refused = put(signed_in_api, off, 1)
    Product.objects.filter(pk=sku.product_id).update(status=Product.Status.OFF)
    put(signed_in_api, sku, 3, saved=True)
    saved = signed_in_api.get(CART).data
    for _again in range(2):
        assert signed_in_api.delete(f"{CART}/lines/{sku.pk}").status_code == 204

    assert answers == [200, 200, 400, 400, 400]
    assert (unknown.status_code, refused.status_code) == (404, 409)
    assert (refused.data["errors"][0]["code"], saved["lines"], saved["points"]) == (
        "not_for_sale",
        [],
        0,
    )
    assert [(line["sku"], line["quantity"]) for line in saved["saved"]] == [(sku.pk, 3)]
    assert (kept(member), kept(other_member)) == ([], [(sku.pk, 7, False)])


def test_put_when_the_basket_is_full_then_refused_and_saving_for_later_makes_room(
    signed_in_api, member
):
    skus = [virtual_sku(points=1) for _n in range(contents.MAX_LINES + 1)]
    rows = [BasketLine(user=member, sku=sku, quantity=1) for sku in skus[:-1]]
    BasketLine.objects.bulk_create(rows)

    full = put(signed_in_api, skus[-1], 1)
    put(signed_in_api, skus[0], 1, saved=True)
    fits = put(signed_in_api, skus[-1], 1)

    assert (full.status_code, full.data["errors"][0]["code"]) == (409, "limit_reached")
    assert fits.status_code == 200 and len(kept(member)) == len(skus)


def test_place_when_ordered_from_the_basket_then_it_leaves_once_and_a_second_tab_is_told(
    signed_in_api, member
):
    give_points(member, 1_000)
    first, second, stays = (virtual_sku(points=10) for _n in range(3))
    fill(member, first, second, stays, quantity=3)
    body = {
        "lines": [{"sku": first.pk, "quantity": 3}, {"sku": second.pk, "quantity": 1}],
        "from_basket": True,
    }

    def order(key):
        headers = {"Idempotency-Key": key}
        return signed_in_api.post("/api/v1/orders", body, format="json", headers=headers)

    placed, repeated, other_tab = order("one"), order("one"), order("two")

    assert [one.status_code for one in (placed, repeated, other_tab)] == [201, 201, 409]
    assert placed.data["no"] == repeated.data["no"]
    assert other_tab.data["errors"][0]["code"] == "basket_changed"
    assert kept(member) == [(second.pk, 2, False), (stays.pk, 3, False)]
    assert Order.objects.count() == 1


def test_place_when_it_is_refused_or_not_of_the_basket_then_the_basket_stays(member):
    give_points(member, 100)
    sku, parcel = virtual_sku(points=10), physical_sku(points=10)
    fill(member, sku, parcel, quantity=2)

    with pytest.raises(AddressNeeded), transaction.atomic():
        place_order(
            member,
            lines=[(parcel.pk, 1), (sku.pk, 2)],
            key=uuid4().hex,
            from_basket=True,
        )
    place(member, sku)

    assert kept(member) == [(sku.pk, 2, False), (parcel.pk, 2, False)]


def test_basket_when_gathered_signed_out_then_it_comes_along_and_nothing_doubles(client, member):
    both, own, new = (virtual_sku(points=10) for _n in range(3))
    fill(member, both, own, quantity=2)
    add = reverse("orders:basket_add")
    for sku, quantity in ((both, 3), (new, 1)):
        page = client.post(add, {"sku": sku.pk, "quantity": quantity, "csrfmiddlewaretoken": "a"})
    client.post(add, {"sku": new.pk, "quantity": 1, "csrfmiddlewaretoken": "a"})
    before = client.get(reverse("orders:basket"))
    home = client.get("/")

    sent = {"login": member.username, "password": PASSWORD}
    signed_in = client.post(reverse("account_login"), sent)

    assert signed_in.status_code == 302
    assert page.url == new.product.get_absolute_url()
    assert [row.quantity for row in before.context["basket"].rows] == [3, 1]
    assert before.context["basket"].quote.points == 40
    assert b'data-basket="4"' in home.content and b'data-basket="4"' in before.content
    assert kept(member) == [(both.pk, 3, False), (own.pk, 2, False), (new.pk, 1, False)]
    assert baskets.SESSION_KEY not in client.session


def test_basket_when_it_is_full_at_sign_in_then_what_comes_along_is_saved_for_later_and_told(
    client, member
):
    client.cookies["mall_language"] = "en"
    own = [virtual_sku(points=1) for _n in range(contents.MAX_LINES - 1)]
    fill(member, *own)
    new = [virtual_sku(points=1) for _n in range(3)]
    for sku in new:
        client.post(reverse("orders:basket_add"), {"sku": sku.pk, "quantity": 2})

    sent = {"login": member.username, "password": PASSWORD}
    page = client.post(reverse("account_login"), sent, follow=True).content.decode()

    ordered = [(sku.pk, 1, False) for sku in own] + [(new[0].pk, 2, False)]
    assert kept(member) == [*ordered, *((sku.pk, 2, True) for sku in new[1:])]
    assert "Your basket is full: 2 products are saved for later." in page


def test_change_when_pressed_without_a_script_then_undone_by_one_press(client, member):
    client.force_login(member)
    sku = virtual_sku(points=10)
    fill(member, sku, quantity=2)
    line, page = reverse("orders:basket_line", args=[sku.pk]), reverse("orders:basket")

    client.post(line, {"to": "3", "quantity": "2"})
    more = kept(member)
    client.post(line, {"do": "later", "quantity": "3"})
    later = kept(member)
    removed = client.post(line, {"do": "remove"}, follow=True)
    gone = kept(member)
    undo = removed.context["undo"]
    client.post(line, {"quantity": undo["quantity"], "do": undo["do"]})
    nonsense = [client.post(line, {"to": text}).status_code for text in ("x", "100", "-1")]
    by_htmx = client.post(line, {"to": "5"}, headers={"HX-Request": "true"})

    assert (more, later, gone) == ([(sku.pk, 3, False)], [(sku.pk, 3, True)], [])
    assert nonsense == [302, 302, 302] and kept(member) == [(sku.pk, 5, True)]
    assert b'hx-swap-oob="true"' in by_htmx.content and b"<html" not in by_htmx.content
    assert client.get(f"{page}?removed={'9' * 12}&n=1").status_code == 200
    secret = virtual_sku(points=10, status=Product.Status.DRAFT, name="not out yet")
    asked = client.get(f"{page}?removed={secret.pk}&n=1")
    assert asked.context["undo"] is None and b"not out yet" not in asked.content


@pytest.mark.parametrize(
    ("typed", "pieces"),
    [("３", 3), (" 99 ", 99), ("0", None), ("-1", None), ("1.5", None), ("100", None), ("٣", None)],
)
def test_change_when_the_number_is_typed_oddly_then_what_was_meant_or_nothing(
    client, member, typed, pieces
):
    client.force_login(member)
    first, second, third = (virtual_sku(points=10, stock=200) for _n in range(3))
    line, token = "orders:basket_line", {"csrfmiddlewaretoken": "t" * 64}
    fill(member, third)

    client.post(reverse("orders:basket_add"), {"sku": first.pk, "quantity": typed})
    client.post(reverse(line, args=[second.pk]), {"quantity": typed})
    for quantity in ("1", "1", typed, typed):  # pressed twice, back, another number, twice again
        client.post(reverse("orders:basket_add"), {"sku": third.pk, "quantity": quantity, **token})

    new = [] if pieces is None else [(sku.pk, pieces, False) for sku in (first, second)]
    assert kept(member) == [(third.pk, min(2 + (pieces or 0), 99), False), *new]
    shown = client.get(reverse("orders:basket")).content.decode()
    assert [f'value="{pieces}" min="1" max="99"' in shown for _sku in new] == [True] * len(new)
    assert (f'id="more-{first.pk}"' in shown) == bool(new)
    assert (shown.count(" disabled>+<") == 3) == (pieces == 99)


def test_change_when_htmx_is_refused_then_the_whole_page_says_why(client, member):
    client.force_login(member)
    client.cookies["mall_language"] = "en"
    sku = virtual_sku(points=10)
    fill(member, sku, quantity=2)
    htmx = {"HX-Request": "true", "HX-Current-URL": "http://testserver/cart/?n=1"}

    refused = client.post(
        reverse("orders:basket_line", args=[sku.pk]), {"quantity": "100"}, headers=htmx
    )
    page = client.get(refused["HX-Redirect"])

    assert (refused.status_code, refused.content) == (200, b"")
    assert refused["HX-Redirect"] == htmx["HX-Current-URL"]
    assert str(InvalidLines()) in page.content.decode()
    assert kept(member) == [(sku.pk, 2, False)]


def test_header_when_a_member_ordered_then_the_number_is_asked_anew(client, member):
    client.force_login(member)
    give_points(member, 100)
    sku = virtual_sku(points=10)
    fill(member, sku, quantity=2)

    unknown = client.get(reverse("orders:list")).content
    told = client.get(reverse("orders:basket_pieces")).json()
    known = client.get(reverse("orders:list")).content
    page = client.get(reverse("orders:new"), {"sku": sku.pk, "quantity": 2, "basket": "on"}).context
    quote = page["quote"]
    sent = {"sku": sku.pk, "quantity": 2, "basket": "on", "key": page["key"], "points_to_use": 0}
    sent |= {"expect_points": quote.points, "expect_cash": quote.cash}
    client.post(reverse("orders:new"), sent)
    client.logout()
    strange = client.get(reverse("catalog:list")).content

    assert b'data-basket="" data-ask' in unknown and told == {"pieces": 2}
    assert b'data-basket="2"' in known and kept(member) == []
    assert b'data-basket="0"' in strange


def test_propose_when_a_larger_coupon_hinders_the_points_then_the_least_to_pay_wins(
    signed_in_api, member
):
    give_points(member, 100_000)
    CheckoutPolicy.objects.update_or_create(pk=1, defaults={"discount_max_percent": 50})
    points_goods = virtual_sku(cash="100.00", pay_mode=Product.PayMode.CASH_POINTS)
    plain = virtual_sku(cash="100.00", pay_mode=Product.PayMode.CASH)
    larger = given(member, template(amount="10.00", products=[points_goods.product]))
    smaller = given(member, template(amount="8.00", products=[plain.product]))
    lines = [{"sku": sku.pk, "quantity": 1} for sku in (points_goods, plain)]

    quoted = signed_in_api.post("/api/v1/orders/quote", {"lines": lines}, format="json").data

    assert larger.pk != smaller.pk
    assert (quoted["proposed"]["coupon"], quoted["proposed"]["cash"]) == (smaller.pk, "142.00")
    assert quoted["coupon_proposed"]["id"] == larger.pk


def test_buy_again_when_some_is_gone_then_the_rest_lies_in_the_basket_once(client, member):
    client.force_login(member)
    give_points(member, 1_000)
    here, off = virtual_sku(points=10), virtual_sku(points=10)
    order = place(member, here, off, quantity=2)
    Product.objects.filter(pk=off.product_id).update(status=Product.Status.OFF)

    for _again in range(2):
        page = client.post(reverse("orders:buy_again", args=[order.no]), follow=True)

    assert kept(member) == [(here.pk, 2, False)]
    assert off.product.name in page.content.decode()


def test_buy_again_when_the_basket_is_full_then_saved_for_later_and_named_not_called_gone(
    client, signed_in_api, member
):
    client.force_login(member)
    client.cookies["mall_language"] = "en"
    give_points(member, 1_000)
    sku = virtual_sku(points=10)
    order = place(member, sku, quantity=2)
    fill(member, *(virtual_sku(points=1) for _n in range(contents.MAX_LINES)))

    page = client.post(reverse("orders:buy_again", args=[order.no]), follow=True).content.decode()
    app = signed_in_api.post(f"/api/v1/orders/{order.no}/basket", {}, format="json").data

    assert kept(member)[-1] == (sku.pk, 2, True)
    assert f"Saved for later, for the basket is full: {sku.product.name_en}." in page
    assert "Not to be had any more" not in page
    assert app["left_out"] == [] and [line["sku"] for line in app["saved"]] == [sku.pk]


@pytest.mark.parametrize(
    ("there", "comes", "left"),
    [
        ({1: 2}, [Line(1, 3)], {1: (3, False)}),
        ({1: 2}, [Line(1, 1), Line(2, 1, is_saved=True)], {1: (2, False), 2: (1, True)}),
        ({1: 2, 2: 1}, [Line(3, 4)], {1: (2, False), 2: (1, False), 3: (4, True)}),
        ({1: 2, 2: 1}, [Line(3, 4), Line(4, 1)], {1: (2, False), 2: (1, False), 3: (4, True)}),
    ],
    ids=["larger", "saved", "no room", "no room anywhere"],
)
def test_at_least_when_there_is_room_or_none_then_nothing_is_lost_while_it_fits_somewhere(
    monkeypatch, there, comes, left
):
    monkeypatch.setattr(contents, "MAX_LINES", 2)
    monkeypatch.setattr(contents, "MOST_SAVED", 1)
    before = {sku: Line(sku, quantity) for sku, quantity in there.items()}

    after = contents.at_least(before, comes)

    assert {sku: (line.quantity, line.is_saved) for sku, line in after.items()} == left
    aside = [one.sku for one in comes if not one.is_saved and left.get(one.sku, (0, True))[1]]
    assert contents.set_aside(after, comes) == aside
