"""Kept bytes: whose they are, when they end, and that an edit is seen by the very next request."""

import logging
import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client
from django.urls import resolve
from prometheus_client import REGISTRY
from rest_framework.test import APIClient

from catalog import assortment, kept, shelf, stock, storefront
from catalog.finding import Filters
from catalog.kept import Memory
from catalog.models import Product, Sku
from mall.core.limits import API_ANONYMOUS
from tests.factories.catalog import SkuFactory
from tests.factories.flash import announce, item, session
from tests.factories.points import member_with

pytestmark = pytest.mark.django_db
PRODUCTS = "/api/v1/products"
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)


def names(answer):
    return [product["name"] for product in answer.json()["results"]]


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """committed(act): what act() does is committed, as far as others are told."""

    def run(act):
        with django_capture_on_commit_callbacks(execute=True):
            return act()

    return run


# --- when they end --------------------------------------------------------------------
@pytest.mark.parametrize("place", ["list", "detail"])
def test_answer_when_an_edit_commits_then_the_next_request_sees_it(api, shelve, committed, place):
    product = shelve(name_zh_hans="旧名")
    address = PRODUCTS if place == "list" else f"{PRODUCTS}/{product.pk}"
    headers = {"Accept-Language": "zh-hans"}

    def seen():
        answer = api.get(address, headers=headers)
        return names(answer)[0] if place == "list" else answer.json()["name"]

    before = seen()
    Product.objects.filter(pk=product.pk).update(name_zh_hans="新名")
    still = seen()
    committed(storefront.forget)

    assert (before, still, seen()) == ("旧名", "旧名", "新名")


def test_list_when_the_last_piece_goes_and_comes_back_then_told_at_once(api, shelve, committed):
    sku = shelve(stock=2).skus.get()

    def in_stock():
        return [one["in_stock"] for one in api.get(PRODUCTS).json()["results"]]

    seen = [in_stock()]
    for reference in "AB":
        committed(lambda one=reference: stock.take([(sku.pk, 1)], reference=f"order:{one}"))
        seen.append(in_stock())
    committed(lambda: stock.put_back([(sku.pk, 1)], reference="order:B"))
    seen.append(in_stock())

    assert seen == [[True], [True], [False], [True]]


def test_detail_when_pieces_are_sold_then_their_number_is_a_second_old_at_most(api, shelve):
    product = shelve(stock=3)
    sku, address = product.skus.get(), f"{PRODUCTS}/{product.pk}"

    with time_machine.travel(NOON, tick=False) as traveller:
        seen = [api.get(address).json()["skus"][0]["stock"]]
        stock.sell([(sku.pk, 1)])
        traveller.shift(timedelta(milliseconds=999))
        seen.append(api.get(address).json()["skus"][0]["stock"])
        traveller.shift(timedelta(milliseconds=1))
        seen.append(api.get(address).json()["skus"][0]["stock"])

    assert seen == [3, 3, 2]


def test_detail_when_the_last_piece_goes_or_somebody_counts_then_told_at_once(
    api, shelve, committed
):
    with time_machine.travel(NOON, tick=False):
        product = shelve(stock=1)
        sku, address = product.skus.get(), f"{PRODUCTS}/{product.pk}"
        seen = [api.get(address).json()["skus"][0]["stock"]]
        for act in (
            lambda: stock.sell([(sku.pk, 1)]),
            lambda: stock.put_back([(sku.pk, 1)], reference="order:A"),
            lambda: stock.receive(sku.pk, quantity=6, actor="staff:1"),
            lambda: stock.receive(sku.pk, quantity=-2, actor="staff:1"),
            lambda: stock.receive_all({sku.pk: 3}, actor="staff:1", note="", reference="file:1"),
        ):
            committed(act)
            seen.append(api.get(address).json()["skus"][0]["stock"])

    assert seen == [1, 0, 1, 7, 5, 8]


def test_detail_when_a_member_asks_then_the_number_is_live(signed_in_api, purse_of, shelve):
    purse_of(0)
    product = shelve(stock=3)

    seen = []
    for reference in "AB":
        seen.append(signed_in_api.get(f"{PRODUCTS}/{product.pk}").json()["skus"][0]["stock"])
        stock.take([(product.skus.get().pk, 1)], reference=f"order:{reference}")

    assert seen == [3, 2]


