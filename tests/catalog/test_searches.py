"""What many search for, and what is offered while somebody types."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse

from catalog import searches, storefront
from catalog.models import HotWord, SearchedWord
from mall.core import clock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_waits():
    searches._waiting.clear()


def search_for(client, word, *, ips, **asked):
    for ip in ips:
        client.get("/products/", {"search": word, **asked}, REMOTE_ADDR=ip)
    searches.write_down()
    storefront.forget()
    cache.delete("catalog:version")


def counted():
    return dict(SearchedWord.objects.values_list("word", "times"))


def ips(n):
    return [f"203.0.113.{number}" for number in range(1, n + 1)]


def test_searches_when_many_search_then_counted_once_a_caller_and_day_and_shown(client, shelve):
    shelve(name_zh_hans="蓝牙耳机", name_en="Earbuds")
    shelve(name_zh_hans="雨伞", name_en="Umbrella")

    search_for(client, "耳机", ips=[*ips(4), *ips(4)])
    search_for(client, " Ｕmbrella ", ips=ips(3))
    search_for(client, "蓝牙", ips=ips(2))  # too few to be shown
    search_for(client, "nobody sells this", ips=ips(5))
    search_for(client, "earbudz", ips=ips(5))  # a guess is no word

    assert counted() == {"耳机": 4, "umbrella": 3, "蓝牙": 2}
    assert searches.hot() == ["耳机", "umbrella"]
    columns = {field.name for field in SearchedWord._meta.get_fields()}
    assert columns == {"id", "day", "word", "times"}  # nobody stands beside it


@pytest.mark.parametrize("private", ["13812345678", "a@b.cn", "x", "杯" * 21, "20261120-7KQ2M9"])
def test_searches_when_it_may_name_a_person_then_not_counted(client, shelve, private):
    shelve(name_zh_hans="杯" * 30, tags=f"{private}")

    assert not searches.note(private, by="ip:203.0.113.1")
    assert not searches._waiting


def test_searches_when_old_then_forgotten_and_no_longer_shown(client):
    today = clock.today()
    for days, word in ((0, "new"), (8, "last week"), (31, "old")):
        SearchedWord.objects.create(day=today - timedelta(days=days), word=word, times=9)

    assert searches.hot() == ["new"]
    assert (searches.forget_old(), searches.forget_old()) == (1, 0)


def test_hot_words_when_operators_say_then_theirs_come_first_and_hidden_ones_never(
    admin_client, client
):
    for word, times in (("耳机", 9), ("雨伞", 5), ("脏话", 50)):
        SearchedWord.objects.create(day=clock.today(), word=word, times=times)
    page = reverse("admin:catalog_hotword_add")

    shown = admin_client.get(page).content.decode()
    for word, hidden in ((" 脏话\u200b", "on"), ("ＵＳＢ 麦克风", "")):
        sent = {"word": word, "position": "1", **({"is_hidden": hidden} if hidden else {})}
        assert admin_client.post(page, sent).status_code == 302

    assert "脏话、耳机、雨伞" in shown
    assert set(HotWord.objects.values_list("word", "is_hidden")) == {
        ("脏话", True), ("usb 麦克风", False),
    }  # fmt: skip
    assert searches._hot() == ["usb 麦克风", "耳机", "雨伞"]


def test_suggestions_when_typing_then_words_and_goods_by_page_and_app(client, api, shelve):
    shelve(name_zh_hans="有线耳机", name_en="Wired earphones")
    exact = shelve(name_zh_hans="耳机", name_en="Earphones")
    HotWord.objects.create(word="耳机 降噪")

    page = client.get("/products/suggestions/?search=耳").json()["suggestions"]
    heard = client.get("/products/suggestions/?search=erj").json()["suggestions"]
    empty = client.get("/products/suggestions/").json()["suggestions"]
    app = api.get("/api/v1/products/suggestions?search=耳").json()

    assert page == [
        {"text": "耳机 降噪", "url": "/products/?search=%E8%80%B3%E6%9C%BA+%E9%99%8D%E5%99%AA"},
        {"text": "耳机", "url": f"/products/{exact.pk}/"},
        {"text": "有线耳机", "url": f"/products/{exact.pk - 1}/"},
    ]
    assert [line["text"] for line in heard] == ["耳机", "有线耳机"]
    assert [line["text"] for line in empty] == ["耳机 降噪"]
    assert app["results"][0] == {"text": "耳机 降噪", "product": None}
    assert app["results"][1] == {"text": "耳机", "product": exact.pk}
    assert (app["count"], app["next"]) == (3, None)


def test_suggestions_when_asked_too_often_then_429(client, monkeypatch):
    monkeypatch.setattr("catalog.suggestions.PER_CALLER", "2/m")

    codes = [client.get("/products/suggestions/?search=x").status_code for _ in range(3)]

    assert codes == [200, 200, 429]


def test_list_when_nothing_matches_then_the_hot_words_are_offered(client):
    HotWord.objects.create(word="耳机")

    page = client.get("/products/?search=nothing").content.decode()

    assert 'href="/products/?search=%E8%80%B3%E6%9C%BA"' in page
