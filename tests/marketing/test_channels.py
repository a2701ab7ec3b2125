"""The other ways to a member: chosen, counted over all of them, sent once, by real ports."""

import base64
import json
from datetime import datetime, timedelta

import pytest
import time_machine
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.urls import reverse

from accounts import phone_numbers
from mall.core import clock
from marketing.channels import choices, reach, sending, web_push
from marketing.models import Delivery, Message, PushDevice, Reach, WeChatGrant
from marketing.notices import deliveries
from marketing.notices.inbox import Kind, notify

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, tzinfo=clock.SHOP_ZONE)
NIGHT = datetime(2026, 11, 20, 23, tzinfo=clock.SHOP_ZONE)
TEMPLATES = {"orders": {"id": "T-orders", "title": "thing1", "time": "time2"}}


def at(moment):
    return time_machine.travel(moment, tick=False)


def coupon(member, n=1):
    notify(
        member.pk,
        kind=Kind.COUPON_EXPIRING,
        key=f"coupon:{n}:ends",
        url="/coupons/",
        coupon={"zh-hans": "券", "en": "Coupon"},
        on="2026-11-30",
    )


def paid(member, n=1):
    notify(
        member.pk, kind=Kind.ORDER_PAID, key=f"order:{n}:paid", url=f"/orders/{n}/", no=n, points=9
    )


