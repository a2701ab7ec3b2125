"""The member's pages, and allauth's in our clothes."""

import re
from datetime import date
from io import BytesIO

import pytest
from allauth.account.models import EmailAddress
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts.models import Address, User
from accounts.privacy import email_fingerprint
from tests.factories.accounts import PASSWORD, AddressFactory, MemberFactory, mails
from tests.pages import form_of

ADDRESS = {
    "recipient": "张小明",
    "phone": "13812345678",
    "region": "浙江省杭州市西湖区",
    "detail": "文三路 100 号",
}
OPEN_PAGES = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/phone/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/nonsense-key/",
    "/accounts/password/reset/key/done/",
    "/accounts/confirm-email/",
    "/accounts/confirm-email/nonsense/",
    "/accounts/inactive/",
    "/accounts/3rdparty/login/cancelled/",
    "/accounts/3rdparty/login/error/",
]
OWN_PAGES = [
    "/account/",
    "/account/profile/",
    "/account/addresses/",
    "/account/addresses/new/",
    "/accounts/logout/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/sessions/",
    "/accounts/reauthenticate/",
    "/accounts/2fa/",
    "/accounts/3rdparty/",
    "/account/phone/",
]


def picture(size=(400, 300), form="PNG", name="me.png"):
    written = BytesIO()
    Image.new("RGB", size, "orange").save(written, form)
    return SimpleUploadedFile(name, written.getvalue(), content_type="image/png")


# --- reachable ----------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("path", OPEN_PAGES)
def test_page_when_open_to_strangers_then_shown_in_our_clothes(client, path, language):
    client.cookies["mall_language"] = language

    answer = client.get(path, follow=True)

    text = answer.content.decode()
    assert answer.status_code == 200
    assert text.count("<h1") == 1
    assert 'class="tabbar"' in text


@pytest.mark.django_db
@pytest.mark.parametrize("path", OWN_PAGES)
def test_page_when_own_then_strangers_sign_in_first(client, path):
    answer = client.get(path)

    assert answer.status_code == 302
    assert answer["Location"].split("?")[0] in ("/accounts/login/", "/")


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("path", OWN_PAGES)
def test_page_when_own_then_shown_to_the_member(client, member, path, language):
    client.post("/accounts/login/", {"login": "member", "password": PASSWORD})
    client.cookies["mall_language"] = language

    answer = client.get(path)

    text = answer.content.decode()
    assert answer.status_code == 200
    assert text.count("<h1") == 1
    assert 'class="tabbar"' in text


@pytest.mark.django_db
def test_login_page_when_wechat_has_no_keys_then_not_offered(client):
    assert "weixin" not in client.get("/accounts/login/").content.decode()


@pytest.mark.django_db
def test_login_page_when_wechat_has_keys_then_offered(client, settings):
    settings.SOCIALACCOUNT_PROVIDERS = {
        "weixin": {"APPS": [{"client_id": "id", "secret": "secret"}]}
    }

    assert "/accounts/weixin/login/" in client.get("/accounts/login/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("shown", [True, False])
def test_login_page_when_demo_sign_ins_then_only_where_allowed(client, settings, shown):
    settings.DEMO_SIGN_INS = shown

    assert ("demo-points-mall" in client.get("/accounts/login/").content.decode()) is shown


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/account/"]
)
def test_sign_in_when_next_is_given_then_only_within_the_shop(client, member, wanted):
    answer = client.post(
        "/accounts/login/", {"login": "member", "password": PASSWORD, "next": wanted}
    )

    assert answer["Location"] == ("/account/" if wanted == "/account/" else "/")


# --- every change needs its token ------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "/account/profile/",
        "/account/addresses/new/",
        "/account/addresses/{id}/",
        "/account/addresses/{id}/default/",
        "/account/addresses/{id}/delete/",
        "/accounts/logout/",
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/sessions/",
    ],
)
def test_change_when_the_csrf_token_is_missing_then_403_and_nothing_changed(member, path):
    address = AddressFactory(user=member)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(member)

    answer = browser.post(
        path.format(id=address.pk), {**ADDRESS, "recipient": "Mallory", "nickname": "Mallory"}
    )

    member.refresh_from_db()
    assert answer.status_code == 403
    assert member.nickname == ""
    assert [row.recipient for row in Address.objects.all()] == ["张小明"]


