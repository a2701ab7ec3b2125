"""A shop opens: the first operator comes in by the code, and reads what is still to do."""

import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.test import override_settings
from django.urls import reverse

from accounts.models import User
from mall.core.models import AuditRow, SetupStep, ShopFace
from mall.environment import short_code
from mall.setup import steps
from tests.factories.orders import pay, place, virtual_sku
from tests.mall.test_limits import DEAD_REDIS

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


def test_come_in_when_nobody_can_count_then_closed(client, new_shop):
    with override_settings(CACHES=DEAD_REDIS):
        answer = client.post("/setup/", SAID)

    assert "We cannot check right now" in str(answer.context["form"].errors)
    assert not User.objects.exists()


def test_come_in_when_a_member_has_the_name_or_the_mail_then_told_to_who_has_the_code(
    client, new_shop, member
):
    theirs = {"username": member.username}, {"email": member.email}

    guessed = [client.post("/setup/", {**SAID, **said, "code": "no"}) for said in theirs]
    known = [client.post("/setup/", {**SAID, **said}) for said in theirs]

    assert [list(answer.context["form"].errors) for answer in guessed] == [["code"], ["code"]]
    assert [list(answer.context["form"].errors) for answer in known] == [["username"], ["email"]]
    assert not User.objects.filter(is_staff=True).exists()


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


@pytest.fixture
def listener():
    """A server on 127.0.0.1 that takes what comes: listener(answer) returns its port."""
    opened = []

    def listen(answer):
        server = socket.create_server(("127.0.0.1", 0))
        opened.append(server)
        threading.Thread(target=serve, args=(server, answer), daemon=True).start()
        return server.getsockname()[1]

    def serve(server, answer):
        with suppress(OSError):  # closed at the end
            while True:
                with suppress(ssl.SSLError), server.accept()[0] as line:
                    answer(line)

    yield listen
    for server in opened:
        server.close()


def certificate_in(folder):
    """Write a certificate of 127.0.0.1 that vouches for itself; return its file and the day it is
    good until.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop")])
    place = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    until = datetime.now(UTC) + timedelta(days=9)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    made = made.public_key(key.public_key()).serial_number(x509.random_serial_number())
    made = made.not_valid_before(until - timedelta(days=19)).not_valid_after(until)
    pem = made.add_extension(place, critical=False).sign(key, SHA256()).public_bytes(Encoding.PEM)
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = folder / "shop.pem"
    file.write_bytes(pem + plain)
    return file, f"{until:%Y-%m-%d}"


def test_certificate_when_asked_for_then_good_only_where_browsers_trust_it(
    client, administrator, settings, listener, tmp_path, monkeypatch
):
    client.force_login(administrator)
    file, until = certificate_in(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)

    def tried(url):
        settings.SHOP_URL = url
        return client.post(reverse("set_up"), {"try": "certificate"}, follow=True).content.decode()

    secure = listener(lambda line: context.wrap_socket(line, server_side=True).close())
    refused = [
        tried("http://127.0.0.1:1"),
        tried(f"https://127.0.0.1:{listener(socket.socket.close)}"),
        tried(f"https://127.0.0.1:{secure}"),
    ]
    done = SetupStep.objects.filter(name="certificate")
    is_noted = done.exists()
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    good = tried(f"https://127.0.0.1:{secure}")

    for page, said in zip(
        refused, ("begins with http://", "127.0.0.1: ", "signed certificate"), strict=True
    ):
        assert said in page
    assert not is_noted
    assert f"The certificate is good until {until}." in good
    assert done.get().note == until


@pytest.mark.parametrize("role", ["support", "finance", "auditor"])
def test_steps_when_a_role_may_not_set_up_then_no_list_and_no_page(client, member, role):
    from django.contrib.auth.models import Group

    member.is_staff = True
    member.save()
    member.groups.add(Group.objects.get(name=role))
    client.force_login(member)

    assert client.get("/admin/").context["setup"] == []
    assert client.get(reverse("set_up")).status_code == 403
