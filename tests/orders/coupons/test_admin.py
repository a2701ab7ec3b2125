"""Coupons behind the counter, and handing them out to a segment: counted first, once per member,
and undone.
"""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.registration import register
from mall.core import clock
from mall.core.models import AuditRow
from marketing.models import Notification
from orders import lifecycle
from orders.coupons import handouts, segments
from orders.coupons import lifecycle as coupons
from orders.coupons.errors import CouponNotGiven
from orders.models import Coupon, CouponGrant, CouponTemplate
from orders.tasks import expire_coupons, hand_out_coupons
from points import tiers
from tests.factories.catalog import ProductFactory
from tests.factories.coupons import given, over, template
from tests.factories.orders import give_points, place, virtual_sku
from tests.pages import hidden_of

pytestmark = pytest.mark.django_db
TEMPLATES = reverse("admin:orders_coupontemplate_changelist")


@pytest.fixture
def counter(client, operator):
    client.force_login(operator)
    return client


@pytest.fixture
def crowd(db):
    """Seven members beside whoever a test brings."""
    return [
        register(username=f"crowd{n}", email=f"crowd{n}@example.com", password="x" * 12)
        for n in range(7)
    ]


def hand_out(made, operator, segment="all", *, key="once", **numbers):
    return handouts.order(made, segment=segment, numbers=numbers, actor=operator, key=key)


def members_of(grant):
    return set(Coupon.objects.filter(grant=grant).values_list("user__username", flat=True))


# --- segments ------------------------------------------------------------------------
def test_segments_when_asked_then_each_finds_its_members(member, other_member, crowd):
    give_points(member, 4900)  # with the welcome points, 5,000 in all
    give_points(other_member, 4899)
    for each in (member, other_member):
        tiers.reassess(each.pk)
    User.objects.filter(pk=crowd[0].pk).update(date_joined=clock.now() - timedelta(days=40))
    User.objects.filter(pk__in=[crowd[1].pk, crowd[2].pk]).update(
        date_joined=clock.now() - timedelta(days=40)
    )
    place(crowd[1], virtual_sku(points=1))
    User.objects.filter(pk=crowd[6].pk).update(is_active=False)
    everybody = set(User.objects.exclude(pk=crowd[6].pk).values_list("pk", flat=True))

    def found(code, **numbers):
        return set(segments.get(code).ids(numbers))

    assert found("high_points", points=5000) == {member.pk}
    assert found("high_points", points=4999) == {member.pk, other_member.pk}
    assert (found("tier", tier=2), found("tier", tier=3)) == (
        {member.pk, other_member.pk},
        {member.pk, other_member.pk},
    )
    assert (found("tier", tier=1), found("tier", tier=4)) == (everybody, set())
    assert found("all") == everybody
    assert found("new", days=30) == everybody - {each.pk for each in crowd[:3]}
    assert found("lapsed", days=30) == {crowd[0].pk, crowd[2].pk}
    assert found("names", names=["member", "crowd3", "crowd6"]) == {member.pk, crowd[3].pk}


def test_read_names_when_pasted_from_anywhere_then_members_and_strangers_are_told_apart(
    member, other_member
):
    assert segments.read_names("member, nobody；other\r\nmember\t'x") == (
        ["member", "other"],
        ["nobody", "x"],
    )


# --- the sweep -----------------------------------------------------------------------
def test_hand_out_when_swept_then_each_member_has_one_and_a_second_sweep_gives_none(
    operator, crowd, monkeypatch
):
    monkeypatch.setattr(handouts, "BATCH", 3)
    grant = hand_out(template(), operator)

    assert (hand_out_coupons(), hand_out_coupons()) == (8, 0)

    grant.refresh_from_db()
    assert (grant.status, grant.granted, grant.skipped, grant.expected) == ("done", 8, 0, 8)
    assert members_of(grant) == {each.username for each in [*crowd, operator]}
    assert CouponTemplate.objects.get().issued == 8
    # the same key is the same hand-out
    assert hand_out(CouponTemplate.objects.get(), operator).pk == grant.pk


def test_hand_out_when_the_worker_dies_between_batches_then_the_next_sweep_goes_on(
    operator, crowd, monkeypatch
):
    monkeypatch.setattr(handouts, "BATCH", 3)
    grant = hand_out(template(), operator)
    handouts.hand_batch(grant.pk)
    late = register(username="late", email="late@example.com", password="x" * 12)

    hand_out_coupons()

    assert Coupon.objects.count() == 8
    assert not Coupon.objects.filter(user=late).exists()  # joined after it was ordered


