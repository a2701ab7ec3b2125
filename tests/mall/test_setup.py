"""A shop opens: the first operator comes in by the code, and reads what is still to do."""

import socket
import ssl
import threading

import pytest
from django.test import override_settings
from django.urls import reverse

from accounts.models import User
from mall.core.models import AuditRow, SetupStep, ShopFace
from mall.environment import short_code
from mall.setup import steps
from tests.factories.orders import pay, place, virtual_sku

pytestmark = pytest.mark.django_db
CODE = "a1b2-c3d4-e5"
SAID = {
    "code": CODE,
    "username": "mei",
    "email": "mei@example.com",
    "password": "plum-blossom-88",
}


@pytest.fixture(autouse=True)
def english(client):
    client.cookies["mall_language"] = "en"


@pytest.fixture
def new_shop(settings):
    settings.SETUP_CODE = CODE


@pytest.fixture
def administrator(db):
    return User.objects.create_superuser("root", "root@example.com", "plum-blossom-88")


def test_come_in_when_somebody_has_the_code_then_an_operator_and_never_again(
    client, new_shop, settings
):
    shown = client.get("/setup/")
    wrong = client.post("/setup/", {**SAID, "code": "a1b2c3d4e6"})
    easy = client.post("/setup/", {**SAID, "password": "12345678"})

    came = client.post("/setup/", {**SAID, "code": " A1B2C3D4E5 "})

    assert shown.status_code == 200
    assert wrong.context["form"].errors["code"] and wrong.context["form"]["username"].value()
    assert easy.context["form"].errors["password"]
    assert came["Location"] == "/admin/"  # signed in: the password was said a moment ago
    user = User.objects.get()
    settings.STAFF_NEED_SECOND_FACTOR = True
    assert client.get("/admin/")["Location"].startswith("/admin/login/")
    door = client.get("/admin/login/?next=/admin/")["Location"]
    assert (
        "totp" in door and client.get(door).status_code == 200
    )  # the second factor, and the password not again
    assert (user.username, user.is_superuser, user.is_staff) == ("mei", True, True)
    assert user.check_password("plum-blossom-88")
    assert user.emailaddress_set.get().verified  # a second factor asks for that
    assert AuditRow.objects.get().action == "mall.first_operator"
    assert client.get("/setup/").status_code == client.post("/setup/", SAID).status_code == 404
    User.objects.all().update(is_superuser=False)
    assert client.get("/setup/").status_code == 404  # nor once the first one lost the right


def test_come_in_when_the_shop_has_no_code_or_somebody_guesses_then_closed(client, settings):
    settings.SETUP_CODE = ""
    closed = client.get("/setup/"), client.post("/setup/", {**SAID, "code": ""})
    settings.SETUP_CODE = CODE

    answers = [client.post("/setup/", {**SAID, "code": f"no{n}"}).status_code for n in range(10)]

    assert [answer.status_code for answer in closed] == [404, 404]
    assert set(answers) == {400}
    last = client.post("/setup/", SAID)  # even the right one
    assert "fast" in str(last.context["form"].errors)
    assert not User.objects.exists()


@pytest.mark.parametrize(("code", "is_good"), [("", False), ("aaaaaaaaaaaa", False), (CODE, True)])
def test_short_code_when_a_code_can_be_guessed_then_refused(code, is_good):
    assert (short_code(code) == "") is is_good


def test_steps_when_a_shop_fills_then_the_front_page_tells_what_is_done(
    client, administrator, member, django_assert_num_queries
):
    client.force_login(administrator)

    def done():
        return {step.name for step in client.get("/admin/").context["setup"] if step.is_done}

    empty = done()
    ShopFace.objects.update_or_create(
        pk=1, defaults={"name_zh_hans": "梅记", "contact_email": "hi@example.com"}
    )
    pay(place(member, virtual_sku(cash="5.00", stock=3)))
    mailed = client.post(reverse("set_up"), {"try": "mail"}, follow=True)
    client.post(reverse("set_up"), {"try": "backup"})
    filled = done()
    with override_settings(PAYMENT_PROVIDERS=["alipay", "sandbox"]):
        paying = done()
    with django_assert_num_queries(1):
        steps.facts_of(administrator)
    page = client.get(reverse("set_up")).content.decode()
    client.post(reverse("set_up"), {"try": "over"})

    assert empty == set()
    assert filled == {"face", "category", "product", "mail", "backup", "order"}
    assert paying - filled == {"payment"}
    assert "Please see whether it arrived" in mailed.content.decode()
    assert "Place the first order yourself" in page
    assert client.get("/admin/").context["setup"] == []


def test_mail_when_no_server_is_named_then_told_and_not_done(
    client, administrator, settings, tmp_path
):
    client.force_login(administrator)
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path

    page = client.post(reverse("set_up"), {"try": "mail"}, follow=True).content.decode()

    assert f"EMAIL_URL names no mail server, so mails are written to {tmp_path}" in page
    assert not SetupStep.objects.filter(name="mail").exists() and not list(tmp_path.iterdir())


def test_certificate_when_nobody_vouches_for_it_or_nobody_answers_then_said(
    client, administrator, settings
):
    client.force_login(administrator)

    def tried(url):
        settings.SHOP_URL = url
        return client.post(reverse("set_up"), {"try": "certificate"}, follow=True).content.decode()

    plain = tried("http://127.0.0.1:1")
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]

        def hang_up():
            for _n in range(1):
                deaf.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        unspoken = tried(f"https://127.0.0.1:{port}")
        thread.join(10)

    assert "begins with http://" in plain
    assert "127.0.0.1: " in unspoken
    assert not SetupStep.objects.filter(name="certificate").exists()
    assert ssl.OPENSSL_VERSION


@pytest.mark.parametrize("role", ["support", "finance", "auditor"])
def test_steps_when_a_role_may_not_set_up_then_no_list_and_no_page(client, member, role):
    from django.contrib.auth.models import Group

    member.is_staff = True
    member.save()
    member.groups.add(Group.objects.get(name=role))
    client.force_login(member)

    assert client.get("/admin/").context["setup"] == []
    assert client.get(reverse("set_up")).status_code == 403
