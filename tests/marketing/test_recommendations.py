"""Recommendations: the arithmetic, the shop's own and imported orders, the doors, and whether it is
any good.
"""

import json
import random
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from catalog import popularity, storefront
from catalog.models import Product
from mall.core import clock
from marketing import recommendations
from marketing.models import CoPurchase, HistoryCustomer, HistoryLine, HistoryOrder
from marketing.recommendations import evaluation, nightly, purchases
from marketing.recommendations.ranking import Purchase, Together, learn, rank
from orders import lifecycle
from tests.factories.accounts import MemberFactory
from tests.factories.orders import give_points, place, received, refund, virtual_sku

TODAY = date(2026, 11, 20)


def bought(person, item, category="c", days_ago=60):
    return Purchase(person, item, category, TODAY - timedelta(days=days_ago))


# --- arithmetic ---------------------------------------------------------------
def test_together_when_people_had_both_then_closeness_is_symmetric_and_counts_people_not_pieces():
    together = Together()
    together.add(["tea", "cup", "tea", "tea"])
    together.add(["tea", "cup"])
    together.add(["tea", "lamp"])

    close = together.neighbours()

    assert close["tea"] == [("cup", 2 / (6**0.5 + 5), 2), ("lamp", 1 / (3**0.5 + 5), 1)]
    assert close["cup"] == [("tea", 2 / (6**0.5 + 5), 2)]


def test_rank_when_others_had_it_with_what_i_had_then_it_comes_first_and_says_why():
    others = [bought(person, item) for person in "abcd" for item in ("tea", "cup")]
    noise = [bought(f"n{n}", "lamp", "light", days_ago=3) for n in range(9)]

    first, *_rest = rank(
        learn([*others, *noise], as_of=TODAY), [bought("me", "tea")], as_of=TODAY, limit=3
    )

    assert (first.item, first.reason, first.because_of) == ("cup", "together", "tea")


def test_rank_when_only_the_category_is_known_then_more_of_it_comes_before_the_popular():
    purchases = [
        bought("a", "novel", "books"),
        *[bought(f"n{n}", "lamp", "light", days_ago=3) for n in range(9)],
    ]

    first, *_rest = rank(
        learn(purchases, as_of=TODAY), [bought("me", "atlas", "books")], as_of=TODAY, limit=3
    )

    assert (first.item, first.reason) == ("novel", "category")


def test_rank_when_nothing_was_bought_then_the_popular_comes_first():
    purchases = [
        bought("a", "novel", days_ago=5),
        *[bought(f"n{n}", "lamp", days_ago=5) for n in range(3)],
    ]

    found = rank(learn(purchases, as_of=TODAY), [], as_of=TODAY, limit=3)

    assert [(one.item, one.reason) for one in found] == [("lamp", "popular"), ("novel", "popular")]


@pytest.mark.parametrize(("days_ago", "suggested"), [(0, False), (29, False), (30, True)])
def test_rank_when_bought_lately_then_not_suggested_again(days_ago, suggested):
    knowledge = learn([bought("a", "tea"), bought("a", "cup")], as_of=TODAY)

    found = rank(knowledge, [bought("me", "tea", days_ago=days_ago)], as_of=TODAY, limit=9)

    assert ("tea" in [one.item for one in found]) is suggested


# --- is it any good? ------------------------------------------------------------
def planted(people=240, seed=7):
    """A shop where tastes cross the categories: who likes tea likes cups, which stand on another
    shelf.
    """
    luck = random.Random(seed)
    circles = [[f"i{circle}-{n}" for n in range(8)] for circle in range(12)]
    made = []
    for person in range(people):
        circle = luck.choice(circles)
        for step in range(6):
            item = (
                luck.choice(circle) if luck.random() < 0.85 else luck.choice(luck.choice(circles))
            )
            category = f"shelf-{int(item.split('-')[1]) % 4}"
            made.append(
                Purchase(
                    person,
                    item,
                    category,
                    TODAY - timedelta(days=300 - 50 * step - luck.randrange(40)),
                )
            )
    return made


