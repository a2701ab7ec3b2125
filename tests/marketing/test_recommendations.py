"""Recommendations: the arithmetic, the shop's own and imported orders, the doors, and whether it is
any good.
"""

import json
import random
from datetime import date, timedelta
from io import StringIO
from math import log2

import numpy as np
import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import translation

from catalog import popularity, storefront
from catalog.models import Product
from mall.core import clock
from marketing.models import (
    Affinity,
    CoPurchase,
    HistoryCustomer,
    HistoryLine,
    HistoryOrder,
    ShelfDay,
)
from marketing.recommendations import (
    affinities,
    evaluation,
    impressions,
    nightly,
    purchases,
    shelves,
)
from marketing.recommendations.incidence import Incidence
from marketing.recommendations.ranking import (
    Habit,
    Purchase,
    Says,
    Suggestion,
    Taste,
    again,
    habits_of,
    shelf,
)
from marketing.recommendations.weights import packed, unpacked
from marketing.recommendations.words import alike, words_of
from orders import lifecycle
from orders.models import SeenGoods
from tests.factories.accounts import MemberFactory
from tests.factories.orders import give_points, place, received, refund, virtual_sku

TODAY = date(2026, 11, 20)


def bought(person, item, category="c", days_ago=60):
    return Purchase(person, item, category, TODAY - timedelta(days=days_ago))


# --- arithmetic ---------------------------------------------------------------
def known_of(*baskets):
    known = Incidence()
    for basket in baskets:
        known.add(basket)
    return known


def test_learn_when_people_had_both_then_closeness_counts_people_and_the_weight_is_ridge():
    known = known_of(["tea", "cup", "tea", "tea"], ["tea", "cup"], ["tea", "lamp"])

    found = dict(affinities.learn(known))

    penalty = affinities.PENALTY * 6 / 3  # lines by goods
    ridge = np.linalg.solve(np.diag([2, 1]) + penalty * np.eye(2), [2, 1])
    assert [(one.item, one.people) for one in found["tea"]] == [("cup", 2), ("lamp", 1)]
    assert [one.closeness for one in found["tea"]] == [2 / (6**0.5 + 5), 1 / (3**0.5 + 5)]
    assert [one.weight for one in found["tea"]] == pytest.approx(list(ridge))
    assert [one.item for one in found["cup"]] == ["tea"]
    assert list(affinities.learn(known_of())) == []


@pytest.mark.parametrize("people", [3, 64, 65, 200])
def test_pairs_when_counted_by_bits_then_they_are_the_sums_of_the_matrix(people):
    luck = random.Random(people)
    goods = "abcdefgh"
    baskets = [luck.sample(goods, luck.randrange(1, 8)) for _person in range(people)]
    known = known_of(*baskets)

    had = np.array([known.vector(basket) for basket in baskets])
    both = had.T @ had

    everything = np.arange(len(known.items))
    assert (known.pairs(everything) == both).all()
    assert (known.buyers == np.diag(both)).all()
    for good in everything:
        assert (known.together(good) == both[good] - np.diag(np.diag(both))[good]).all()


def says(**weights):
    return {own: Says(weights=told) for own, told in weights.items()}


def test_suggestion_when_one_own_good_carries_a_fifth_of_what_speaks_for_it_then_it_is_named():
    few = says(tea={"cup": 0.2, "lamp": -0.9}, jam={"cup": 0.8}, oil={"lamp": 0.3})
    many = says(**{f"g{n}": {"cup": 0.1} for n in range(6)})
    none = says(tea={"lamp": -0.2})
    popularity = {"cup": 3, "lamp": 2, "pen": 1}

    of_few, of_many, of_none = (Taste(one, popularity, 0.5) for one in (few, many, none))

    assert of_few.suggestion("cup") == Suggestion("cup", "together", "jam")
    assert of_few.suggestion("lamp") == Suggestion("lamp", "popular")  # more speaks against it
    assert of_many.suggestion("cup") == Suggestion("cup", "several")
    assert of_none.suggestion("lamp") == Suggestion("lamp", "popular")
    assert list(of_few.ranked()) == ["cup", "pen", "lamp"]
    assert list(of_none.ranked(without={"cup"})) == ["lamp", "pen"]


def test_again_when_goods_were_had_on_days_then_the_habit_comes_first_and_ties_are_popular():
    own = [
        *[bought("me", "tea", days_ago=n) for n in (3, 3, 40, 50)],
        *[bought("me", item, days_ago=9) for item in ("cup", "lamp")],
        *[bought("me", "jam", days_ago=n) for n in (1, 2)],
    ]

    found = again(habits_of(own), {"lamp": 5, "cup": 1})

    assert [one.item for one in found] == ["tea", "jam", "lamp", "cup"]
    assert habits_of(own)["tea"] == Habit(3, TODAY - timedelta(days=3))