def test_take_when_pieces_are_left_then_kept_answers_stay(shelve, committed):
    sku = shelve(stock=5).skus.get()
    before = kept.versions()

    committed(lambda: stock.take([(sku.pk, 2)], reference="order:A"))
    assert kept.versions() == before
    committed(lambda: stock.take([(sku.pk, 3)], reference="order:B"))

    assert kept.versions()[0] == before[0]
    assert kept.versions()[1] != before[1]


def test_list_when_a_sale_has_a_window_then_kept_bytes_end_with_it(api, shelve):
    shelve(sale_starts_at=NOON, sale_ends_at=NOON + timedelta(seconds=3))

    seen = []
    with time_machine.travel(NOON - timedelta(seconds=2), tick=False) as traveller:
        for second in (-2, -1, 0, 2, 3):
            traveller.move_to(NOON + timedelta(seconds=second), tick=False)
            seen.append(api.get(PRODUCTS).json()["count"])

    assert seen == [0, 0, 1, 1, 0]


def test_answer_when_nobody_told_of_a_change_then_it_ends_by_itself(api, shelve):
    with time_machine.travel(NOON, tick=False) as traveller:
        sku = shelve(stock=1).skus.get()
        seen = [api.get(PRODUCTS).json()["results"][0]["in_stock"]]
        stock.take([(sku.pk, 1)], reference="order:A")  # the process died before it could tell
        traveller.shift(timedelta(seconds=kept.ANSWER_SECONDS))
        seen.append(api.get(PRODUCTS).json()["results"][0]["in_stock"])

    assert seen == [True, False]


def test_home_when_a_flash_session_begins_and_is_called_off_then_the_banner_follows(
    client, committed
):
    with time_machine.travel(NOON, tick=False) as traveller:
        of = session(starts_in=timedelta(seconds=3))
        item(of=of, announced=False)

        def running():
            page = client.get("/").content.decode()
            return "flash-clock--running" in page if "flash-banner" in page else None

        seen = [running()]
        committed(lambda: announce(of))
        seen.append(running())
        traveller.shift(timedelta(seconds=3))
        seen.append(running())

    assert seen == [None, False, True]


# --- what a hit costs, and what it leaves ---------------------------------------------
@pytest.mark.parametrize("place", ["", "/{}"])
def test_answer_when_kept_then_the_same_without_the_rows_and_counted_and_told(
    api, shelve, caplog, django_assert_num_queries, place
):
    address = PRODUCTS + place.format(shelve(stock=3).pk)
    view = resolve(address).view_name

    def counted():
        labels = {"view": view, "transport": "http", "method": "GET"}
        name = "django_http_requests_total_by_view_transport_method_total"
        return REGISTRY.get_sample_value(name, labels) or 0

    with time_machine.travel(NOON, tick=False):
        first, before = api.get(address), counted()
        caplog.set_level(logging.INFO)
        with django_assert_num_queries(0):
            second = api.get(address)

    said = [one.msg for one in caplog.records if isinstance(one.msg, dict)]
    assert (second.content, dict(second.headers)) == (first.content, dict(first.headers))
    assert counted() - before == 1
    assert [(line["event"], line["code"], line["request"]) for line in said] == [
        ("request_finished", 200, f"GET {address}")
    ]


def test_detail_when_kept_and_the_database_is_away_then_told_so(api, shelve, settings):
    address = f"{PRODUCTS}/{shelve().pk}"
    with time_machine.travel(NOON, tick=False) as traveller:
        api.get(address)
        traveller.shift(timedelta(seconds=1))

        with connection.execute_wrapper(_gone):
            answer = api.get(address)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (503, "busy")


def _gone(*_asked):
    raise OperationalError(2006, "gone away")


# --- validators -----------------------------------------------------------------------
def test_answer_when_nothing_changed_then_304_without_a_body(api, shelve, committed):
    shelve()
    first = api.get(PRODUCTS)
    etag = first.headers["ETag"]

    same = api.get(PRODUCTS, headers={"If-None-Match": f'"other", {etag}'})
    committed(lambda: shelve() and storefront.forget())
    other = api.get(PRODUCTS, headers={"If-None-Match": etag})

    assert re.fullmatch(r'"[0-9a-f]{32}"', etag)
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", etag)
    assert (other.status_code, other.json()["count"]) == (200, 2)
    assert other.headers["ETag"] != etag
    assert first.headers["Cache-Control"] == "no-cache"
    assert {"Accept-Language", "Authorization"} <= set(first.headers["Vary"].split(", "))