# --- profile ---------------------------------------------------------------------
def test_profile_when_saved_then_kept_and_the_birthday_is_fixed(signed_in, member):
    first = signed_in.post("/account/profile/", {"nickname": "小明", "birthday": "2000-02-29"})
    second = signed_in.post("/account/profile/", {"nickname": "小红", "birthday": "1999-01-01"})

    member.refresh_from_db()
    assert (first.status_code, second.status_code) == (302, 302)
    assert (member.nickname, member.birthday) == ("小红", date(2000, 2, 29))
    assert 'name="birthday"' not in signed_in.get("/account/profile/").content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("nickname", "x" * 31),
        ("nickname", "a\u202eb"),
        ("birthday", "2999-01-01"),
        ("birthday", "yesterday"),
        ("birthday", "1800-01-01"),
    ],
)
def test_profile_when_a_field_is_wrong_then_said_there(signed_in, member, field, value):
    answer = signed_in.post("/account/profile/", {"nickname": "", field: value})

    member.refresh_from_db()
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert (member.nickname, member.birthday) == ("", None)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_avatar_when_a_picture_is_sent_then_our_own_square_is_kept(signed_in, member, form):
    signed_in.post("/account/profile/", {"nickname": "", "avatar": picture(form=form)})

    member.refresh_from_db()
    with Image.open(member.avatar) as kept:
        assert (kept.format, kept.size) == ("WEBP", (256, 256))
    assert (
        member.avatar.name.startswith("avatars/")
        and "me" not in member.avatar.name.removeprefix("avatars/")[:2]
    )


@pytest.mark.parametrize(
    "upload",
    [
        SimpleUploadedFile("me.png", b"<svg onload=alert(1)>", content_type="image/png"),
        SimpleUploadedFile("me.png", b"", content_type="image/png"),
        SimpleUploadedFile("me.png", b"\x89PNG\r\n\x1a\n" + b"0" * 100, content_type="image/png"),
        SimpleUploadedFile("me.png", b"0" * (2 * 1024 * 1024 + 1), content_type="image/png"),
        picture(form="GIF"),
        picture(size=(6000, 5000)),
    ],
    ids=["svg", "empty", "broken", "too heavy", "gif", "too many pixels"],
)
def test_avatar_when_no_fit_picture_then_said_at_the_field(signed_in, member, upload):
    upload.seek(0)

    answer = signed_in.post("/account/profile/", {"nickname": "", "avatar": upload})

    member.refresh_from_db()
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == ["avatar"]
    assert not member.avatar


@pytest.mark.django_db(transaction=True)
def test_avatar_when_replaced_or_removed_then_the_old_file_goes(client, member):
    client.force_login(member)
    client.post("/account/profile/", {"nickname": "", "avatar": picture()})
    first = User.objects.get().avatar
    client.post("/account/profile/", {"nickname": "", "avatar": picture()})
    second = User.objects.get().avatar
    assert not first.storage.exists(first.name) and second.storage.exists(second.name)

    client.post("/account/profile/", {"nickname": "", "remove_avatar": "on"})

    assert not User.objects.get().avatar
    assert not second.storage.exists(second.name)


# --- address book ------------------------------------------------------------------
def test_address_when_added_changed_made_default_and_deleted_then_the_book_follows(signed_in):
    signed_in.post("/account/addresses/new/", ADDRESS)
    signed_in.post("/account/addresses/new/", {**ADDRESS, "recipient": "李雷"})
    first, second = Address.objects.order_by("pk")
    assert (first.is_default, second.is_default) == (True, False)

    signed_in.post(f"/account/addresses/{second.pk}/default/")
    signed_in.post(f"/account/addresses/{first.pk}/", {**ADDRESS, "detail": "新街 1 号"})
    assert [
        (row.recipient, row.detail, row.is_default) for row in Address.objects.order_by("pk")
    ] == [
        ("张小明", "新街 1 号", False),
        ("李雷", "文三路 100 号", True),
    ]

    signed_in.post(f"/account/addresses/{second.pk}/delete/")
    assert [(row.recipient, row.is_default) for row in Address.objects.all()] == [("张小明", True)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phone", "123"),
        ("phone", ""),
        ("recipient", " "),
        ("detail", "x" * 201),
        ("region", "a\u0000"),
    ],
)
def test_address_when_a_field_is_wrong_then_said_there(signed_in, field, value):
    answer = signed_in.post("/account/addresses/new/", {**ADDRESS, field: value})

    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert not Address.objects.exists()