def test_hand_out_when_swept_in_batches_then_each_member_reads_of_it_once(
    operator, crowd, monkeypatch
):
    monkeypatch.setattr(handouts, "BATCH", 3)
    made = template(name_en="Thanks")
    grant = hand_out(made, operator)

    hand_out_coupons()
    hand_out_coupons()

    told = Notification.objects.filter(kind=Notification.Kind.COUPON_GRANTED)
    given_keys = {
        f"coupon:{pk}:granted"
        for pk in Coupon.objects.filter(grant=grant).values_list("pk", flat=True)
    }
    assert len(given_keys) == 8
    assert sorted(told.values_list("key", flat=True)) == sorted(given_keys)
    assert told.values("user").distinct().count() == 8
    assert {words["coupon"]["en"] for words in told.values_list("params", flat=True)} == {"Thanks"}


def test_hand_batch_when_everybody_has_enough_then_nobody_is_told(operator, member):
    limited = template(per_person=1, price_points=10)
    for each in (operator, member):
        give_points(each, 100)
        coupons.purchase(each, limited.pk, key="mine")
    before = Notification.objects.count()

    assert handouts.hand_batch(hand_out(limited, operator).pk) == 0

    assert Notification.objects.count() == before


def test_hand_out_when_some_have_enough_or_all_are_gone_then_they_are_left_out(operator, crowd):
    limited, few = template(per_person=1, price_points=10), template(total=3)
    coupons.purchase(crowd[0], limited.pk, key="mine")
    coupons.grant(crowd[1].pk, limited, key="birthday")  # a gift does not count

    first, second = hand_out(limited, operator), hand_out(few, operator, key="second")
    hand_out_coupons()

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.granted, first.skipped, crowd[0].username in members_of(first)) == (7, 1, False)
    assert (second.granted, second.skipped) == (3, 5)
    few.refresh_from_db()
    assert few.issued == 3


def test_hand_out_when_the_template_is_paused_midway_then_nobody_else_gets_one(
    operator, crowd, monkeypatch
):
    monkeypatch.setattr(handouts, "BATCH", 3)
    made = template()
    grant = hand_out(made, operator)
    handouts.hand_batch(grant.pk)
    CouponTemplate.objects.filter(pk=made.pk).update(status="paused")

    hand_out_coupons()

    assert Coupon.objects.count() == 3
    with pytest.raises(CouponNotGiven):
        hand_out(made, operator, key="again")


def test_undo_when_some_are_used_then_only_unused_ones_go_and_later_those_given_back(
    operator, crowd
):
    made = template(total=100)
    grant = hand_out(made, operator)
    hand_out_coupons()
    kept = Coupon.objects.get(user=crowd[0])
    order = place(crowd[0], virtual_sku(cash="20.00"), coupon=kept.pk)

    assert (
        handouts.undo(grant, actor=operator, reason="Wrong text"),
        handouts.take_back(grant.pk),
    ) == (True, 7)
    assert (handouts.undo(grant, actor=operator, reason="Again"), handouts.take_back(grant.pk)) == (
        False,
        0,
    )

    made.refresh_from_db()
    assert (made.issued, Coupon.objects.get(pk=kept.pk).state) == (1, "locked")
    assert AuditRow.objects.filter(action="coupons.undo_hand_out").count() == 1
    lifecycle.cancel(order, actor="test")
    hand_out_coupons()
    assert set(Coupon.objects.values_list("state", flat=True)) == {"revoked"}


def test_undo_when_it_is_still_going_on_then_it_stops(operator, crowd, monkeypatch):
    monkeypatch.setattr(handouts, "BATCH", 3)
    grant = hand_out(template(), operator)
    handouts.hand_batch(grant.pk)
    handouts.undo(grant, actor=operator, reason="Stop")

    hand_out_coupons()

    assert list(Coupon.objects.values_list("state", flat=True)) == ["revoked"] * 3


