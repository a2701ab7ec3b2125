"""Goods for some tiers: hidden or locked below, and every door says the same to a visitor, and to
members below, at and above the tier.
"""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse

from accounts.registration import register
from catalog import kept, storefront
from catalog.models import Product, ProductWords
from catalog.stock import receive
from mall.core import clock
from mall.face import sitemap
from orders import pricing
from orders.basket import alerts
from orders.basket.baskets import MemberBasket
from orders.basket.errors import NotOffered
from orders.checkout import place_order
from orders.errors import NoSuchFlashItem, NotInShop, TierNeeded
from orders.flash import board
from tests.catalog.test_admin import product_form
from tests.factories.accounts import PASSWORD
from tests.factories.flash import grab, item
from tests.factories.orders import give_points, place, virtual_sku
from tests.factories.points import in_tier

pytestmark = pytest.mark.django_db
TIERS = {"visitor": None, "below": 2, "at": 3, "above": 4}
READERS = [(who, tier is not None and tier >= 3) for who, tier in TIERS.items()]


@pytest.fixture
def reader():
    """reader(who) -> a member of that tier with points, or None for the visitor."""

    def made(who):
        if TIERS[who] is None:
            return None
        user = register(username=who, email=f"{who}@example.com", password=PASSWORD)
        give_points(user, 1_000)
        return in_tier(user, TIERS[who])

    return made


@pytest.fixture
def shelf():
    """Three goods: for all, locked below V3, and hidden below V3."""
    goods = {
        "open": virtual_sku(points=10, name_en="Teapot open"),
        "locked": virtual_sku(points=20, name_en="Teapot locked", tier_to_redeem=3),
        "hidden": virtual_sku(points=30, name_en="Teapot hidden", tier_to_see=3, tier_to_redeem=3),
    }
    kept.forget()
    cache.clear()
    return goods


@pytest.mark.parametrize(("who", "may"), READERS)
def test_pages_when_goods_are_for_a_tier_then_hidden_or_locked_below_it(
    client, reader, shelf, who, may
):
    user = reader(who)
    for other in ("above", "below"):  # what was kept for them is not shown to others
        if other != who:
            client.force_login(reader(other))
            client.get("/products/")
            client.get("/products/?search=teapot")
            client.logout()
    if user:
        client.force_login(user)
    shown = {"open", "locked", "hidden"} if may else {"open", "locked"}
    ids = {shelf[name].product_id for name in shown}

    found = {
        "list": client.get("/products/").context["shelf"],
        "search": client.get("/products/?search=teapot").context["shelf"],
        "guess": client.get("/products/?search=teepot").context["shelf"],
        "bounded": client.get("/products/?search=teapot&max_points=500").context["shelf"],
    }
    told = client.get("/products/suggestions/?search=teapot").json()["suggestions"]
    details = {name: client.get(f"/products/{sku.product_id}/") for name, sku in shelf.items()}
    picks = client.get("/").context["picks"] if user else storefront.picks(None, 9)

    assert {door: {one["id"] for one in goods} for door, goods in found.items()} == dict.fromkeys(
        found, ids
    )
    assert {one["text"] for one in told} >= {shelf[name].product.name for name in shown}
    assert (shelf["hidden"].product.name in {one["text"] for one in told}) is may
    assert {name: page.status_code for name, page in details.items()} == {
        "open": 200, "locked": 200, "hidden": 200 if may else 404
    }  # fmt: skip
    assert details["locked"].context["can_redeem"] is may
    locks = {one["id"]: one["locked_until"] for one in found["list"]}
    assert locks[shelf["locked"].product_id] == (0 if may else 3)
    assert {one["id"] for one in picks} == (
        {sku.product_id for sku in shelf.values()} if may else {shelf["open"].product_id}
    )


@pytest.mark.parametrize(("who", "may"), READERS)
def test_api_when_goods_are_for_a_tier_then_hidden_or_locked_below_it(
    api, bearer, reader, shelf, who, may
):
    user, visitor = reader(who), api
    visitor.get("/api/v1/products"), visitor.get("/api/v1/products?search=teapot")
    caller = bearer(user) if user else visitor
    hidden, locked = shelf["hidden"].product_id, shelf["locked"].product_id

    lists = [
        caller.get(f"/api/v1/products{query}").json()["results"]
        for query in ("", "?search=teapot", "?ordering=popular")
    ]
    told = caller.get("/api/v1/products/suggestions?search=teapot").json()["results"]
    statuses = {
        path: caller.get(path).status_code
        for path in (f"/api/v1/products/{hidden}", f"/api/v1/products/{hidden}/reviews")
    }

    for goods in lists:
        assert (hidden in {one["id"] for one in goods}) is may
        assert {one["id"]: one["locked_until"] for one in goods}[locked] == (0 if may else 3)
    assert (hidden in {one["product"] for one in told}) is may
    assert set(statuses.values()) == {200 if may else 404}
    if user:
        advised = caller.get("/api/v1/recommendations").json()
        assert ({hidden, locked} <= {one["product"]["id"] for one in advised}) is may
        wished = caller.put(f"/api/v1/wishlist/{hidden}", {}, format="json").status_code
        assert wished == (200 if may else NotOffered.status)