# --- whose they are -------------------------------------------------------------------
def test_list_when_members_and_visitors_ask_in_turns_then_each_sees_their_own(
    api, signed_in_api, purse_of, shelve
):
    shelve(points=100)
    purse_of(100)
    poor = APIClient()
    poor.force_authenticate(member_with(99))

    seen = [
        [one.get(PRODUCTS).json()["results"][0]["affordable"] for one in (api, signed_in_api, poor)]
        for _turn in range(2)
    ]
    private = signed_in_api.get(PRODUCTS).headers

    assert seen == [[False, True, False]] * 2
    assert private["Cache-Control"] == "no-store, private"
    assert "ETag" not in private


def test_list_when_languages_and_hosts_differ_then_so_do_the_bytes(api, shelve):
    shelve(name_zh_hans="杯", name_en="Mug", illustration="pictures/mug.webp")

    def asked(language, host):
        headers = {"Accept-Language": language}
        return api.get(PRODUCTS, headers=headers, SERVER_NAME=host).json()["results"][0]

    seen = [asked(*who) for who in [("en", "a.test"), ("zh-hans", "a.test"), ("en", "b.test")] * 2]

    assert [one["name"] for one in seen] == ["Mug", "杯", "Mug"] * 2
    assert [one["image"].split("/")[2] for one in seen] == ["a.test", "a.test", "b.test"] * 2


def test_list_when_few_ask_the_same_then_not_kept(api, shelve):
    shelve(name_zh_hans="旧名")
    address = f"{PRODUCTS}?search=名"
    first = names(api.get(address))

    Product.objects.update(name_zh_hans="新名")

    assert (first, names(api.get(address))) == (["旧名"], ["新名"])


def test_home_when_two_visitors_look_then_each_has_a_token_of_their_own_that_works(shelve):
    shelve()
    browsers = [Client(enforce_csrf_checks=True) for _visitor in range(3)]

    pages = [browser.get("/").content.decode() for browser in browsers]
    tokens = [re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page) for page in pages]
    answers = [
        browser.post("/theme/", {"csrfmiddlewaretoken": own[0], "theme": "dark", "next": "/"})
        for browser, own in zip(browsers, tokens, strict=True)
    ]
    foreign = browsers[0].post("/theme/", {"csrfmiddlewaretoken": tokens[1][0], "theme": "light"})

    assert all(len(set(own)) == 1 and len(own[0]) == 64 for own in tokens)
    assert len({own[0] for own in tokens}) == 3
    assert [answer.status_code for answer in answers] == [302] * 3
    assert foreign.status_code == 403
    assert [page.count(own[0]) for page, own in zip(pages, tokens, strict=True)] == [
        pages[0].count(tokens[0][0])
    ] * 3


def test_home_when_readers_differ_then_nothing_of_one_is_told_to_another(client, shelve):
    shelve()
    member = member_with(777)
    own, dark, english = Client(), Client(), Client()
    own.force_login(member)
    dark.cookies["mall_theme"], english.cookies["mall_language"] = "dark", "en"

    readers = [client, own, dark, english, client, own]
    pages = [reader.get("/") for reader in readers]
    texts = [page.content.decode() for page in pages]

    assert ["777" in text for text in texts] == [False, True, False, False, False, True]
    assert ['data-bs-theme="dark"' in text for text in texts] == [False] * 2 + [True] + [False] * 3
    assert ['lang="en"' in text[:200] for text in texts] == [False] * 3 + [True] + [False] * 2
    assert pages[0].headers["Cache-Control"] == "private, no-cache"
    assert pages[1].headers["Cache-Control"] == "no-store, private"
    assert "Cookie" in pages[0].headers["Vary"]