def test_evaluate_when_tastes_cross_the_shelves_then_ours_beats_both_simple_ways():
    found = evaluation.evaluate(planted())

    popular, last_category, ours = found.results
    assert [result.name for result in found.results] == ["popular", "last category", "ours"]
    assert found.people > 100
    assert ours.hits[10] > 1.5 * max(popular.hits[10], last_category.hits[10])
    assert ours.coverage > popular.coverage


def test_evaluate_when_the_split_is_named_then_nothing_from_that_day_on_is_known():
    known, next_day = bought("a", "tea", days_ago=10), bought("a", "cup", days_ago=9)

    found = evaluation.evaluate([known, next_day], split=TODAY - timedelta(days=9))

    # The cup was never seen before the split: nobody could have suggested it.
    assert (found.people, found.items) == (1, 1)
    assert [result.hits for result in found.results] == [{5: 0.0, 10: 0.0}] * 3


def test_command_when_nobody_bought_on_both_sides_then_one_sentence_says_so(db):
    with pytest.raises(CommandError, match="name another day with --split"):
        call_command("evaluate_recommendations")


def test_command_when_asked_for_json_then_every_figure_is_there(member):
    customer = HistoryCustomer.objects.create(name="0001")
    for n, day in enumerate((date(2026, 1, 5), date(2026, 1, 15), date(2026, 6, 5))):
        imported(customer, f"H{n}", day, product="茶", sku="tea")
    told = StringIO()

    call_command("evaluate_recommendations", "--json", "--split", "2026-03-01", stdout=told)

    assert json.loads(told.getvalue()) == {
        "split": "2026-03-01",
        "people": 1,
        "items": 1,
        "results": {
            name: {"hit@5": 1.0, "hit@10": 1.0, "coverage": 1.0}
            for name in ("popular", "last category", "ours")
        },
    }


# --- the shop's own orders, and imported ones -------------------------------------
def imported(customer, no, on, *, product, sku="x", status=HistoryOrder.Status.COMPLETED):
    at = clock.start_of(on)
    order = HistoryOrder.objects.create(
        no=no, customer=customer, ordered_at=at, on=on, status=status, total=1, digest=no
    )
    return HistoryLine.objects.create(
        order=order, sku=sku, product=product, category="any", quantity=1, unit_price=1
    )


@pytest.fixture
def shop(db):
    """Three virtual goods for 10 points each: tea and cup were had together by two people, the lamp
    by nobody.
    """
    skus = {
        name: virtual_sku(points=10, stock=50, name_zh_hans=name, name_en=name)
        for name in ("tea", "cup", "lamp")
    }
    for _person in range(2):
        buyer = MemberFactory()
        give_points(buyer, 100)
        for name in ("tea", "cup"):
            place(buyer, skus[name])
    nightly.refresh()
    popularity.refresh()
    return {name: sku.product for name, sku in skus.items()}


def suggested(user, available=0, limit=3):
    return [
        (one["product"]["name"], one["code"])
        for one in recommendations.for_member(user, available=available, limit=limit)
    ]


def test_refresh_when_run_twice_then_pairs_are_the_same(shop):
    before = list(CoPurchase.objects.values_list("product", "other", "people"))

    assert nightly.refresh() == 2
    assert list(CoPurchase.objects.values_list("product", "other", "people")) == before
    assert set(before) == {(shop["tea"].pk, shop["cup"].pk, 2), (shop["cup"].pk, shop["tea"].pk, 2)}


def test_refresh_when_an_order_was_cancelled_then_it_says_nothing(shop):
    buyer = MemberFactory()
    give_points(buyer, 100)
    place(buyer, shop["tea"].skus.get())
    lifecycle.cancel(place(buyer, shop["lamp"].skus.get()), actor="test")

    nightly.refresh()

    assert not CoPurchase.objects.filter(other=shop["lamp"]).exists()


def test_for_member_when_one_of_a_pair_was_had_a_minute_ago_then_the_other_comes_first(
    shop, member
):
    give_points(member, 100)
    place(member, shop["tea"].skus.get())

    assert suggested(member)[0] == ("cup", "together")
    assert "tea" not in dict(suggested(member))