@pytest.mark.parametrize(
    ("wanted", "landed"),
    [
        ("/orders/new/?sku=1", "/orders/new/?sku=1"),
        ("https://evil.example/", "/account/addresses/"),
    ],
)
def test_address_when_asked_for_by_an_order_then_back_to_it(signed_in, wanted, landed):
    answer = signed_in.post("/account/addresses/new/", {**ADDRESS, "next": wanted})

    assert answer["Location"] == landed


def test_address_when_its_form_is_sent_twice_then_it_stands_once_in_the_book(signed_in):
    new = "/account/addresses/new/"

    for sent in (ADDRESS, ADDRESS, {**ADDRESS, "phone": "+86 138-1234-5678", "is_default": "on"}):
        assert signed_in.post(new, sent).status_code == 302
    signed_in.post(new, {**ADDRESS, "detail": "another one"})
    signed_in.post(new, {**ADDRESS, "is_default": "on"})

    assert [row.is_default for row in Address.objects.order_by("pk")] == [True, False]


def test_address_when_the_book_is_full_then_said_kindly(signed_in, member):
    AddressFactory.create_batch(20, user=member)

    answer = signed_in.post(
        "/account/addresses/new/",
        ADDRESS,
        HTTP_REFERER="http://testserver/account/addresses/",
        follow=True,
    )

    assert [message.level_tag for message in answer.context["messages"]] == ["error"]
    assert Address.objects.count() == 20
    assert "/account/addresses/new/" not in answer.content.decode()


@pytest.mark.parametrize("action", ["", "default/", "delete/"])
def test_address_when_somebody_elses_then_404_and_untouched(signed_in, other_member, action):
    theirs = AddressFactory(user=other_member)

    answer = signed_in.post(
        f"/account/addresses/{theirs.pk}/{action}", {**ADDRESS, "detail": "mine"}
    )

    row = Address.objects.get()
    assert answer.status_code == 404
    assert (row.detail, row.is_default) == ("文三路 100 号", False)


@pytest.mark.parametrize("action", ["default", "delete"])
def test_address_when_only_looked_at_then_not_changed(signed_in, member, action):
    address = AddressFactory(user=member)

    assert signed_in.get(f"/account/addresses/{address.pk}/{action}/").status_code == 405


@pytest.mark.parametrize("rows", [1, 3])
def test_addresses_when_listed_then_the_same_queries(client, db, django_assert_num_queries, rows):
    member = MemberFactory()
    AddressFactory.create_batch(rows, user=member)
    client.force_login(member)
    client.get("/account/addresses/")

    with django_assert_num_queries(3):  # who, the addresses, unread notices in the bar
        client.get("/account/addresses/")


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_address_when_many_race_then_twenty_and_one_default(run_threads, member, deadlocks):
    from accounts import addresses

    AddressFactory.create_batch(15, user=member)

    outcomes = run_threads(12, lambda: addresses.add(member, **ADDRESS, is_default=True))

    assert (
        sorted(type(outcome).__name__ for outcome in outcomes)
        == ["Address"] * 5 + ["AddressBookFull"] * 7
    )
    assert Address.objects.filter(is_default=True).count() == 1
    assert deadlocks() == 0


# --- e-mail and password -----------------------------------------------------------
def test_email_when_changed_then_the_fingerprint_follows(client, member):
    client.post("/accounts/login/", {"login": "member", "password": PASSWORD})
    before = member.email_canonical

    client.post("/accounts/email/", {"email": "new@example.com", "action_add": ""})
    EmailAddress.objects.filter(email="new@example.com").update(verified=True)
    client.post("/accounts/email/", {"email": "new@example.com", "action_primary": ""})

    row = User.objects.get()
    assert row.email == "new@example.com"
    assert row.email_canonical != before
    assert row.email_canonical == email_fingerprint("NEW+x@example.com")