def test_alike_when_names_share_rare_words_then_new_goods_are_found_in_both_scripts():
    names = {
        1: "西湖龙井 250g",
        2: "西湖龙井 礼盒",
        3: "帆布袋",
        4: "Canvas tote, large",
        5: "Tote",
    }
    words = {item: words_of(name) for item, name in names.items()}

    found = alike(words, [2, 5, 3])

    assert list(found[2]) == [1]
    assert list(found[5]) == [4]
    assert found[3] == {}
    assert words_of("西湖龙井 250g", None) == {"西湖", "湖龙", "龙井", "250g"}


def test_weights_when_packed_then_as_they_were_in_twelve_bytes_each():
    told = {7: 0.5, 2**40: -0.25}

    assert dict(zip(*unpacked(packed(told)), strict=True)) == told
    assert len(packed(told)) == 24
    assert packed({}) == b""


def test_shelf_when_new_goods_are_called_alike_then_they_have_one_place_of_ten():
    best = list("abcdefghijklmnopqrstuvwxyz")

    assert shelf(best, ["new", "newer"], 10) == [*"abcdefghi", "new"]
    assert shelf(best, [], 10) == list("abcdefghij")
    assert shelf(best, ["new"], 4) == list("abcd")


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


def test_evaluate_when_tastes_cross_the_shelves_then_ours_beats_the_simple_ways():
    found = evaluation.evaluate(planted())

    new = {way: figures["hit@10"] for way, figures in found.shelves["new"].items()}
    assert list(new)[:6] == [
        "popular", "last category", "own frequency", "item-knn", "ease", "ours",
    ]  # fmt: skip
    assert found.people > 100
    assert new["ours"] > 1.3 * max(new["popular"], new["last category"])
    assert new["ours"] > 0.85 * new["ease"]
    coverage = {way: figures["coverage"] for way, figures in found.shelves["new"].items()}
    assert coverage["ours"] > coverage["popular"]


def test_evaluate_when_the_split_is_named_then_nothing_from_that_day_on_is_known():
    known, next_day = bought("a", "tea", days_ago=10), bought("a", "cup", days_ago=9)

    found = evaluation.evaluate([known, next_day], split=TODAY - timedelta(days=9))

    # The cup was never seen before the split: nobody could have suggested it.
    assert (found.people, found.items) == (1, 1)
    assert found.asked == {"new": 1, "again": 0, "all": 1}
    assert {figures["hit@10"] for figures in found.shelves["new"].values()} == {0.0}


def test_evaluate_when_counted_by_hand_then_hits_ndcg_and_coverage_are_these():
    own = [bought("a", item, days_ago=days) for item, days in (("x", 60), ("y", 50), ("x", 40))]
    others = [bought(f"b{n}", item, days_ago=5) for n, item in enumerate(["z", "z", "z", "w"])]
    then = [bought("a", item, days_ago=-3) for item in ("w", "y", "v")]

    found = evaluation.evaluate([*own, *others, *then], split=TODAY)

    # a had x on two days and y on one, then bought w (new: behind z), y (again: behind x), and v,
    # which nobody had known: it counts as wanted, and in the ideal.
    second = 1 / log2(3)
    ndcg = pytest.approx(second / (1 + second))
    popular = found.shelves["new"]["popular"]
    assert popular == {"hit@5": 1.0, "hit@10": 1.0, "coverage": 0.5, "ndcg@10": ndcg}
    assert found.shelves["again"]["ours"]["ndcg@10"] == pytest.approx(second)
    assert found.shelves["all"]["ours"]["coverage"] == 1.0


def test_losses_when_another_way_finds_more_then_it_is_said_in_words():
    figures = {"ours": {"hit@10": 0.5}, "ease": {"hit@10": 0.6}, "popular": {"hit@10": 0.502}}

    found = evaluation.Evaluation(TODAY, 9, 9, {}, {"new": figures})

    assert found.losses() == ["new: ease finds more than ours, hit@10 60.0% against 50.0%."]


def test_command_when_nobody_bought_on_both_sides_then_one_sentence_says_so(db):
    with pytest.raises(CommandError, match="name another day with --split"):
        call_command("evaluate_recommendations")


