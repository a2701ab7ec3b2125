"""Buttons of the back office that ask first: an answer to what is no longer so does nothing."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from mall.core.versions import ChangedMeanwhile
from orders import lifecycle
from orders.models import Coupon, FlashSession, Order, RefundRequest
from points import adjustments
from points.models import Adjustment, PointAccount
from tests.factories.catalog import SkuFactory
from tests.factories.coupons import given
from tests.factories.flash import item
from tests.factories.orders import address_of, ask, give_points, pay, physical_sku, place
from tests.factories.points import member_with
from tests.pages import form_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def back_room(client, admin_user):
    client.force_login(admin_user)
    client.cookies["mall_language"] = "en"
    return client


def button_of(row, name):
    label = row._meta.label_lower.replace(".", "_")
    return reverse(f"admin:{label}_{name}", args=[row.pk])


def shipping_while_a_part_is_sent(member, colleague):
    address_of(member)
    order = place(member, physical_sku(points=1), quantity=3)
    pieces = {order.lines.get().pk: 1}

    def meddle():
        lifecycle.ship(order, actor="staff:9", carrier="SF", number="1", pieces=pieces)

    def left():
        return Order.objects.get(pk=order.pk).shipments.count()

    name = f"line_{order.lines.get().pk}"
    return order, "ship_order", {"carrier": "YTO", "number": "2", name: "2"}, meddle, left, [1, 2]


def cancelling_while_a_refund_is_asked(member, colleague):
    order = pay(place(member, physical_sku(cash="5.00"), address=address_of(member).pk))

    def left():
        return Order.objects.get(pk=order.pk).status

    answers = {"reason": "sold out"}
    return order, "cancel_order", answers, lambda: ask(order), left, ["paid", "cancelled"]


def approving_while_a_parcel_is_sent(member, colleague):
    address_of(member)
    order = place(member, physical_sku(points=1), quantity=2)
    asked = ask(order, 1)

    def meddle():
        lifecycle.ship(order, actor="staff:9", carrier="SF", number="1")

    def left():
        return RefundRequest.objects.get(pk=asked.pk).status

    return asked, "approve_refund", {"restock": "on"}, meddle, left, ["requested", "refunded"]


def adjusting_while_a_colleague_does(member, colleague):
    account = PointAccount.objects.get(pk=member.pk)

    def meddle():
        adjustments.ask(member.pk, points=50, ticket="a" * 32, operator=colleague, note="late")

    answers = {"points": "50", "note": "late parcel", "description": "Sorry"}
    return account, "adjust_points", answers, meddle, Adjustment.objects.count, [1, 2]


def announcing_while_a_price_is_changed(member, colleague):
    cheap = item(announced=False, points=50)
    session = FlashSession.objects.get(pk=cheap.session_id)

    def meddle():
        session.items.update(points_price=1)

    def left():
        return FlashSession.objects.get(pk=session.pk).opened_at is not None

    return session, "announce", {}, meddle, left, [False, True]


SCENES = [
    shipping_while_a_part_is_sent,
    cancelling_while_a_refund_is_asked,
    approving_while_a_parcel_is_sent,
    adjusting_while_a_colleague_does,
    announcing_while_a_price_is_changed,
]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_answer_when_a_colleague_decided_meanwhile_then_nothing_is_done_until_read(
    back_room, member, operator, scene
):
    give_points(member, 1_000)
    row, name, answers, meddle, left, (before, after) = scene(member, operator)
    where = button_of(row, name)
    old = form_of(back_room.get(where).content.decode(), "")
    meddle()

    refused = back_room.post(where, {**old, **answers})
    unmoved = left()
    again = form_of(refused.content.decode(), "")
    done = back_room.post(where, again)

    assert refused.context["form"].non_field_errors() == [str(ChangedMeanwhile())]
    assert unmoved == before
    assert {key: again[key] for key in answers} == {key: [text] for key, text in answers.items()}
    assert (done.status_code, left()) == (302, after)


def test_delivery_when_a_colleague_booked_one_then_read_first_and_a_second_tap_is_none(back_room):
    sku = physical_sku(points=1, stock=5)
    where = button_of(sku, "receive_stock")
    mine, theirs = (form_of(back_room.get(where).content.decode(), "") for _ in range(2))
    told = {"quantity": "10", "note": "delivery 7"}

    booked = [back_room.post(where, {**theirs, **told}).status_code for _tap in range(2)]
    refused = back_room.post(where, {**mine, **told})

    sku.stock.refresh_from_db()
    assert (booked, sku.stock.quantity) == ([302, 302], 15)
    assert refused.context["form"].non_field_errors() == [str(ChangedMeanwhile())]
    again = form_of(refused.content.decode(), "")
    assert back_room.post(where, again).status_code == 302
    sku.stock.refresh_from_db()
    assert sku.stock.quantity == 25


def test_answer_when_only_what_moves_by_itself_moved_then_it_counts(back_room):
    member = member_with(5)
    account = PointAccount.objects.get(pk=member.pk)
    where = button_of(account, "adjust_points")
    old = form_of(back_room.get(where).content.decode(), "")
    answers = {**old, "points": "50", "note": "late parcel", "description": "Sorry"}
    give_points(member, 7)

    taps = [back_room.post(where, answers).status_code for _tap in range(2)]

    assert taps == [302, 302]
    assert Adjustment.objects.get().points == 50


def test_answer_when_the_page_is_of_the_release_before_then_it_counts(back_room, member):
    coupon = given(member)

    done = back_room.post(button_of(coupon, "revoke"), {"reason": "mistake"})

    assert (done.status_code, Coupon.objects.get().state) == (302, "revoked")


@pytest.mark.parametrize(
    ("points", "yuan", "kept"),
    [
        ("１，２００", "１２．５０", (1200, "12.50")),
        ("1,000", "¥1,200.5", (1000, "1200.50")),
        ("1_0", "12.50", None),
        ("10", "1e3", None),
    ],
)
def test_form_when_numbers_are_typed_then_read_as_files_are_and_kept_where_they_are_none(
    client, admin_user, points, yuan, kept
):
    client.force_login(admin_user)
    sku = SkuFactory(product__pay_mode="points_cash", points_price=5, cash_price="3.00")
    page = reverse("admin:catalog_product_change", args=[sku.product_id])
    form = form_of(client.get(page).content.decode(), "product_form")
    typed = {"skus-0-points_price": points, "skus-0-cash_price": yuan}

    answer = client.post(page, {**form, **typed})

    sku.refresh_from_db()
    stands = (sku.points_price, str(sku.cash_price))
    if kept:
        assert (answer.status_code, stands) == (302, kept)
    else:
        again = form_of(answer.content.decode(), "product_form")
        assert (answer.status_code, stands) == (200, (5, "3.00"))
        assert {name: again[name][0] for name in typed} == typed


AGAIN = "Please choose your file again"


def test_form_when_something_beside_its_file_is_wrong_then_told_to_choose_it_again(
    back_room, member
):
    """A browser never fills a file in: an optional one would be left out in silence."""
    new_product = reverse("admin:catalog_product_add")
    product = form_of(back_room.get(new_product).content.decode(), "product_form")
    brought = reverse("admin:points_memberimport_upload")

    pages = [
        back_room.post(new_product, {**product, "image": picture()}),
        back_room.post(brought, {"file": SimpleUploadedFile("a.csv", b"e-mail\na@example.com")}),
    ]
    back_room.force_login(member)
    profile = reverse("accounts:profile")
    pages.append(back_room.post(profile, {"avatar": picture(), "nickname": "x" * 100}))

    assert [AGAIN in page.content.decode() for page in pages] == [True] * 3
    wrong = back_room.post(profile, {"avatar": SimpleUploadedFile("a.png", b"x"), "nickname": "x"})
    without = back_room.post(profile, {"nickname": "x" * 100})
    assert not any(AGAIN in page.content.decode() for page in (wrong, without))


def picture():
    file = io.BytesIO()
    Image.new("RGB", (40, 40), "teal").save(file, "PNG")
    return SimpleUploadedFile("a.png", file.getvalue(), "image/png")