def b64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Browser:
    """A browser's end of RFC 8291, written from the RFC and not from our code."""

    def __init__(self):
        self.key, self.auth = ec.generate_private_key(ec.SECP256R1()), b"0123456789abcdef"
        self.point = self.key.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )

    def allow(self, member, url):
        keys = {"public_key": b64(self.point), "auth": b64(self.auth)}
        return choices.add_device(member, address=url, **keys)

    def read(self, body):
        salt, size = body[:16], body[20]
        theirs, sealed = body[21 : 21 + size], body[21 + size :]
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        secret = self.key.exchange(ec.ECDH(), public)
        info = b"WebPush: info\0" + self.point + theirs
        seed = HKDF(hashes.SHA256(), 32, self.auth, info).derive(secret)
        key = HKDF(hashes.SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(seed)
        nonce = HKDF(hashes.SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(seed)
        return json.loads(AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\x02"))


@pytest.fixture
def push(settings):
    settings.PUSH_KEY = "7f" * 32
    settings.SHOP_URL = "https://shop.example"


# --- the contact policy ------------------------------------------------------------------
def test_take_when_offers_are_many_then_one_a_day_and_three_in_seven_days(member):
    days = [NOON.date() + timedelta(days=n) for n in range(9)]

    told = [[bool(reach.take([member.pk], on=day)) for _ in range(2)] for day in days]

    assert [any(twice) for twice in told] == [True] * 3 + [False] * 4 + [True] * 2
    assert not any(all(twice) for twice in told)


def test_send_due_when_offers_are_too_many_then_mails_wait_and_gather_and_orders_do_not(
    member, mailoutbox
):
    with at(NOON):
        coupon(member, 1)
        deliveries.send_due()
    with at(NOON + timedelta(hours=1)):
        coupon(member, 2)
        coupon(member, 3)
        paid(member)
        deliveries.send_due()
    assert len(mailoutbox) == 2  # the first offer, and the payment by itself
    assert set(Delivery.objects.filter(state="waiting").values_list("next_try_at", flat=True)) == {
        datetime(2026, 11, 21, 8, tzinfo=clock.SHOP_ZONE)
    }

    with at(NOON + timedelta(days=1)):
        deliveries.send_due()
        assert deliveries.send_due() == {}

    assert len(mailoutbox) == 3  # what waited left as one
    assert Reach.objects.get(pk=member.pk).days == ["2026-11-20", "2026-11-21"]


def test_send_due_when_a_channel_told_of_an_offer_then_the_mail_waits(
    member, push, receiver, mailoutbox
):
    Browser().allow(member, receiver.url("/push"))
    choices.choose(member, {"push": {"offers": True}})
    with at(NOON):
        coupon(member)
        assert sending.send_due() == {"sent": 1}
        deliveries.send_due()

    assert (len(receiver.heard), mailoutbox) == (1, [])


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_take_when_eight_ask_at_once_then_one_may(member, run_threads, deadlocks):
    outcomes = run_threads(8, lambda: reach.take([member.pk], on=NOON.date()))

    assert sorted(map(len, outcomes)) == [0] * 7 + [1]
    assert deadlocks() == 0


# --- push --------------------------------------------------------------------------------
def test_encrypt_when_the_rfcs_example_is_encrypted_then_its_bytes():
    """RFC 8291, section 5."""
    number = int.from_bytes(web_push.decoded("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")

    body = web_push.encrypt(
        b"When I grow up, I want to be a watermelon",
        public_key="BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIA"
        "iw4",
        auth="BTBZMqHH6r4Tts7J_aSIgg",
        own=ec.derive_private_key(number, ec.SECP256R1()),
        salt=web_push.decoded("DGv6ra1nlYgDCS1FRnbzlw"),
    )

    assert b64(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS"
        "6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qu"
        "lcy4a-fN"
    )


def test_send_due_when_a_browser_listens_then_it_reads_one_message_of_all(member, push, receiver):
    browser = Browser()
    browser.allow(member, receiver.url("/push"))
    gone = Browser().allow(member, receiver.url("/gone"))
    receiver.answers = {"/push": 201, "/gone": 410}
    choices.choose(member, {"push": {"orders": True}})
    member.language = "en"
    member.save()
    with at(NOON):
        paid(member, 1)
        paid(member, 2)
        coupon(member)  # not wanted here

        assert sending.send_due() == {"sent": 1}
        assert sending.send_due() == {}

    [(headers, body)] = [heard[1:] for heard in receiver.heard if heard[0] == "/push"]
    said = browser.read(body)
    assert said["title"].endswith("and 1 more")
    assert said["url"] == "https://shop.example/inbox/"
    assert not PushDevice.objects.filter(pk=gone.pk).exists()
    token, key = headers["Authorization"].removeprefix("vapid t=").split(", k=")
    head, claims, signature = token.split(".")
    r, s = (int.from_bytes(part, "big") for part in _halves(web_push.decoded(signature)))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), web_push.decoded(key))
    public.verify(
        encode_dss_signature(r, s), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256())
    )
    assert json.loads(web_push.decoded(claims))["aud"] == receiver.url("")


def _halves(raw):
    return raw[:32], raw[32:]


def test_send_due_when_it_is_night_or_nobody_answers_then_later_and_given_up(
    member, push, receiver
):
    Browser().allow(member, receiver.url("/push"))
    receiver.answers = {"/push": 503}
    choices.choose(member, {"push": {"orders": True, "offers": True}})
    with at(NIGHT):
        paid(member)  # urgent
        coupon(member)

        assert sending.send_due() == {"retried": 1}

    moment = NIGHT
    for _try in range(sending.TRIES - 1):
        moment += timedelta(hours=1, minutes=1)
        with at(moment):
            sending.send_due()
    by_kind = {row.notification.kind: row for row in Message.objects.select_related("notification")}
    assert (by_kind["order_paid"].state, by_kind["order_paid"].tries) == ("dead", 4)
    assert by_kind["coupon_expiring"].state == "waiting"
    assert by_kind["coupon_expiring"].next_try_at == datetime(
        2026, 11, 21, 8, tzinfo=clock.SHOP_ZONE
    )
    receiver.answers = {}
    with at(datetime(2026, 11, 21, 9, tzinfo=clock.SHOP_ZONE)):
        choices.choose(member, {"push": {"offers": False}})
        assert sending.send_due() == {"skipped": 1}


def test_send_due_when_a_sender_died_while_it_spoke_then_never_again(member, push, receiver):
    Browser().allow(member, receiver.url("/push"))
    choices.choose(member, {"push": {"orders": True}})
    with at(NOON):
        paid(member)
        rows = sending._due()[0]
        sending._take(rows, clock.now())  # and then it dies
    with at(NOON + timedelta(minutes=3)):
        assert sending.send_due() == {"dead": 1}

    assert receiver.heard == []


# --- text messages and WeChat --------------------------------------------------------------
def test_send_due_when_sms_and_wechat_are_wanted_then_each_port_says_it(member, outside, settings):
    settings.SMS_TENCENT = {**settings.SMS_TENCENT, "notice_template": "2000"}
    settings.WECHAT_TEMPLATES = TEMPLATES
    phone_numbers.attach(member, "13800138000")
    SocialAccount.objects.create(
        user=member, provider="wechat_mini", uid="o-1", extra_data={"openid": "o-1"}
    )
    choices.allow_wechat(member, ["T-orders", "unknown"])
    choices.choose(member, {"sms": {"orders": True}, "wechat": {"orders": True}})
    with at(NOON):
        paid(member, 1)
        told = sending.send_due()

    assert told == {"sent": 2}
    by_whom = {message[0]: message for message in outside.messages}
    assert by_whom["+8613800138000"][1] == by_whom["o-1"][2]["thing1"]["value"]
    assert by_whom["o-1"][1:] == (
        "T-orders",
        {"thing1": by_whom["o-1"][2]["thing1"], "time2": {"value": "2026-11-20 12:00"}},
    )
    assert WeChatGrant.objects.get().left == 0

    with at(NOON + timedelta(hours=1)):
        paid(member, 2)
        assert sending.send_due() == {"sent": 1, "dead": 1}  # no message is allowed any more
    assert Message.objects.get(state="dead").error == "no message is allowed"


# --- doors -----------------------------------------------------------------------------------
def test_channels_when_chosen_on_page_and_api_then_both_say_the_same(
    signed_in, signed_in_api, member, push, receiver
):
    browser = Browser()
    api, sent = signed_in_api, {"format": "json"}
    device = {
        "endpoint": receiver.url("/push"),
        "keys": {"p256dh": b64(browser.point), "auth": b64(browser.auth)},
    }
    chosen = {"topics": [{"channel": "push", "topic": "offers", "wanted": True}]}

    told = api.patch("/api/v1/me/channels", chosen, **sent).json()
    assert told["push_key"] == web_push.public_key()
    assert {"channel": "push", "topic": "offers", "wanted": True} in told["topics"]
    assert api.post("/api/v1/me/push-devices", device, **sent).status_code == 204
    assert api.post("/api/v1/me/push-devices", device, **sent).status_code == 204
    assert PushDevice.objects.count() == 1
    for bad in ({"endpoint": "ftp://x"}, {"keys": {"p256dh": "AAAA", "auth": "AAAA"}}):
        refused = api.post("/api/v1/me/push-devices", {**device, **bad}, **sent)
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["code"] == "unknown_push_device"
    gone = api.post("/api/v1/me/push-devices/removal", {"endpoint": device["endpoint"]}, **sent)
    assert gone.status_code == 204
    assert PushDevice.objects.count() == 0
    assert api.post("/api/v1/me/wechat-messages", {"templates": ["x"]}, **sent).status_code == 204

    told = {"endpoint": device["endpoint"], **device["keys"]}
    assert signed_in.post(reverse("marketing:push-device"), told).status_code == 204
    assert (
        signed_in.post(reverse("marketing:push-device"), {**told, "auth": "x"}).status_code == 400
    )
    assert PushDevice.objects.get().user == member
    page = reverse("marketing:preferences")
    shown = signed_in.get(page)
    assert shown.context["form"]["push_offers"].initial is True
    signed_in.post(page, {"language": "en", "push_orders": "on"})
    assert choices.of(member)["push"] == {
        topic: topic == "orders" for topic in choices.of(member)["push"]
    }