def test_for_member_when_new_then_the_popular_comes_first(shop, member):
    assert suggested(member, limit=1)[0][1] == "popular"


def test_for_member_when_a_linked_customer_bought_it_in_the_earlier_shop_then_it_counts(
    shop, member
):
    imported(
        HistoryCustomer.objects.create(name="0001", user=member),
        "H1",
        date(2026, 1, 5),
        product=shop["tea"].name_zh_hans,
    )

    assert suggested(member)[0] == ("cup", "together")
    assert purchases.of_member(member)[0].item == shop["tea"].pk


def test_by_person_when_a_customer_is_linked_to_a_buyer_then_both_are_one_person(shop, member):
    give_points(member, 100)
    place(member, shop["tea"].skus.get())
    imported(
        HistoryCustomer.objects.create(name="0001", user=member),
        "H1",
        date(2026, 1, 5),
        product="old",
        sku="o",
    )
    imported(
        HistoryCustomer.objects.create(name="0002"), "H2", date(2026, 1, 5), product="old", sku="o"
    )

    people = list(purchases.by_person())

    assert [len(own) for own in people] == [2, 2, 2, 1]
    assert len({own[0].person for own in people}) == 4


def test_for_member_when_sold_out_or_off_then_not_suggested(shop, member):
    Product.objects.filter(pk=shop["cup"].pk).update(status=Product.Status.OFF)
    storefront.forget()
    give_points(member, 100)
    place(member, shop["tea"].skus.get())

    assert "cup" not in dict(suggested(member))


def test_for_member_when_points_buy_only_some_then_those_come_first(shop, member):
    virtual_sku(points=500, name_zh_hans="dear")

    assert [name for name, _code in suggested(member, available=10, limit=4)][-1] == "dear"


def test_for_member_when_the_shop_grows_then_the_query_count_stays(
    shop, member, django_assert_num_queries
):
    give_points(member, 1000)
    place(member, shop["tea"].skus.get())
    recommendations.for_member(member, available=10, limit=8)
    for n in range(3):
        place(member, virtual_sku(points=1, name_zh_hans=f"more {n}"))
    storefront.popular()

    with django_assert_num_queries(4):  # own purchases, earlier shop?, neighbours, stock
        recommendations.for_member(member, available=10, limit=8)


# --- doors ----------------------------------------------------------------------
def test_home_when_a_member_looks_then_suggestions_say_why(shop, signed_in, member):
    give_points(member, 100)
    place(member, shop["tea"].skus.get())
    signed_in.cookies["mall_language"] = "en"

    assert (
        f"Goes with {shop['tea'].name_en or shop['tea'].name}"
        in signed_in.get("/").content.decode()
    )


def test_api_when_asked_then_products_with_their_reasons(shop, signed_in_api, member):
    give_points(member, 100)
    place(member, shop["tea"].skus.get())

    first, *_rest = signed_in_api.get(
        "/api/v1/recommendations", headers={"Accept-Language": "en"}
    ).json()

    assert (first["product"]["id"], first["code"]) == (shop["cup"].pk, "together")
    assert first["reason"].startswith("Goes with ")


def test_api_when_a_stranger_asks_then_401(api, db):
    assert api.get("/api/v1/recommendations").status_code == 401


def test_together_when_a_visitor_asks_then_a_page_and_for_htmx_the_section_alone(shop, client):
    address = f"/products/{shop['tea'].pk}/together/"

    page, section = (
        client.get(address).content.decode(),
        client.get(address, headers={"HX-Request": "true"}).content.decode(),
    )

    assert "<html" in page
    assert "<html" not in section
    assert f"/products/{shop['cup'].pk}/" in page
    assert f"/products/{shop['cup'].pk}/" in section
    assert client.get("/products/999999/together/").status_code == 404


def test_by_person_when_a_line_went_back_whole_then_it_says_nothing(shop, member):
    give_points(member, 100)
    refund(received(place(member, shop["tea"].skus.get())), 1)

    assert purchases.of_member(member) == []
