"""What stands around the basket: the wait for what is sold out, and what was seen."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from accounts import closing, export
from catalog import stock
from catalog.models import Product
from mall.core import clock
from marketing.models import Notification
from orders.basket import alerts, seen, wishes
from orders.models import BasketLine, SeenGoods, StockAlert, Wish
from tests.factories.orders import virtual_sku

pytestmark = pytest.mark.django_db
ALERTS = "/api/v1/stock-alerts"


def told(user):
    kind = Notification.Kind.BACK_IN_STOCK
    return Notification.objects.filter(user=user, kind=kind).count()


def move(sku, pieces):
    stock.receive(sku.pk, quantity=pieces, actor="staff:1")


def test_alert_when_pieces_stay_then_told_once_and_a_blip_is_no_news(
    signed_in_api, member, other_member
):
    sku, there = virtual_sku(points=10, stock=0), virtual_sku(points=10)
    asked = [signed_in_api.put(f"{ALERTS}/{sku.pk}", {}, format="json") for _twice in range(2)]
    needless = signed_in_api.put(f"{ALERTS}/{there.pk}", {}, format="json")
    listed = signed_in_api.get(ALERTS).data["results"]
    alerts.ask(other_member, sku.pk)
    alerts.withdraw(other_member, sku.pk)
    now = clock.now()

    def sweep(minute):
        return alerts.tell_back(now + timedelta(minutes=minute))

    numbers = [sweep(0)]
    move(sku, 1)
    numbers.append(sweep(1))
    move(sku, -1)
    numbers.append(sweep(2))
    move(sku, 1)
    numbers += [sweep(minute) for minute in (3, 4, 5, 6)]

    assert [one.status_code for one in (*asked, needless)] == [200, 200, 409]
    assert (needless.data["errors"][0]["code"], listed) == ("in_stock", [{"sku": sku.pk}])
    assert numbers == [0, 0, 0, 0, 0, 1, 0]
    assert (told(member), told(other_member), StockAlert.objects.count()) == (1, 0, 0)


def test_alert_when_it_is_back_but_off_sale_then_nobody_is_told_until_it_is_offered(member):
    sku = virtual_sku(points=10, stock=0)
    alerts.ask(member, sku.pk)
    move(sku, 5)
    Product.objects.filter(pk=sku.product_id).update(status=Product.Status.OFF)
    now = clock.now()

    off = [alerts.tell_back(now + timedelta(minutes=minute)) for minute in (0, 5)]
    Product.objects.filter(pk=sku.product_id).update(status=Product.Status.ON)
    on = [alerts.tell_back(now + timedelta(minutes=minute)) for minute in (6, 7, 8)]

    assert (off, on) == ([0, 0], [0, 0, 1])


def test_seen_when_pages_are_looked_at_then_no_row_until_the_list_and_nobody_elses(
    client, member, other_member
):
    first, second = (virtual_sku(points=10).product for _n in range(2))
    page = reverse("orders:seen")

    def names():
        return [fact["id"] for fact in client.get(page).context["goods"]]

    for product in (first, second, first):
        client.get(product.get_absolute_url())
    as_visitor = names()
    client.force_login(member)
    client.get(second.get_absolute_url())
    before = SeenGoods.objects.count()
    as_member = names()
    client.force_login(other_member)
    as_other = names()
    client.get(first.get_absolute_url())
    client.post(page, {"do": "off"})
    client.get(second.get_absolute_url())

    assert (as_visitor, before) == ([first.pk, second.pk], 0)
    assert as_member == [second.pk, first.pk] and as_other == []
    assert names() == [] and SeenGoods.objects.get(pk=other_member.pk).is_off
    assert SeenGoods.objects.get(pk=member.pk).products == [second.pk, first.pk]


def test_seen_when_the_basket_is_looked_at_then_below_it_empty_or_not(client, member):
    first, second = (virtual_sku(points=10) for _n in range(2))
    page = reverse("orders:basket")

    def shown():
        answer = client.get(page)
        cards = answer.content.decode().partition('id="seen"')[2]
        at = [cards.find(one.product.get_absolute_url()) for one in (second, first)]
        return answer.status_code, -1 < at[0] < at[1]

    nothing = client.get(page)
    for sku in (first, second):
        client.get(sku.product.get_absolute_url())
    as_visitor = shown()
    client.post(reverse("orders:basket_add"), {"sku": first.pk, "quantity": 1})
    with_a_line = shown()
    client.force_login(member)
    for sku in (first, second):
        client.get(sku.product.get_absolute_url())
    as_member = shown()

    assert (nothing.status_code, b'id="seen"' in nothing.content) == (200, False)
    assert (as_visitor, with_a_line, as_member) == ((200, True),) * 3


def test_seen_when_switched_off_elsewhere_or_the_cookie_is_nonsense_then_nothing_comes_in(
    client, member
):
    product = virtual_sku(points=10).product
    SeenGoods.objects.create(user=member, is_off=True)
    client.force_login(member)
    page = reverse("orders:seen")

    client.get(product.get_absolute_url())
    told_off = client.get(page).context
    client.post(page, {"do": "on"})
    client.cookies[seen.COOKIE] = f"{member.pk}.x-{'9' * 40}-²-{product.pk}"
    shown = client.get(page).context["goods"]
    client.post(page, {"do": "clear"})

    assert (told_off["goods"], told_off["is_off"]) == ([], True)
    assert [fact["id"] for fact in shown] == [product.pk]
    assert client.get(page).context["goods"] == []


def test_seen_when_an_app_tells_of_it_then_listed_newest_first_cleared_and_nobody_elses(
    signed_in_api, api, client, member, other_member
):
    first, second = (virtual_sku(points=10).product for _n in range(2))
    gone = virtual_sku(points=10, status=Product.Status.OFF).product
    url = "/api/v1/seen"

    def look(*ids):
        return [signed_in_api.put(f"{url}/{pk}").status_code for pk in ids]

    def listed():
        told = signed_in_api.get(url).json()
        return [fact["id"] for fact in told["results"]], told["count"], told["is_off"]

    looks = look(first.pk, second.pk, first.pk, gone.pk, 10**30)
    before = listed()
    client.force_login(member)
    page = [fact["id"] for fact in client.get(reverse("orders:seen")).context["goods"]]
    cleared = signed_in_api.delete(url)
    after = listed()
    client.post(reverse("orders:seen"), {"do": "off"})
    unseen = look(second.pk)

    assert looks == [204, 204, 204, 404, 404]
    assert before == ([first.pk, second.pk], 2, False) and page == [first.pk, second.pk]
    assert (cleared.status_code, cleared.cookies, after) == (204, {}, ([], 0, False))
    assert (unseen, listed()) == ([204], ([], 0, True))
    assert [api.get(url).status_code, api.delete(url).status_code] == [401, 401]
    assert not SeenGoods.objects.filter(pk=other_member.pk).exists()


def test_leave_when_a_member_has_a_basket_and_wishes_then_taken_along_and_forgotten(member):
    sku, gone = virtual_sku(points=10), virtual_sku(points=10, stock=0)
    BasketLine.objects.create(user=member, sku=sku, quantity=2)
    wishes.aim(member, sku.product_id)
    alerts.ask(member, gone.pk)
    SeenGoods.objects.create(user=member, products=[sku.product_id])

    document = json.loads("".join(export.as_json(member)))
    closing.close(member)

    assert [row["quantity"] for row in document["basket"]] == [2]
    assert [row["is_goal"] for row in document["wishes"]] == [True]
    assert len(document["stock_alerts"]) == len(document["recently_seen"]) == 1
    assert [model.objects.count() for model in (BasketLine, Wish, StockAlert, SeenGoods)] == [0] * 4