@pytest.mark.parametrize("batch", [2, 6])
def test_hand_batch_when_batches_grow_then_statements_do_not(
    operator, crowd, batch, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(handouts, "BATCH", batch)
    grant = hand_out(template(per_person=1), operator)

    # The hand-out, its members, the template (locked, open?), who had some; coupons, both counts;
    # to tell them: the coupons read back, what members chose to be told, the notices.
    with django_assert_num_queries(11):
        assert handouts.hand_batch(grant.pk) == batch


def test_expire_coupons_when_run_as_a_job_then_it_says_how_many(member):
    over(given(member))

    assert (expire_coupons(), expire_coupons()) == (1, 0)


# --- the counter -----------------------------------------------------------------------
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("page", "queries"), [("coupontemplate", 2), ("coupon", 2), ("coupongrant", 3)]
)
def test_changelist_when_rows_grow_then_queries_do_not(
    counter, operator, member, count, page, queries
):
    made = template()
    for number in range(count):
        given(member, template() if page == "coupontemplate" else made)
        hand_out(made, operator, key=f"key-{number}")
    address = reverse(f"admin:orders_{page}_changelist")
    counter.get(address)

    with CaptureQueriesContext(connection) as asked:
        assert counter.get(address).status_code == 200

    # Of this room: the keys, the rows, and what the filters offer. The sidebar asks its own
    # questions on every page.
    assert (
        len([query for query in asked.captured_queries if "orders_coupon" in query["sql"]])
        == queries
    )


def test_template_when_added_then_its_terms_are_asked_for_and_checked(counter):
    address = reverse("admin:orders_coupontemplate_add")
    codes = {f"codes-{name}": number for name, number in (("TOTAL_FORMS", 0), ("INITIAL_FORMS", 0))}
    plain = {
        "name_zh_hans": "周末券", "name_en": "Weekend", "status": "active", "kind": "percent",
        "amount": "0", "percent": "0", "cap": "0",
        "threshold": "0", "scope": "all", "total": "0", "per_person": "1", "valid_days": "0",
        "price_points": "0", **codes,
    }  # fmt: skip

    refused = counter.post(address, plain)
    assert refused.status_code == 200
    assert set(refused.context["adminform"].form.errors) == {"percent", "cap", "valid_days"}

    assert (
        counter.post(
            address,
            {
                **plain,
                "percent": "20",
                "cap": "30",
                "valid_days": "7",
                "codes-TOTAL_FORMS": 1,
                "codes-0-code": "ｓｐｒｉｎｇ—20 26\u200b",
                "codes-0-max_uses": 9,
                "codes-0-per_person": 1,
                "codes-0-is_active": "on",
            },
        ).status_code
        == 302
    )
    made = CouponTemplate.objects.get()
    assert made.codes.get().code == "SPRING2026"
    assert (made.name_en, made.percent, made.issued, made.history.count()) == ("Weekend", 20, 0, 1)


def test_template_when_nobody_could_ever_use_one_then_refused_beside_its_field(counter, member):
    points_only = ProductFactory(pay_mode="points")
    address = reverse("admin:orders_coupontemplate_add")
    codes = {f"codes-{name}": number for name, number in (("TOTAL_FORMS", 0), ("INITIAL_FORMS", 0))}
    plain = {
        "name_zh_hans": "周末券", "name_en": "Weekend", "status": "active", "kind": "amount",
        "amount": "5", "percent": "0", "cap": "0",
        "threshold": "0", "scope": "all", "total": "0", "per_person": "1", "valid_days": "7",
        "price_points": "10", **codes,
    }  # fmt: skip

    def wrong(where, **changes):
        return set(counter.post(where, {**plain, **changes}).context["adminform"].form.errors)

    assert wrong(address, ends_at_0="2020-01-01", ends_at_1="00:00") == {"ends_at"}
    assert wrong(address, scope="products") == {"products"}
    assert wrong(address, scope="products", products=[points_only.pk]) == {"products"}
    assert wrong(address, scope="categories") == {"categories"}
    made = template(valid_days=3)
    given(member, made)
    late = {"starts_at_0": f"{clock.today() + timedelta(days=9)}", "starts_at_1": "00:00"}
    change = reverse("admin:orders_coupontemplate_change", args=[made.pk])
    assert wrong(change, **late) == {"starts_at"}


def test_template_when_somebody_has_one_then_its_terms_are_fixed_and_figures_shown(counter, member):
    made = template(total=9)
    address = reverse("admin:orders_coupontemplate_change", args=[made.pk])
    assert 'name="amount"' in counter.get(address).content.decode()
    place(member, virtual_sku(cash="20.00"), coupon=given(member, made).pk)

    page = counter.get(address).content.decode()

    assert 'name="amount"' not in page
    assert 'name="total"' in page
    assert "1 / 9" in page
    assert "¥5.00" in page


