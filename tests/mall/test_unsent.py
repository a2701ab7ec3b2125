"""A session that ends, or a token that is too old, loses nothing of what was typed."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import Address
from catalog.models import Category, Product, Review
from mall.core import clock, unsent
from orders.basket import contents
from orders.basket.baskets import MemberBasket, VisitorBasket
from orders.models import Order, RefundRequest
from tests.factories.accounts import PASSWORD
from tests.factories.catalog import CategoryFactory, SkuFactory
from tests.factories.coupons import given
from tests.factories.orders import (
    address_of,
    give_points,
    pay,
    physical_sku,
    place,
    received,
    virtual_sku,
)
from tests.pages import form_of

pytestmark = pytest.mark.django_db
NEW = reverse("orders:new")
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


def lose_session(client):
    """End the session as time does: the browser still has its cookie."""
    Session.objects.all().delete()
    cache.clear()


def sent_signed_out(client, user, page, fields, *, to=None):
    """Post a form of ``page`` after its session ended; sign in and follow to where that leads."""
    lose_session(client)
    answer = client.post(to or page, fields, headers={"referer": f"http://testserver{page}"})
    assert (answer.status_code, "/accounts/login/" in answer["Location"]) == (302, True)
    client.get(answer["Location"])
    return signed_in_again(client, user, page)


def signed_in_again(client, user, page):
    """Sign in through the door, and follow to where that leads."""
    door = f"{reverse('account_login')}?next={quote(page)}"
    login = {"login": user.username, "password": PASSWORD, "next": page}
    after = client.post(door, login)
    assert (after.status_code, after["Location"]) == (302, page)
    return client.get(page)


def test_address_when_the_session_ended_then_what_was_typed_is_there_and_nothing_saved(
    signed_in, member
):
    page = f"{reverse('accounts:address_new')}?next=/orders/"
    signed_in.get(page)
    typed = {"recipient": "张三", "phone": "13800138000", "region": "", "detail": "科技路 <7> 号"}

    back = sent_signed_out(signed_in, member, page, typed)

    form = form_of(back.content.decode(), "")
    assert back.status_code == 200
    assert {name: [value] for name, value in typed.items()}.items() <= form.items()
    assert "/orders/" in form["next"]
    assert Address.objects.count() == 0
    again = signed_in.get(page).content.decode()
    assert "科技路" not in again  # shown once


def test_checkout_when_the_session_ended_then_goods_coupon_points_and_address_are_there(
    signed_in, member
):
    give_points(member, 5000)
    either = {"pay_mode": Product.PayMode.CASH_POINTS}
    sku, other = physical_sku(cash="50.00", **either), physical_sku(cash="9.00", **either)
    first, second = address_of(member), address_of(member)
    given(member, amount="3.00")
    chosen = given(member, amount="2.00")
    page = f"{NEW}?sku={sku.pk}&quantity=2&sku={other.pk}&quantity=1&coupon={chosen.pk}"
    shown = signed_in.get(page)
    points = shown.context["choices"][2]["points"]
    form = form_of(signed_in.get(f"{page}&points_to_use={points}").content.decode(), "place")

    back = sent_signed_out(signed_in, member, page, {**form, "address": second.pk}, to=NEW)

    lines = [(line.sku.pk, line.quantity) for line in back.context["quote"].lines]
    assert lines == [(sku.pk, 2), (other.pk, 1)]
    assert back.context["quote"].points_for_discount == points > 0
    assert (back.context["coupon"], back.context["chosen_address"]) == (chosen.pk, second.pk)
    assert (Order.objects.count(), first.pk) == (0, min(first.pk, second.pk))
    placed = form_of(back.content.decode(), "place")
    assert signed_in.post(NEW, placed).status_code == 302
    assert Order.objects.get().address["detail"] == second.detail


def test_forms_when_the_session_ended_then_each_shows_what_was_typed(signed_in, member):
    book = address_of(member)
    order = received(pay(place(member, physical_sku(cash="9.00"), quantity=2)))
    line = order.lines.get()
    typed = {
        reverse("orders:review", args=[order.no, line.pk]): {"stars": "4", "text": "很好用的杯子"},
        reverse("accounts:address_edit", args=[book.pk]): {"recipient": "李四", "phone": "1"},
        reverse("accounts:profile"): {"nickname": "小明"},
        reverse("orders:refunds", args=[order.no]): {
            "line": line.pk, "quantity": "1", "reason": "颜色不对", "key": "k" * 32
        },
        reverse("marketing:preferences"): {"language": "en"},
        reverse("account_email"): {"email": "second@example.com", "action_add": ""},
    }  # fmt: skip
    back = {}

    for page, fields in typed.items():
        signed_in.get(page)
        lose_session(signed_in)
        signed_in.post(page, {**fields, "password": "s3cret-typed"})
        kept = signed_in.session[unsent.KEY]
        assert "s3cret" not in str(kept)
        assert fields.get("text", "很好") not in str(kept)  # encrypted
        signed_in.force_login(member)
        back[page] = signed_in.get(page).content.decode()

    pages = list(back.values())
    assert "很好用的杯子" in pages[0]
    assert form_of(pages[0], "")["stars"] == ["4"]
    assert 'value="李四"' in pages[1]
    assert 'value="小明"' in pages[2]
    assert ('value="颜色不对"' in pages[3], f'value="{line.pk}"' in pages[3]) == (True, True)
    assert '<option value="en" selected' in pages[4] or 'value="en" checked' in pages[4]
    assert 'value="second@example.com"' in pages[5]
    assert all("s3cret" not in page for page in pages)
    assert (Review.objects.count(), RefundRequest.objects.count()) == (0, 0)
    member.refresh_from_db()
    assert member.nickname == ""


def test_forms_when_somebody_else_signs_in_or_an_hour_passed_then_nothing_is_shown(
    signed_in, member, other_member
):
    page = reverse("accounts:address_new")
    shown = []

    for user, minutes in ((other_member, 0), (member, 61), (member, 59)):
        signed_in.force_login(member)
        signed_in.get(page)
        lose_session(signed_in)
        signed_in.post(page, {"recipient": "王五的秘密"})
        signed_in.force_login(user)
        with clock.at(clock.now() + timedelta(minutes=minutes)):
            shown.append("王五的秘密" in signed_in.get(page).content.decode())

    assert shown == [False, False, True]


def test_forms_when_another_member_is_at_the_browser_then_never_shown_theirs(
    signed_in, member, other_member
):
    page, home = reverse("accounts:address_new"), "/products/"
    typed = {"recipient": "王五的秘密", "csrfmiddlewaretoken": "x" * 64}
    other_tab = Client(enforce_csrf_checks=True)
    other_tab.force_login(member)
    other_tab.get(page)

    signed_in.get(page)
    lose_session(signed_in)
    signed_in.get(home)  # as a visitor, in another tab
    signed_in.post(page, typed)
    signed_in.force_login(other_member)
    in_theirs = signed_in.get(page).content.decode()
    other_tab.get(home)
    other_tab.force_login(other_member)  # in another tab; the form of the first is still open
    other_tab.get(home)
    sent_as_theirs = other_tab.post(page, typed, follow=True).content.decode()

    assert "王五的秘密" not in in_theirs + sent_as_theirs
    assert Address.objects.count() == 0


def test_tabs_when_each_has_a_form_and_the_session_ended_then_none_is_lost(signed_in, member):
    sku, wanted = virtual_sku(points=1), virtual_sku(points=1)
    book, profile = reverse("accounts:address_new"), reverse("accounts:profile")
    signed_in.get(book)
    lose_session(signed_in)

    signed_in.post(book, {"recipient": "张三"})
    signed_in.post(profile, {"nickname": "小明"})
    signed_in.post(NEW, {"sku": sku.pk, "quantity": "1"})
    signed_in.force_login(member)
    other_goods = signed_in.get(f"{NEW}?sku={wanted.pk}&quantity=1").context["quote"]
    goods = signed_in.get(NEW).context["quote"]
    shown = [signed_in.get(page).content.decode() for page in (book, profile)]

    assert (other_goods.lines[0].sku, goods.lines[0].sku) == (wanted, sku)
    assert ('value="张三"' in shown[0], 'value="小明"' in shown[1]) == (True, True)


def test_buttons_when_the_session_ended_then_they_lead_back_to_where_they_stood(client, member):
    order = place(member, virtual_sku(points=1))
    detail, receipt = order.get_absolute_url(), reverse("orders:receipt", args=[order.no])

    of_page = client.post(receipt, headers={"referer": f"http://testserver{detail}"})
    alone = client.post(receipt)
    part = client.post(
        receipt,
        headers={"hx-request": "true", "hx-current-url": f"http://testserver{detail}"},
    )

    door = reverse("account_login")
    assert of_page["Location"] == f"{door}?next={detail}"
    assert alone["Location"] == f"{door}?next=/"
    assert (part.status_code, part["HX-Redirect"]) == (200, f"{door}?next={detail}")


def test_checkout_when_nothing_is_chosen_then_the_reason_is_true(signed_in):
    page = signed_in.get(NEW)

    assert page.status_code == 400
    assert "20" not in str(page.context["refusal"])
    gone = signed_in.get(f"{NEW}?sku=999999").context["refusal"]
    assert "20" not in str(gone) and gone.code == "invalid"


@pytest.mark.parametrize("typed", ["２", "2.0", "+2", " 2\xa0"])
def test_checkout_when_numbers_are_typed_as_people_do_then_read(signed_in, member, typed):
    sku = virtual_sku(points=1)

    page = signed_in.get(NEW, {"sku": sku.pk, "quantity": typed})
    signed_in.post(reverse("orders:basket_line", args=[sku.pk]), {"quantity": typed})

    assert page.context["quote"].lines[0].quantity == 2
    assert MemberBasket(member.pk).lines()[sku.pk].quantity == 2


def test_token_when_it_is_too_old_then_the_same_page_comes_back_as_it_was(member, admin_user):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin_user)
    shelf = CategoryFactory(name_en="Shelf")
    address = reverse("accounts:address_new")
    edit = reverse("admin:catalog_category_change", args=[shelf.pk])
    strict.get(address)
    form = form_of(strict.get(edit).content.decode(), "category_form")
    old = {"csrfmiddlewaretoken": "x" * 64}

    of_shop = strict.post(address, {**old, "recipient": "赵六"}, follow=True)
    of_admin = strict.post(edit, {**old, **form, "name_en": "Renamed"}, follow=True)
    foreign = strict.post(address, old, headers={"origin": "https://evil.example"})
    no_page = strict.post("/theme/", {**old, "theme": "dark"})

    assert of_shop.redirect_chain == [(address, 302)]
    assert 'value="赵六"' in of_shop.content.decode()
    assert of_admin.redirect_chain == [(edit, 302)]
    assert form_of(of_admin.content.decode(), "category_form")["name_en"] == ["Renamed"]
    assert Category.objects.get().name_en == "Shelf"
    assert (foreign.status_code, no_page.status_code) == (403, 403)


@pytest.mark.parametrize(
    ("door", "typed"),
    [
        ("account_signup", {"username": "newbie", "email": "new@example.com"}),
        ("account_login", {"login": "newbie"}),
        ("account_reset_password", {"email": "new@example.com"}),
    ],
)
def test_door_when_its_token_is_too_old_then_filled_in_again_but_for_the_password(db, door, typed):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies["mall_language"] = "en"
    strict.get(reverse(door))
    secret = {} if "reset" in door else {"password": "s3cret-typed", "password1": "s3cret-typed"}
    old = {"csrfmiddlewaretoken": "x" * 64, **typed, **secret}

    back = strict.post(reverse(door), old, follow=True)
    page = back.content.decode()

    assert back.redirect_chain == [(reverse(door), 302)]
    assert [f'value="{text}"' in page for text in typed.values()] == [True] * len(typed)
    assert ("s3cret" in page, "Nothing was sent yet." in page) == (False, True)
    assert ("Passwords are never kept" in page) == bool(secret)
    assert f'value="{next(iter(typed.values()))}"' not in strict.get(reverse(door)).content.decode()


@pytest.mark.parametrize(
    ("page", "typed"),
    [
        ("account_change_password", {"oldpassword": "s3cret", "password1": "s3cret-9"}),
        ("mfa_activate_totp", {"code": "918273"}),
        ("mfa_reauthenticate", {"code": "918273"}),
    ],
)
def test_secrets_when_the_session_ended_then_never_kept_and_told_that_nothing_was_done(
    signed_in, member, page, typed
):
    signed_in.get(reverse(page))
    lose_session(signed_in)
    signed_in.cookies["mall_language"] = "en"

    door = signed_in.post(reverse(page), typed, follow=True).content.decode()

    assert unsent.KEY not in signed_in.session
    assert "You are signed out, so nothing was done." in door
    assert "918273" not in door


def test_back_office_when_the_session_ended_then_forms_are_there_as_they_were(client, admin_user):
    client.force_login(admin_user)
    shelf = CategoryFactory(name_en="Shelf")
    add = reverse("admin:catalog_category_add")
    edit = reverse("admin:catalog_category_change", args=[shelf.pk])
    shown = []

    for page, form_id in ((add, "category_form"), (edit, "category_form")):
        form = form_of(client.get(page).content.decode(), form_id)
        lose_session(client)
        client.post(page, {**form, "name_en": "Typed", "position": "7"})
        if page == edit:
            Category.objects.update(name_en="Theirs")
        client.force_login(admin_user)
        back = client.get(page)
        shown.append(form_of(back.content.decode(), form_id))

    sku = SkuFactory()
    page = reverse("admin:catalog_product_change", args=[sku.product_id])
    form = form_of(client.get(page).content.decode(), "product_form")
    lose_session(client)
    client.post(page, {**form, "skus-0-points_price": "321", "tags": "新"})
    client.force_login(admin_user)
    product = form_of(client.get(page).content.decode(), "product_form")
    assert (product["skus-0-points_price"], product["tags"]) == (["321"], ["新"])
    assert [(one["name_en"], one["position"]) for one in shown] == [(["Typed"], ["7"])] * 2
    assert [one.name for one in back.context["conflicts"]] == ["name_en"]
    kept = Category.objects.filter(pk=shelf.pk).values_list("name_en", "position")
    assert list(kept) == [("Theirs", 0)]


@pytest.mark.parametrize("part", [{}, {"hx-request": "true"}])
def test_basket_when_the_session_ended_then_nothing_is_done_to_a_visitors_instead(
    signed_in, member, part
):
    sku = virtual_sku(points=1)
    MemberBasket(member.pk).change(lambda lines: contents.put(lines, sku.pk, 5))
    product, basket = sku.product.get_absolute_url(), reverse("orders:basket")
    change = reverse("orders:basket_line", args=[sku.pk])
    acts = [
        (product, reverse("orders:basket_add"), {"sku": sku.pk, "quantity": "1"}),
        (basket, change, {"quantity": "2"}),
        (basket, change, {"do": "remove"}),
        (reverse("orders:seen"), reverse("orders:seen"), {"do": "clear"}),
    ]
    for page, door, fields in acts:
        signed_in.force_login(member)
        signed_in.get(page)
        lose_session(signed_in)
        headers = {"referer": f"http://testserver{page}", **part}
        headers |= {"hx-current-url": headers["referer"]} if part else {}

        answer = signed_in.post(door, fields, headers=headers)

        led = answer["HX-Redirect"] if part else answer["Location"]
        assert led == f"{reverse('account_login')}?next={quote(page)}"
        signed_in.get(led)
        signed_in_again(signed_in, member, page)
        assert MemberBasket(member.pk).lines()[sku.pk].quantity == 5


def test_basket_when_a_member_left_then_it_is_a_visitors_as_ever(signed_in, member):
    sku = virtual_sku(points=1)
    signed_in.get(sku.product.get_absolute_url())
    signed_in.post(reverse("account_logout"), follow=True)

    signed_in.post(reverse("orders:basket_add"), {"sku": sku.pk, "quantity": "1"})

    assert [line.sku for line in VisitorBasket(signed_in.session).lines().values()] == [sku.pk]
    assert MemberBasket(member.pk).lines() == {}


def test_pages_when_their_member_left_in_another_tab_then_their_forms_do_nothing(member):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(member)
    sku = virtual_sku(points=1)
    product = sku.product.get_absolute_url()
    old = TOKEN.search(strict.get(product).content.decode())[1]
    strict.post(reverse("account_logout"), {"csrfmiddlewaretoken": old}, follow=True)

    form = {"sku": sku.pk, "quantity": "1", "csrfmiddlewaretoken": old}
    answer = strict.post(
        reverse("orders:basket_add"), form, headers={"referer": f"http://testserver{product}"}
    )

    assert (answer.status_code, answer["Location"]) == (302, product)
    assert VisitorBasket(strict.session).lines() == {}
    form["csrfmiddlewaretoken"] = TOKEN.search(strict.get(product).content.decode())[1]
    strict.post(reverse("orders:basket_add"), form)
    assert list(VisitorBasket(strict.session).lines()) == [sku.pk]