@pytest.mark.parametrize(("who", "may"), READERS[1:])
def test_orders_when_goods_are_for_a_tier_then_refused_in_words_below_it(
    bearer, reader, shelf, who, may
):
    user = reader(who)
    caller, locked, hidden = bearer(user), shelf["locked"], shelf["hidden"]

    puts = {
        name: caller.put(f"/api/v1/cart/lines/{sku.pk}", {"quantity": 1}, format="json")
        for name, sku in shelf.items()
    }
    quotes = {
        name: caller.post(
            "/api/v1/orders/quote", {"lines": [{"sku": sku.pk, "quantity": 1}]}, format="json"
        )
        for name, sku in shelf.items()
    }

    assert {name: answer.status_code for name, answer in puts.items()} == {
        "open": 200, "locked": 200 if may else 409, "hidden": 200 if may else NotOffered.status
    }  # fmt: skip
    assert {name: answer.status_code for name, answer in quotes.items()} == {
        "open": 200, "locked": 200 if may else 409, "hidden": 200 if may else NotInShop.status
    }  # fmt: skip
    if may:
        assert {place(user, sku).status for sku in (locked, hidden)} == {"paid"}
        return
    for sku, refusal in ((locked, TierNeeded), (hidden, NotInShop)):
        with pytest.raises(refusal) as refused:
            place_order(user, lines=[(sku.pk, 1)], key=f"k{sku.pk}")
        assert ("V3" in str(refused.value)) is (sku is locked)
    assert quotes["locked"].json()["errors"][0]["code"] == "tier_needed"


def test_basket_when_the_tier_fell_then_the_line_stays_and_says_why(reader, shelf, bearer):
    user = reader("at")
    order = place(user, shelf["locked"])
    caller = bearer(user)
    for sku in shelf.values():
        caller.put(f"/api/v1/cart/lines/{sku.pk}", {"quantity": 1}, format="json")
    in_tier(user, 2)

    basket = caller.get("/api/v1/cart").json()
    again = caller.post(f"/api/v1/orders/{order.no}/basket", {}, format="json")

    problems = {line["sku"]: (line["problem"] or {}).get("code") for line in basket["lines"]}
    assert problems == {
        shelf["open"].pk: None,
        shelf["locked"].pk: "tier_needed",
        shelf["hidden"].pk: "not_for_sale",
    }
    assert basket["points"] == 10
    assert len(MemberBasket(user.pk).lines()) == 3
    assert again.json()["left_out"] == [order.lines.get().product_name]
    assert pricing.quote(user, [(shelf["open"].pk, 1)]).points == 10


def test_outside_when_goods_are_hidden_then_no_map_names_them(client, reader, shelf):
    written = sitemap.document()

    assert f"/products/{shelf['locked'].product_id}/" in written
    assert f"/products/{shelf['hidden'].product_id}/" not in written
    client.force_login(reader("above"))
    page = client.get(f"/share/?product={shelf['hidden'].product_id}")
    assert "Teapot hidden" not in page.text and shelf["hidden"].product.name not in page.text


def test_words_when_the_tier_changes_then_the_search_knows_it(shelf):
    product = shelf["open"].product
    Product.objects.filter(pk=product.pk).update(tier_to_see=2, tier_to_redeem=2)

    assert ProductWords.objects.get(pk=product.pk).tier_to_see == 2


def test_admin_when_somebody_could_have_what_they_cannot_see_then_said(client, admin_user, shelf):
    client.force_login(admin_user)
    product = shelf["open"].product
    address = reverse("admin:catalog_product_change", args=[product.pk])

    wrong = client.post(address, product_form(product, tier_to_see=3, tier_to_redeem=1))
    right = client.post(
        address,
        product_form(
            product,
            tier_to_see=1,
            tier_to_redeem=3,
            limit_per_period=2,
            limit_period="week",
            market_price="99.00",
            attributes_zh_hans="材质：紫砂",
        ),
    )

    assert "tier_to_redeem" in wrong.context["adminform"].form.errors
    assert right.status_code == 302, right.context["errors"]
    product.refresh_from_db()
    assert (product.tier_to_see, product.tier_to_redeem, product.limit_period) == (1, 3, "week")


def test_flash_when_goods_are_hidden_after_it_was_announced_then_only_their_members_see_it(
    client, reader, shelf, bearer
):
    wanted, other = item(stock=2, limit=2), item(stock=1)
    user, better = reader("below"), reader("at")
    mine = grab(user, wanted, key="before")
    Product.objects.filter(pk=wanted.sku.product_id).update(tier_to_see=3, tier_to_redeem=3)
    kept.forget()
    page, name = reverse("orders:flash_item", args=[wanted.pk]), wanted.sku.product.name

    seen = {}
    for who in (None, user, better):
        client.logout() if who is None else client.force_login(who)
        api = bearer(who) if who else client
        seen[who] = (
            name in client.get(reverse("orders:flash")).content.decode(),
            wanted.pk in [one["id"] for s in api.get("/api/v1/flash").json()["sessions"]
                          for one in s["items"]],
            client.get(page).status_code,
        )  # fmt: skip
    window = board.headline()

    assert seen == {None: (False, False, 404), user: (False, False, 404), better: (True, True, 200)}
    assert [one.pk for one in window.items.all()] == [other.pk]
    with pytest.raises(NoSuchFlashItem):
        grab(user, wanted, key="after")
    assert grab(user, wanted, key="before").no == mine.no  # the same again is no new one
    assert grab(better, wanted, key="theirs").points == 10


def test_alert_when_goods_are_for_a_higher_tier_now_then_only_who_may_have_them_is_told(reader):
    sku, now = virtual_sku(points=10, stock=0), clock.now()
    user, better = reader("below"), reader("at")
    for who in (user, better):
        alerts.ask(who, sku.pk)
    Product.objects.filter(pk=sku.product_id).update(tier_to_redeem=3)
    receive(sku.pk, quantity=5, actor="staff:1")

    told = [alerts.tell_back(now + timedelta(minutes=minute)) for minute in (0, 3)]
    waiting = alerts.skus_of(user)
    in_tier(user, 3)
    told.append(alerts.tell_back(now + timedelta(minutes=4)))

    assert (told, waiting, alerts.skus_of(better)) == ([0, 1, 1], {sku.pk}, set())
