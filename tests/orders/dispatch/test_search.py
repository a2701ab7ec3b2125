"""Orders are found by what a caller says on the phone."""

import pytest
from django.db import connection
from django.db.models import ExpressionWrapper, F, TextField
from django.urls import reverse

from accounts import addresses
from orders import closing, contact_marks
from orders.models import Order
from tests.factories.orders import give_points, physical_sku, place

pytestmark = pytest.mark.django_db
LIST = reverse("admin:orders_order_changelist")


@pytest.fixture
def known(member, other_member):
    """One order of each member; the first one's is looked for."""
    member.nickname = "小熊猫"
    member.save()
    sku = physical_sku(points=10)
    for user, to in (
        (member, {"recipient": "欧阳 Nana", "phone": "13812345678"}),
        (other_member, {"recipient": "韩梅梅", "phone": "0571-88886666"}),
    ):
        give_points(user, 100)
        addresses.add(user, region="上海市 静安区", detail="南京西路 1 号", **to)
    return place(member, sku), place(other_member, sku)


def found_by(counter, word):
    return [order.pk for order in counter.get(LIST, {"q": word}).context["cl"].result_list]


@pytest.mark.parametrize(
    "word",
    [
        "138 1234 5678",
        "+86-13812345678",
        "5678",
        "欧阳nana",
        "欧阳 NANA",
        "欧阳Nana 5678",
        "小熊猫",
    ],
)
def test_search_when_a_person_is_named_then_the_order_is_found(counter, known, word):
    found = found_by(counter, word)

    assert found == [known[0].pk]


def test_search_when_orders_have_no_marks_yet_then_a_sweep_makes_them_and_leaving_takes_them(
    counter, known
):
    mine, theirs = known
    Order.objects.update(phone_mark=None, phone_tail_mark=None, recipient_mark=None)

    before = found_by(counter, "0571 8888 6666")
    marked = contact_marks.mark_unmarked()
    after = found_by(counter, "0571 8888 6666"), found_by(counter, "5678")
    Order.objects.filter(pk=mine.pk).update(status="completed")
    closing.forget(mine.user)

    assert (before, marked, after) == ([], 2, ([theirs.pk], [mine.pk]))
    assert found_by(counter, "5678") == []
    assert contact_marks.mark_unmarked() == 0
    Order.objects.filter(pk=mine.pk).update(status="paid")


def test_mark_when_no_key_opens_one_address_then_it_waits_and_the_others_are_found(
    counter, known, monkeypatch
):
    lost, fine = known
    Order.objects.update(phone_mark=None, phone_tail_mark=None, recipient_mark=None)
    sealed = Order.objects.filter(pk=lost.pk).annotate(
        raw=ExpressionWrapper(F("address_sealed"), output_field=TextField())
    )
    [kept] = sealed.values_list("raw", flat=True)
    write = "UPDATE orders_order SET address_sealed = %s WHERE id = %s"
    with connection.cursor() as cursor:
        cursor.execute(write, ["v1:deadbeef:AAAA", lost.pk])
    monkeypatch.setattr(contact_marks, "BATCH", 1)

    marked = contact_marks.mark_unmarked(), contact_marks.mark_unmarked()

    assert marked == (1, 0)
    assert list(Order.objects.filter(recipient_mark=None).values_list("pk", flat=True)) == [lost.pk]
    with connection.cursor() as cursor:
        cursor.execute(write, [kept, lost.pk])
    assert contact_marks.mark_unmarked() == 1
    assert found_by(counter, "5678") == [lost.pk]
    assert found_by(counter, "韩梅梅") == [fine.pk]