def test_reset_when_asked_for_then_the_link_sets_a_new_password(client, member):
    client.post("/accounts/password/reset/", {"email": "member@example.com"})
    link = next(word for word in mails()[0].body.split() if "/password/reset/key/" in word)

    page = client.get(link, follow=True)
    client.post(
        page.redirect_chain[-1][0],
        {"password1": "another-long-password", "password2": "another-long-password"},
    )

    assert User.objects.get().check_password("another-long-password")


def test_reset_when_the_address_is_unknown_then_the_same_answer(client, member):
    known = client.post("/accounts/password/reset/", {"email": "member@example.com"})
    unknown = client.post("/accounts/password/reset/", {"email": "nobody@example.com"})

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


def test_mail_when_the_server_is_down_then_the_sign_up_stands(client, db, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 1, 1

    answer = client.post(
        "/accounts/signup/", {"username": "new", "email": "new@example.com", "password1": PASSWORD}
    )

    assert answer.status_code == 302
    assert User.objects.count() == 1


def test_devices_when_listed_then_named_as_their_owner_would(client, member):
    agent = (
        "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 "
        "Mobile Safari/537.36"
    )
    client.post(
        "/accounts/login/", {"login": "member", "password": PASSWORD}, HTTP_USER_AGENT=agent
    )

    assert "Chrome · Android" in client.get("/accounts/sessions/").content.decode()


def test_devices_when_signed_out_elsewhere_then_only_this_browser_stays(client, member):
    other = Client()
    for browser in (client, other):
        browser.post("/accounts/login/", {"login": "member", "password": PASSWORD})

    client.post("/accounts/sessions/")

    assert client.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 302


CONFIRM = re.compile(r'<details class="confirm".*?</details>', re.DOTALL)


def test_devices_when_signing_out_elsewhere_then_asked_first_and_nothing_else_sends_it(
    client, member
):
    other = Client()
    for browser in (client, other):
        browser.post("/accounts/login/", {"login": "member", "password": PASSWORD})
    client.cookies["mall_language"] = "en"

    page = client.get("/accounts/sessions/").content.decode()
    [asked] = CONFIRM.findall(page)

    assert 'action="/accounts/sessions/"' not in CONFIRM.sub("", page)
    assert "Whoever uses them has to sign in again." in asked
    assert other.get("/account/").status_code == 200
    client.post("/accounts/sessions/", form_of(asked, ""))
    assert other.get("/account/").status_code == 302


def test_email_when_removed_then_asked_first_by_name_and_the_main_one_stays(signed_in, member):
    for email, primary in (("member@example.com", True), ("old@example.com", False)):
        EmailAddress.objects.update_or_create(
            user=member, email=email, defaults={"primary": primary, "verified": True}
        )
    signed_in.cookies["mall_language"] = "en"

    page = signed_in.get("/accounts/email/").content.decode()
    [asked] = CONFIRM.findall(page)

    assert "action_remove" not in CONFIRM.sub("", page)
    assert "Remove old@example.com?" in asked
    signed_in.post("/accounts/email/", {**form_of(asked, ""), "action_remove": ""})
    assert list(EmailAddress.objects.values_list("email")) == [("member@example.com",)]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/accounts/weixin/login/", "/accounts/weixin/login/callback/"])
def test_wechat_when_nobody_configured_it_then_there_is_no_such_page(client, address):
    assert client.get(address).status_code == 404


@pytest.mark.django_db
def test_sign_up_when_the_email_is_longer_than_its_column_then_refused(client):
    email = f"{'e' * 250}@example.com"
    sent = {
        "username": "longmail",
        "email": email,
        "password1": "Long-enough-77",
        "password": "Long-enough-77",
    }

    page = client.post("/accounts/signup/", sent)
    app = client.post(
        "/api/auth/app/v1/auth/signup", {**sent, "password1": None}, content_type="application/json"
    )

    assert "email" in page.context["form"].errors
    assert (app.status_code, app.json()["errors"][0]["param"]) == (400, "email")
