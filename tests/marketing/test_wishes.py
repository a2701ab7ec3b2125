"""Wishes and the goal: one goal at most, and how far it is by the streak's real table."""

from datetime import timedelta

import pytest
from django.urls import reverse

from mall.core import clock
from marketing.checkin import streak
from marketing.models import Mission
from orders.basket import wishes
from orders.models import Wish
from points import balance, rules
from points.models import Rule
from tests.factories.orders import give_points, virtual_sku

pytestmark = pytest.mark.django_db
WISHES = "/api/v1/wishlist"


def table(reward, step, missing):
    """How many steps from one on earn so many points, counted by hand."""
    days = 0
    while missing > 0:
        missing -= reward(step + days)
        days += 1
    return days


@pytest.mark.parametrize(("days_before", "is_today_done"), [(0, False), (3, True), (6, False)])
def test_goal_when_a_streak_runs_then_the_checkins_are_those_of_its_table(
    signed_in_api, member, days_before, is_today_done
):
    Mission.objects.filter(code="daily-share").update(status=Mission.Status.ACTIVE)
    today = clock.today()
    for back in range(days_before, -1 if is_today_done else 0, -1):
        streak.check_in(member, today - timedelta(days=back))
    missing = 137
    price = balance.of(member).available + missing
    sku = virtual_sku(points=price)
    first = days_before + is_today_done + 1

    answer = signed_in_api.put(f"{WISHES}/{sku.product_id}", {"goal": True}, format="json").data

    expected = table(streak.rewards(), first, missing)
    goal = answer["goal"]
    assert (goal["missing"], goal["checkins"]) == (missing, expected)
    assert [(one["code"], one["points"]) for one in goal["missions"]] == [("daily-share", 10)]


def test_wish_when_aimed_anew_repeated_or_unknown_then_one_goal_and_nothing_twice(
    signed_in_api, member, other_member
):
    first, second = (virtual_sku(points=10).product_id for _n in range(2))
    wishes.aim(other_member, first)

    for product, body in ((first, {"goal": True}), (second, {"goal": True}), (second, {})):
        answer = signed_in_api.put(f"{WISHES}/{product}", body, format="json")
    unknown = signed_in_api.put(f"{WISHES}/{2**70}", {}, format="json")
    aimed = [(one["product"], one["is_goal"]) for one in answer.data["results"]]
    rested = signed_in_api.put(f"{WISHES}/{second}", {"goal": False}, format="json").data["goal"]
    for _again in range(2):
        assert signed_in_api.delete(f"{WISHES}/{first}").status_code == 204

    assert aimed == [(second, True), (first, False)] and unknown.status_code == 404
    assert rested is None and wishes.goal_of(other_member) == first
    assert list(Wish.objects.filter(user=member).values_list("product", flat=True)) == [second]


def test_goal_when_shown_then_on_home_the_points_page_and_the_product_in_the_same_words(
    client, member
):
    client.force_login(member)
    give_points(member, 500)
    near = virtual_sku(points=10_000, stock=0)
    page = reverse("marketing:wish", args=[near.product_id])
    client.post(page, {"do": "aim"})
    client.post(page, {"tell": near.pk})
    missing = 10_000 - balance.of(member).available
    words = f"还差 {missing:,} 积分"

    pages = [client.get(url) for url in ("/", "/wishlist/", "/wishlist/goal/", page)]
    piece = client.get(page, headers={"HX-Request": "true"})
    nonsense = client.post(page, {"tell": "9" * 40, "do": "fly"})

    assert [words in shown.content.decode() for shown in pages] == [True] * 4
    assert b"<html" not in piece.content and nonsense.status_code == 302
    assert pages[3].context["sold_out"][0]["is_awaited"]
    assert client.get("/points/").status_code == 200
    assert client.get(near.product.get_absolute_url()).status_code == 200


def test_goal_when_checkins_earn_nothing_then_no_number_is_promised(signed_in_api, member):
    Rule.objects.filter(action="checkin").update(status=Rule.Status.PAUSED)
    sku = virtual_sku(points=balance.of(member).available + 5)

    answer = signed_in_api.put(f"{WISHES}/{sku.product_id}", {"goal": True}, format="json").data

    assert rules.preview("checkin", step=1) == 0
    assert (answer["goal"]["missing"], answer["goal"]["checkins"]) == (5, None)