def test_hand_out_page_when_sent_twice_then_it_counts_first_and_goes_then(
    counter, member, operator
):
    give_points(member, 20_000)
    tiers.reassess(member.pk)
    made = template()
    address = reverse("admin:orders_coupontemplate_hand_out", args=[made.pk])
    key = re.search(r'name="key" value="(\w+)"', counter.get(address).content.decode())[1]
    sent = {
        "key": key,
        "segment": "high_points",
        "points": "10000",
        "days": "",
        "names": "",
        "note": "谢谢",
    }

    counted = counter.post(address, sent)
    page = counted.content.decode()
    assert (counted.status_code, CouponGrant.objects.count()) == (200, 0)
    sent["counted"] = re.search(r'name="counted" value="([^"]*)"', page)[1].replace("&#x27;", "'")
    # other numbers are counted anew
    assert counter.post(address, {**sent, "points": "5"}).status_code == 200
    assert CouponGrant.objects.count() == 0
    first, again = counter.post(address, sent), counter.post(address, sent)

    grant = CouponGrant.objects.get()
    assert (
        first["Location"]
        == again["Location"]
        == reverse("admin:orders_coupongrant_change", args=[grant.pk])
    )
    assert (grant.expected, grant.numbers, grant.actor, grant.note) == (
        1,
        {"points": 10000},
        f"staff:{operator.pk}",
        "谢谢",
    )
    hand_out_coupons()
    assert members_of(grant) == {"member"}
    assert "1 / 1" in counter.get(first["Location"]).content.decode()


def test_hand_out_page_when_the_coupon_changes_after_it_was_counted_then_told_and_nothing_goes(
    counter, member
):
    made = template()
    address = reverse("admin:orders_coupontemplate_hand_out", args=[made.pk])
    sent = {"key": "once", "segment": "all", "points": "", "days": "", "names": ""}
    sent |= hidden_of(counter.post(address, sent).text)
    CouponTemplate.objects.filter(pk=made.pk).update(amount="500.00")

    answer = counter.post(address, sent)

    assert (answer.status_code, CouponGrant.objects.count()) == (200, 0)
    assert "500" in answer.text
    assert counter.post(address, {**sent, **hidden_of(answer.text)}).status_code == 302


def test_hand_out_page_when_other_names_are_pasted_after_it_was_counted_then_counted_anew(
    counter, member, other_member
):
    address = reverse("admin:orders_coupontemplate_hand_out", args=[template().pk])
    sent = {"key": "once", "segment": "names", "names": "member", "points": "", "days": ""}
    sent |= hidden_of(counter.post(address, sent).text)

    assert counter.post(address, {**sent, "names": "other"}).status_code == 200
    assert CouponGrant.objects.count() == 0


def test_hand_out_page_when_a_list_is_pasted_then_strangers_are_named(counter, member):
    made = template()
    address = reverse("admin:orders_coupontemplate_hand_out", args=[made.pk])
    sent = {"key": "once", "segment": "names", "names": "member nobody", "points": "", "days": ""}

    assert "nobody" in counter.post(address, sent).context["facts"][1]
    assert counter.post(address, {**sent, "names": "nobody"}).status_code == 400
    assert counter.post(address, {**sent, "segment": "new"}).status_code == 400


def test_take_back_when_pressed_then_the_member_loses_it_with_a_reason(counter, member, operator):
    coupon = given(member)
    address = reverse("admin:orders_coupon_revoke", args=[coupon.pk])

    assert counter.post(address, {"reason": ""}).status_code == 400
    assert counter.post(address, {"reason": "Mistake"}).status_code == 302
    assert Coupon.objects.get().state == "revoked"
    assert counter.post(address, {"reason": "Mistake"}).status_code == 400  # gone already
    grant = hand_out(template(), operator)
    hand_out_coupons()
    assert (
        counter.post(
            reverse("admin:orders_coupongrant_undo", args=[grant.pk]), {"reason": "Mistake"}
        ).status_code
        == 302
    )
    assert set(Coupon.objects.values_list("state", flat=True)) == {"revoked"}


@pytest.mark.parametrize(
    ("role", "may_write", "may_take_back"),
    [("operator", True, True), ("finance", False, True), ("support", False, False)],
)
def test_doors_when_a_role_comes_then_it_may_do_what_it_should(
    client, member, other_member, role, may_write, may_take_back
):
    other_member.is_staff = True
    other_member.save()
    other_member.groups.add(Group.objects.get(name=role))
    client.force_login(other_member)
    coupon = given(member)

    assert client.get(TEMPLATES).status_code == 200
    assert (client.get(reverse("admin:orders_coupontemplate_add")).status_code == 200) is may_write
    opened = client.get(reverse("admin:orders_coupontemplate_hand_out", args=[coupon.template_id]))
    assert (opened.status_code == 200) is may_write
    assert (
        client.get(reverse("admin:orders_coupon_revoke", args=[coupon.pk])).status_code == 200
    ) is may_take_back