def test_home_when_somebody_is_told_something_then_only_they_read_it(client, shelve):
    shelve()
    leaving = Client()
    leaving.force_login(member_with(0))
    client.get("/")

    told = leaving.post("/accounts/logout/", follow=True).content.decode()

    plain = client.get("/").content.decode()  # holds the one a script fills
    assert told.count("data-toast>") == plain.count("data-toast>") + 1


# --- how much -------------------------------------------------------------------------
def test_memory_when_full_then_the_longest_unused_go_first():
    memory = Memory(10)
    later = NOON + timedelta(minutes=1)
    for key in "abc":
        memory.put(key, "v", NOON, later, key.upper(), size=4)
        memory.get("b", "v", NOON)

    assert [memory.get(key, "v", NOON) for key in "abc"] == [None, "B", "C"]
    assert memory.get("b", "w", NOON) is None
    assert memory.get("b", "v", later) is None
    assert memory.get("b", "v", NOON - timedelta(seconds=1)) is None


def test_memory_when_a_key_is_kept_again_then_it_counts_once():
    memory = Memory(10)
    later = NOON + timedelta(minutes=1)

    for value in range(5):
        memory.put("a", "v", NOON, later, value, size=6)
    memory.put("b", "v", NOON, later, "b", size=4)

    assert (memory.get("a", "v", NOON), memory.get("b", "v", NOON)) == (4, "b")


def test_answer_when_there_is_no_cache_then_nothing_is_kept(api, settings, shelve):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    product = shelve(name_zh_hans="旧名")
    first = names(api.get(PRODUCTS, headers={"Accept-Language": "zh-hans"}))

    Product.objects.filter(pk=product.pk).update(name_zh_hans="新名")
    SkuFactory(product=product)

    assert kept.versions() is None
    assert first == ["旧名"]
    assert names(api.get(PRODUCTS, headers={"Accept-Language": "zh-hans"})) == ["新名"]


# --- what is never kept, and what is asked all the same ---------------------------------
@pytest.mark.parametrize(
    ("asked", "status"),
    [("?page=7", 404), ("?pay_mode=shells", 400), ("/999999", 404), ("?format=xml", 404)],
)
def test_answer_when_refused_then_refused_again_until_it_is_true(api, shelve, asked, status):
    shelve()

    answers = [api.get(f"{PRODUCTS}{asked}") for _time in range(2)]

    assert [answer.status_code for answer in answers] == [status, status]
    assert not any("ETag" in answer for answer in answers)


def test_detail_when_refused_and_put_on_sale_then_answered(api, shelve, committed, operator):
    product = shelve(status=Product.Status.OFF)
    address = f"{PRODUCTS}/{product.pk}"
    before = api.get(address).status_code

    committed(lambda: assortment.put_on_sale(product.pk, by=operator))

    assert (before, api.get(address).status_code) == (404, 200)


def test_list_when_json_is_not_wanted_then_not_acceptable_kept_or_not(api, shelve):
    shelve()
    statuses = [api.get(PRODUCTS, HTTP_ACCEPT=kind).status_code for kind in ("*/*", "image/png")]

    assert statuses == [200, 406]


def test_list_when_a_stranger_knocks_too_often_then_kept_bytes_are_no_way_around(api, shelve):
    shelve()
    most = int(API_ANONYMOUS.partition("/")[0])

    statuses = [api.get(PRODUCTS).status_code for _knock in range(most + 1)]

    assert (set(statuses[:most]), statuses[most]) == ({200}, 429)


@pytest.mark.django_db(transaction=True)
def test_listing_when_stock_turns_then_members_see_it_at_once_and_nobody_asks_twice(
    shelve, django_assert_num_queries
):
    product, sku = (one := shelve(stock=1)), one.skus.get()

    def in_stock():
        return [fact["in_stock"] for fact in storefront.listing(Filters(), available=100)]

    seen = [in_stock()]
    with django_assert_num_queries(0):
        in_stock()
    stock.take([(sku.pk, 1)], reference="order:A")
    seen.append(in_stock())
    stock.put_back([(sku.pk, 1)], reference="order:A")
    seen.append(in_stock())
    Sku.objects.filter(pk=sku.pk).update(is_active=False)
    storefront.forget()

    assert seen == [[True], [False], [True]]
    assert kept.stocked([product.pk], shelf.stocked) == {product.pk: False}
