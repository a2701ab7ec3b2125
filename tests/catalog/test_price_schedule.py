"""Scheduled prices: of the instant at every quote, in lists as soon as the clock comes by, never
two at once.
"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from catalog import assortment, price_schedule, shelf, shelf_prices, storefront
from catalog.models import DRAWN_COLUMNS, Product, ScheduledPrice, Sku
from mall.core import clock
from mall.core.models import AuditRow
from orders import pricing
from orders.checkout import place_order
from orders.errors import PriceChanged
from tests.factories.catalog import SkuFactory
from tests.factories.orders import give_points, virtual_sku

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
SKUS = "/api/v1/staff/skus"


@pytest.fixture
def plan(operator):
    """plan(sku, points, start, end=None, *, now): have it cost so much between two instants."""

    def made(sku, points, start, end=None, *, cash=0, now=None):
        words = {"points": points, "cash": Decimal(cash), "starts_at": start, "ends_at": end}
        return price_schedule.plan(sku.pk, **words, by=operator, as_of=now)

    return made


def cost(user, sku, at):
    return pricing.quote(user, [(sku.pk, 1)], as_of=at).points


def lowest(sku):
    return Product.objects.values_list(*DRAWN_COLUMNS).get(pk=sku.product_id)


def test_quote_when_a_price_is_scheduled_then_it_is_that_of_the_very_instant(member, plan):
    now = clock.now()
    start, end, sku = now + HOUR, now + 2 * HOUR, virtual_sku(points=100)
    sibling = virtual_sku(points=100)
    plan(sku, 60, start, end)
    plan(sku, 80, end)  # the next one may begin where this ends
    moment = timedelta(microseconds=1)

    found = [cost(member, sku, at) for at in (now, start - moment, start, end - moment, end)]

    assert found == [100, 100, 60, 60, 80]
    assert cost(member, sibling, start) == 100
    assert Sku.objects.get(pk=sku.pk).points_price == 100


def test_order_when_the_price_began_since_the_page_then_409_with_the_new_quote(member, plan):
    sku = virtual_sku(points=100)
    give_points(member, 500)
    seen = {"points": 100, "cash": Decimal("0.00")}
    plan(sku, 150, clock.now(), clock.now() + HOUR)

    with pytest.raises(PriceChanged) as refused:
        place_order(member, lines=[(sku.pk, 1)], key="a", expect=seen)
    order = place_order(member, lines=[(sku.pk, 1)], key="b")

    assert refused.value.extra["quote"]["points"] == 150
    line = order.lines.get()
    assert (order.points, line.unit_points) == (150, 150)


def test_turn_due_when_it_begins_and_ends_then_lists_sort_by_it_and_twice_is_once(plan):
    now, sku = clock.now(), virtual_sku(points=100)
    SkuFactory(product=sku.product, points_price=90)
    plan(sku, 60, now + HOUR, now + 2 * HOUR)

    before, at_start = lowest(sku), price_schedule.turn_due(now + HOUR)
    on_sale, again = lowest(sku), price_schedule.turn_due(now + HOUR)
    at_end = price_schedule.turn_due(now + 2 * HOUR)

    assert (before[1], on_sale[1], lowest(sku)[1]) == (90, 60, 90)
    assert (at_start, again, at_end) == (1, 0, 1)
    assert before[DRAWN_COLUMNS.index("price_varies")] is True
    assert shelf_prices.drifted() == []


def test_turn_due_when_it_has_no_end_then_it_becomes_the_own_price_and_stays_known(plan):
    now, sku = clock.now(), virtual_sku(points=100)
    planned = plan(sku, 120, now + HOUR)
    later = now + HOUR + timedelta(seconds=7)

    price_schedule.turn_due(now)
    early = Sku.objects.get(pk=sku.pk).points_price
    price_schedule.turn_due(later)
    price_schedule.turn_due(later + HOUR)

    planned.refresh_from_db()
    assert (early, Sku.objects.get(pk=sku.pk).points_price) == (100, 120)
    assert (planned.starts_at, planned.ends_at) == (now + HOUR, later)
    assert shelf.offers([sku.pk], later)[sku.pk].sku.points_price == 120
    assert AuditRow.objects.filter(action="catalog.reprice", actor="system").count() == 1


@pytest.mark.django_db(transaction=True)  # what is stuck is rolled back alone
def test_turn_due_when_one_fits_its_goods_no_more_then_the_others_turn_all_the_same(plan):
    now, odd, sku = clock.now(), virtual_sku(points=100), virtual_sku(points=100)
    for planned in (odd, sku):
        plan(planned, 120, now + HOUR)
    # by a release that knows of no scheduled prices
    Product.objects.filter(pk=odd.product_id).update(pay_mode="cash")
    Sku.objects.filter(pk=odd.pk).update(points_price=0, cash_price="5.00")

    price_schedule.turn_due(now + HOUR)

    assert Sku.objects.get(pk=sku.pk).points_price == 120
    assert Sku.objects.get(pk=odd.pk).cash_price == Decimal("5.00")
    assert ScheduledPrice.objects.open(now + 2 * HOUR).get().sku_id == odd.pk


def test_plan_when_it_overlaps_ends_early_or_fits_not_then_refused_and_nothing_is_written(plan):
    now, sku = clock.now(), virtual_sku(points=100)
    plan(sku, 60, now + 2 * HOUR, now + 4 * HOUR)

    for start, end in [(1, 3), (3, 5), (2, 4), (1, 5), (3, None), (0, None)]:
        with pytest.raises(price_schedule.ScheduleOverlaps):
            plan(sku, 50, now + start * HOUR, end and now + end * HOUR)
    for start, end in [(6, 6), (7, 6), (-2, -1)]:
        with pytest.raises(price_schedule.ScheduleBackwards):
            plan(sku, 50, now + start * HOUR, now + end * HOUR)
    with pytest.raises(assortment.PriceMismatch):
        plan(sku, 0, now + 6 * HOUR, now + 7 * HOUR, cash="5.00")

    assert ScheduledPrice.objects.count() == 1
    assert plan(sku, 50, now + 4 * HOUR).starts_at == now + 4 * HOUR


def test_end_when_running_planned_or_over_then_now_gone_and_refused(plan, operator):
    now, sku = clock.now(), virtual_sku(points=100)
    running = plan(sku, 60, now, now + 2 * HOUR, now=now)
    planned = plan(sku, 70, now + 3 * HOUR)
    later = now + HOUR

    for row in (running, planned):
        price_schedule.end(row, by=operator, as_of=later)

    assert list(ScheduledPrice.objects.values_list("ends_at")) == [(later,)]
    assert shelf.offers([sku.pk], later)[sku.pk].sku.points_price == 100
    with pytest.raises(price_schedule.ScheduleOver):
        price_schedule.end(running, by=operator, as_of=later + HOUR)
    plan(sku, 40, later + HOUR, later + 2 * HOUR)
    with pytest.raises(assortment.PriceMismatch):
        price_schedule.check_pay_mode(sku.product_id, "cash")


def test_pages_when_a_price_runs_then_until_when_and_the_usual_one(
    client, api, plan, django_capture_on_commit_callbacks
):
    now, sku = clock.now(), virtual_sku(points=100)
    storefront.detail(sku.product_id)
    end = now + 2 * HOUR
    with django_capture_on_commit_callbacks(execute=True):
        plan(sku, 60, now, end)

    page = client.get(f"/products/{sku.product_id}/")
    told = api.get(f"/api/v1/products/{sku.product_id}").json()

    assert page.context["product"]["skus"][0]["points_price"] == 60
    assert '<s class="price-usual">' in page.text
    [said] = told["skus"]
    assert (said["points_price"], said["usual_points_price"]) == (60, 100)
    assert said["price_until"][:16] == clock.day_of(end).isoformat() + said["price_until"][10:16]
    assert (told["points_price"], told["price_varies"]) == (60, False)


def test_staff_api_when_a_price_is_planned_then_listed_and_taken_back(bearer, operator):
    sku, clerk = virtual_sku(points=100), bearer(operator)
    body = {"points_price": 60, "starts_at": (clock.now() + HOUR).isoformat()}

    made = clerk.post(f"{SKUS}/{sku.pk}/prices", body, format="json")
    twice = clerk.post(f"{SKUS}/{sku.pk}/prices", body, format="json")
    odd = clerk.post(f"{SKUS}/{sku.pk}/prices", {"starts_at": "soon"}, format="json")
    listed = clerk.get(f"{SKUS}/{sku.pk}/prices").json()["results"]
    gone = clerk.delete(f"/api/v1/staff/prices/{made.json()['id']}")

    assert (made.status_code, twice.status_code, odd.status_code) == (201, 409, 400)
    assert twice.json()["errors"][0]["code"] == "schedule_overlaps"
    assert [(one["sku"], one["points_price"], one["ends_at"]) for one in listed] == [
        (sku.pk, 60, None)
    ]
    assert (gone.status_code, ScheduledPrice.objects.count()) == (204, 0)


def test_admin_when_planned_for_one_and_for_many_then_scheduled_and_ended(client, operator):
    client.force_login(operator)
    one, other = virtual_sku(points=100), virtual_sku(points=200)
    day = clock.today() + timedelta(days=2)
    window = {"starts_at_0": day.isoformat(), "starts_at_1": "00:00"}
    window |= {"ends_at_0": (day + timedelta(days=7)).isoformat(), "ends_at_1": "00:00"}
    planning = reverse("admin:catalog_sku_plan_price", args=[one.pk])
    asked = client.get(planning)
    chosen = {"action": "change_prices", "_selected_action": [one.pk, other.pk], "told": "2"}
    many = {**chosen, "points_percent": "-50", "cash_percent": "0", "points_step": "1"}
    many |= {"cash_step": "0.01", **window}
    listing = reverse("admin:catalog_sku_changelist")

    alone = client.post(
        planning,
        {"points_price": "80", "cash_price": "0", **window, "version": asked.context["version"]},
    )
    refused = client.post(listing, many)
    many["_selected_action"], many["told"] = [other.pk], "1"
    shown = client.post(listing, many)
    done = client.post(listing, {**many, "apply": "1", "version": shown.context["version"]})
    page = client.get(reverse("admin:catalog_scheduledprice_changelist"))

    assert alone.status_code == 302, alone.context["form"].errors
    assert refused.context["may_apply"] is False
    assert refused.context["proposals"][0].why
    assert (done.status_code, page.status_code) == (302, 200)
    found = ScheduledPrice.objects.order_by("sku_id").values_list("points_price", "starts_at")
    assert list(found) == [(80, clock.start_of(day)), (100, clock.start_of(day))]
    assert list(Sku.objects.order_by("pk").values_list("points_price", flat=True)) == [100, 200]