def test_command_when_asked_for_json_then_every_figure_is_there(member):
    customer = HistoryCustomer.objects.create(name="0001")
    for n, day in enumerate((date(2026, 1, 5), date(2026, 1, 15), date(2026, 6, 5))):
        imported(customer, f"H{n}", day, product="茶", sku="tea")
    told, table = StringIO(), StringIO()

    call_command("evaluate_recommendations", "--json", "--split", "2026-03-01", stdout=told)
    call_command("evaluate_recommendations", "--split", "2026-03-01", stdout=table)

    found = json.loads(told.getvalue())
    ways = ["popular", "last category", "own frequency", "item-knn", "ease", "ours"]
    assert (found["split"], found["people"], found["items"]) == ("2026-03-01", 1, 1)
    assert found["asked"] == {"new": 0, "again": 1, "all": 1}
    for shelf_name, hit in (("new", 0.0), ("again", 1.0), ("all", 1.0)):
        assert list(found[shelf_name])[:6] == ways
        assert {way["hit@5"] for way in found[shelf_name].values()} == {hit}
        assert set(found[shelf_name]["ours"]) == {"hit@5", "hit@10", "ndcg@10", "coverage"}
    assert found["loses"] == []
    assert "again: goods had before (1 people)" in table.getvalue()


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


def on_shelf(user, name, *, available=0, limit=3, tier=0):
    found = shelves.of_member(user, available=available, limits={name: limit}, tier=tier)
    return found[name]


def suggested(user, available=0, limit=3):
    return [
        (one["product"]["name"], one["code"])
        for one in on_shelf(user, shelves.NEW, available=available, limit=limit)
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
    assert Affinity.objects.get(product=shop["tea"]).buyers == 2


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


def test_of_member_when_the_shop_grows_then_the_query_count_stays(
    shop, member, django_assert_num_queries
):
    give_points(member, 1000)
    place(member, shop["tea"].skus.get())
    on_shelf(member, shelves.NEW)
    for n in range(3):
        place(member, virtual_sku(points=1, name_zh_hans=f"more {n}"))
    storefront.popular()
    limits = {shelves.NEW: 8, shelves.AGAIN: 8}

    with django_assert_num_queries(4):  # own purchases, earlier shop?, what they say, stock
        shelves.of_member(member, available=10, limits=limits)


def test_again_when_bought_on_days_then_the_habit_comes_first_and_new_shows_none_of_it(
    shop, member
):
    give_points(member, 100)
    for name in ("cup", "tea", "tea"):
        place(member, shop[name].skus.get())
    lamp = shop["lamp"]
    imported(HistoryCustomer.objects.create(name="1", user=member), "H1", date(2026, 1, 5),
             product=lamp.name_zh_hans)  # fmt: skip
    imported(HistoryCustomer.objects.get(), "H2", date(2026, 2, 5), product=lamp.name_zh_hans)

    found = on_shelf(member, shelves.AGAIN, available=100)

    assert [one["product"]["name"] for one in found][0] == "lamp"  # on two days; tea on one
    assert {one["code"] for one in found} == {"again"}
    assert suggested(member, available=100) == []


def test_shelves_when_few_goods_are_affordable_then_all_of_them_come_before_any_to_save_for(
    shop, member
):
    dear = [virtual_sku(points=900, name_zh_hans=f"dear {n}").product for n in range(12)]
    Product.objects.filter(pk__in=[one.pk for one in dear]).update(popularity=99)
    storefront.forget()

    found = on_shelf(member, shelves.NEW, available=10, limit=5)

    assert {one["product"]["name"] for one in found[:3]} == {"tea", "cup", "lamp"}
    assert [one["missing"] for one in found] == [0, 0, 0, 890, 890]
    with translation.override("en"):
        last = on_shelf(member, shelves.NEW, available=10, limit=5)[-1]
    assert last["reason"] == "Popular right now · 890 points to save"


def test_again_when_a_limit_is_used_up_then_the_shelf_does_not_promise_it(shop, member):
    give_points(member, 100)
    for name in ("tea", "cup"):
        place(member, shop[name].skus.get())
    Product.objects.filter(pk=shop["tea"].pk).update(limit_per_person=1)
    Product.objects.filter(pk=shop["cup"].pk).update(limit_per_person=2)
    storefront.forget()

    assert [one["product"]["name"] for one in on_shelf(member, shelves.AGAIN)] == ["cup"]


def test_new_when_a_good_is_new_and_called_alike_then_it_has_the_last_place(shop, member):
    give_points(member, 100)
    place(member, shop["tea"].skus.get())
    Product.objects.filter(pk=shop["tea"].pk).update(name_zh_hans="西湖龙井茶")
    for n in range(12):
        virtual_sku(points=1, name_zh_hans=f"别的{n}")
    fresh = virtual_sku(points=1, name_zh_hans="西湖龙井礼盒", name_en="Box").product
    nightly.refresh()
    storefront.forget()

    found = on_shelf(member, shelves.NEW, available=100, limit=10)

    assert (found[-1]["product"]["id"], found[-1]["code"]) == (fresh.pk, "alike")
    assert [one["code"] for one in found].count("alike") == 1
    Product.objects.filter(pk=fresh.pk).update(created_at=clock.now() - timedelta(days=100))
    nightly.refresh()
    assert "alike" not in dict(map(reversed, suggested(member, available=100, limit=10)))


def test_refresh_when_a_shop_has_more_goods_than_are_kept_then_a_rare_good_is_found(
    shop, member, monkeypatch
):
    give_points(member, 100)
    place(member, shop["tea"].skus.get())
    place(member, shop["lamp"].skus.get())
    Product.objects.filter(pk=shop["tea"].pk).update(popularity=50)
    monkeypatch.setattr(storefront, "MOST_GOODS", 1)
    storefront.forget()

    assert suggested(member) == [("cup", "together")]
    assert {one["product"]["name"] for one in on_shelf(member, shelves.AGAIN)} == {"tea", "lamp"}


# --- doors ----------------------------------------------------------------------
def test_home_when_a_member_looks_then_suggestions_say_why(shop, signed_in, member):
    give_points(member, 100)
    place(member, shop["tea"].skus.get())
    signed_in.cookies["mall_language"] = "en"

    assert (
        f"Goes with {shop['tea'].name_en or shop['tea'].name}"
        in signed_in.get("/").content.decode()
    )


def test_api_when_asked_then_both_shelves_with_their_reasons_or_the_one_named(
    shop, signed_in_api, member
):
    give_points(member, 100)
    place(member, shop["tea"].skus.get())
    english = {"Accept-Language": "en"}

    found = signed_in_api.get("/api/v1/recommendations", headers=english).json()
    one_shelf = signed_in_api.get("/api/v1/recommendations?shelf=again", headers=english).json()
    refused = signed_in_api.get("/api/v1/recommendations?shelf=old", headers=english)

    first, last = found[0], found[-1]
    assert (first["product"]["id"], first["shelf"], first["code"]) == (
        shop["cup"].pk, "new", "together",
    )  # fmt: skip
    assert first["reason"].startswith("Goes with ")
    assert (last["product"]["id"], last["shelf"], last["missing"]) == (shop["tea"].pk, "again", 0)
    assert one_shelf == [last]
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["attr"] == "shelf"


# --- how the shelves fare ---------------------------------------------------------
@pytest.fixture
def counting():
    cache.clear()
    impressions._waiting.clear()
    yield lambda: [
        (day.shelf, day.reason, day.shown, day.opened, day.redeemed)
        for day in ShelfDay.objects.order_by("shelf", "reason")
        if impressions.write_down() >= 0
    ]
    impressions._waiting.clear()


def test_impressions_when_shown_opened_and_redeemed_then_counted_and_nobody_named(
    shop, signed_in, member, counting
):
    give_points(member, 100)
    place(member, shop["tea"].skus.get())
    page = signed_in.get("/recommendations/").content.decode()
    cup = f"/products/{shop['cup'].pk}/?from=new-together"
    assert cup in page

    for address in (cup, cup, f"/products/{shop['lamp'].pk}/?from=new-nonsense"):
        assert signed_in.get(address).status_code == 200
    place(member, shop["cup"].skus.get())
    place(member, shop["lamp"].skus.get())
    impressions.write_down()

    assert counting() == [
        ("again", "again", 1, 0, 0), ("new", "popular", 1, 0, 0), ("new", "together", 1, 1, 1),
    ]  # fmt: skip
    columns = {field.name for field in ShelfDay._meta.get_fields()}
    assert columns == {"id", "on", "shelf", "reason", "shown", "opened", "redeemed"}


def test_impressions_when_a_member_wants_nothing_noted_then_nothing_is_remembered(
    shop, signed_in, member, counting
):
    SeenGoods.objects.create(user=member, is_off=True)

    signed_in.get(f"/products/{shop['cup'].pk}/?from=new-popular")

    assert not impressions._waiting
    assert not cache.get(f"shelf-opened:{member.pk}")


def test_opened_when_an_app_tells_then_counted_once_and_nonsense_is_refused(
    shop, signed_in_api, member, counting
):
    opened = f"/api/v1/recommendations/{shop['cup'].pk}/opened"
    place_of = {"shelf": "new", "code": "popular"}

    statuses = [signed_in_api.post(opened, place_of, format="json").status_code for _n in (1, 2)]
    refused = signed_in_api.post(opened, {"shelf": "new", "code": "x"}, format="json")
    unknown = signed_in_api.post(opened.replace(str(shop["cup"].pk), "999999"), place_of,
                                 format="json")  # fmt: skip
    impressions.write_down()

    more = signed_in_api.post(opened, {**place_of, "points": 5}, format="json")
    assert statuses == [204, 204]
    assert more.json()["errors"][0]["attr"] == "points"
    assert (refused.status_code, unknown.status_code) == (400, 404)
    assert counting() == [("new", "popular", 0, 1, 0)]


def test_recommendations_page_when_htmx_asks_then_a_few_new_goods_alone(shop, signed_in):
    piece = signed_in.get("/recommendations/", headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in piece
    assert "/recommendations/" in piece
    assert Client().get("/recommendations/").status_code == 302


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
