"""WeChat as a way in: the mini-program by the app API, pages inside and outside its browser."""

import base64
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache
from django.db import connection

from accounts import closing, export, phone_numbers
from accounts.models import BonusClaim, PhoneNumber, User, WeChatPerson
from accounts.wechat import calls
from mall.core.breaker import SILENT_IN_A_ROW
from mall.core.models import AuditRow
from points import balance
from tests.accounts.outside import MINI, SERVICE, WEBSITE
from tests.factories.accounts import MemberFactory

AUTH = "/api/auth/app/v1"
NUMBER = "13812345678"
INSIDE = {"HTTP_USER_AGENT": "Mozilla/5.0 (iPhone) MicroMessenger/8.0.50"}
pytestmark = pytest.mark.django_db


def mini(api, code="a code", process="login", client_id=MINI, **more):
    token = {"client_id": client_id, "access_token": code, **more}
    body = {"provider": "wechat_mini", "process": process, "token": token}
    return api.post(f"{AUTH}/auth/provider/token", body, format="json")


def page(client, code, process="login", **headers):
    """Go to WeChat and come back with its code."""
    led = client.get(f"/accounts/weixin/login/?process={process}", **headers)
    state = parse_qs(urlsplit(led["Location"]).query)["state"][0]
    came = client.get(f"/accounts/weixin/login/callback/?code={code}&state={state}", **headers)
    return led["Location"], came


def error_of(answer):
    [error] = answer.json()["errors"]
    return answer.status_code, error["code"], error.get("param")


# --- the mini-program ----------------------------------------------------------------
def test_mini_when_somebody_is_new_then_a_member_with_100_points_and_tokens(api, outside):
    outside.people["a code"] = ("o-1", "u-1")

    answer = mini(api)

    member = User.objects.get()
    assert answer.status_code == 200
    assert set(answer.json()["meta"]) >= {"access_token", "refresh_token"}
    assert (member.mailbox, member.has_usable_password()) == ("", False)
    assert balance.of(member).available == 100
    assert SocialAccount.objects.values_list("uid", "extra_data").get() == (
        "o-1",
        {"openid": "o-1"},
    )
    assert outside.calls == ["/sns/jscode2session"]


def test_mini_when_they_come_again_then_the_same_member(api, outside):
    outside.people |= {"a code": ("o-1", ""), "next": ("o-1", "u-1")}

    mini(api)
    mini(api, "next")

    assert User.objects.count() == 1
    assert WeChatPerson.objects.get().unionid == "u-1"


@pytest.mark.parametrize(
    ("errcode", "told"),
    [
        (40029, (400, "wechat_code_over", "token")),
        (40163, (400, "wechat_code_over", "token")),
        (-1, (503, "wechat_unavailable", None)),
        (45011, (503, "wechat_unavailable", None)),
        (40125, (503, "wechat_unavailable", None)),
        ("slow", (503, "wechat_unavailable", None)),
        ("noise", (503, "wechat_unavailable", None)),
    ],
)
def test_mini_when_wechat_refuses_or_is_silent_then_one_sentence_and_nothing_done(
    api, outside, monkeypatch, errcode, told
):
    monkeypatch.setattr(calls, "TIMEOUT_SECONDS", 0.3)
    outside.people["a code"] = ("o-1", "")
    outside.broken["/sns/jscode2session"] = errcode

    assert error_of(mini(api)) == told
    assert not User.objects.exists()


def test_mini_when_wechat_is_silent_three_times_then_left_alone(api, outside):
    outside.broken["/sns/jscode2session"] = "noise"

    for _ in range(SILENT_IN_A_ROW + 2):
        assert error_of(mini(api))[0] == 503

    assert len(outside.calls) == SILENT_IN_A_ROW


def test_mini_when_a_code_is_used_twice_or_made_up_then_refused(api, outside):
    outside.people["a code"] = ("o-1", "")

    mini(api)

    over = (400, "wechat_code_over", "token")
    assert error_of(mini(api)) == over
    assert error_of(mini(api, "made up")) == over
    assert error_of(mini(api, "码")) == over
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "token",
    [
        {"client_id": "wx00000000000000zz"},
        {"access_token": ""},
        {"access_token": None},
        {"access_token": ["a"]},
        {"phone_code": {"a": 1}},
        {"encrypted_data": 7},
        {"iv": "\ud800"},
    ],
)
def test_mini_when_the_token_is_odd_then_a_clear_refusal(api, outside, token):
    outside.people["a code"] = ("o-1", "")
    sent = {"client_id": MINI, "access_token": "a code", **token}
    body = {"provider": "wechat_mini", "process": "login", "token": sent}

    address, kind = f"{AUTH}/auth/provider/token", "application/json"
    answer = api.post(address, json.dumps(body), content_type=kind)

    assert answer.status_code == 400
    assert not User.objects.exists()


# --- its phone number --------------------------------------------------------------------
def test_mini_when_it_brings_a_number_then_kept_and_its_member_is_known_by_it(api, outside, member):
    phone_numbers.attach(member, NUMBER)
    outside.people |= {"a code": ("o-1", "u-1"), "b code": ("o-2", "")}
    outside.numbers |= {"p1": NUMBER, "p2": "13900000002"}

    known = mini(api, phone_code="p1")
    new = mini(api, "b code", phone_code="p2")

    assert known.json()["data"]["user"]["id"] == member.pk
    newcomer = User.objects.exclude(pk=member.pk).get()
    assert new.json()["data"]["user"]["id"] == newcomer.pk
    assert phone_numbers.of(newcomer) == "13900000002"
    assert outside.calls.count("/cgi-bin/stable_token") == 1
    assert "token-1" not in cache.get(f"wechat.token:{MINI}")
    bound = AuditRow.objects.filter(action="accounts.bind_wechat").values_list("target", flat=True)
    assert list(bound) == [f"accounts.user:{member.pk}"]


def test_mini_when_the_shops_token_went_stale_then_another_is_asked_for(api, outside):
    outside.people |= {"a code": ("o-1", ""), "b code": ("o-2", "")}
    outside.numbers |= {"p1": NUMBER, "p2": "13900000002"}
    mini(api, phone_code="p1")
    outside.tokens += 1  # another process was given one anew

    assert mini(api, "b code", phone_code="p2").status_code == 200
    assert PhoneNumber.objects.count() == 2


def test_mini_when_the_number_is_encrypted_then_decrypted(api, outside):
    outside.people["a code"] = ("o-1", "")
    encrypted, iv = outside.sealed(NUMBER)

    answer = mini(api, encrypted_data=encrypted, iv=iv)

    assert answer.status_code == 200
    assert phone_numbers.of(User.objects.get()) == NUMBER


def tampered(outside):
    encrypted, iv = outside.sealed(NUMBER)
    raw = bytearray(base64.b64decode(encrypted))
    raw[20] ^= 1
    return base64.b64encode(raw).decode(), iv


def other_app(outside):
    outside.watermark = "wx00000000000000zz"
    return outside.sealed(NUMBER)


ALTERED = {
    "tampered": tampered,
    "other_app": other_app,
    "old": lambda outside: outside.sealed(NUMBER, seconds_ago=3600),
    "old_key": lambda outside: outside.sealed(NUMBER, base64.b64encode(b"f" * 16).decode()),
    "no_base64": lambda outside: ("!", "!"),
    "short": lambda outside: ("YQ==", "YQ=="),
    "no_iv": lambda outside: (outside.sealed(NUMBER)[0], ""),
    "empty": lambda outside: ("====", outside.sealed(NUMBER)[1]),
}


@pytest.mark.parametrize("how", ALTERED)
def test_mini_when_the_number_cannot_be_trusted_then_refused_and_nothing_done(api, outside, how):
    outside.people["a code"] = ("o-1", "")
    encrypted, iv = ALTERED[how](outside)

    assert error_of(mini(api, encrypted_data=encrypted, iv=iv)) == (
        400,
        "phone_unreadable",
        "token",
    )
    assert not User.objects.exists()


def test_mini_when_the_number_code_names_another_app_then_refused(api, outside):
    outside.people["a code"] = ("o-1", "")
    outside.numbers["p1"], outside.watermark = NUMBER, "wx00000000000000zz"

    assert error_of(mini(api, phone_code="p1"))[:2] == (400, "phone_unreadable")


# --- pages -----------------------------------------------------------------------------------
def test_sign_in_page_when_wechat_has_keys_then_a_button_in_the_readers_words(
    client, outside, settings
):
    chinese = client.get("/accounts/login/")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    english = client.get("/accounts/login/")

    assert "Sign in with WeChat" in english.content.decode()
    assert chinese.content.decode().count("/accounts/weixin/login/") == 1
    assert "wechat_mini" not in english.content.decode()


def test_page_when_outside_wechat_then_a_code_to_scan_and_inside_its_own_question(client, outside):
    outside.people |= {"q": ("o-web", "u-1"), "s": ("o-service", "u-1")}

    scan, came = page(client, "q")
    client.post("/accounts/logout/")
    ask, _ = page(client, "s", **INSIDE)

    scanned, asked = (parse_qs(urlsplit(address).query) for address in (scan, ask))
    assert scan.startswith("https://open.weixin.qq.com/connect/qrconnect?")
    assert (scanned["appid"], scanned["scope"]) == ([WEBSITE], ["snsapi_login"])
    assert ask.startswith("https://open.weixin.qq.com/connect/oauth2/authorize?")
    assert (asked["appid"], asked["scope"]) == ([SERVICE], ["snsapi_userinfo"])
    assert ask.endswith("#wechat_redirect")
    assert (came.status_code, came["Location"]) == (302, "/")
    assert User.objects.count() == 1  # one unionid, one person


def test_page_and_mini_when_the_unionid_is_one_then_one_member_and_one_bonus(client, api, outside):
    outside.people |= {"q": ("o-web", "u-1"), "a code": ("o-mini", "u-1"), "x": ("o-x", "u-2")}

    page(client, "q")
    mini(api)
    mini(api, "x")

    first = User.objects.earliest("pk")
    assert User.objects.count() == 2
    owners = SocialAccount.objects.order_by("pk").values_list("user_id", "uid")
    assert list(owners)[:2] == [(first.pk, "o-web"), (first.pk, "o-mini")]
    assert balance.of(first).available == 100 + 10  # they came, and came back


@pytest.mark.parametrize("told", [40029, -1, "noise"])
def test_page_when_wechat_refuses_then_a_page_that_says_so(client, outside, told):
    outside.broken["/sns/oauth2/access_token"] = told

    _, came = page(client, "q")

    assert came.status_code == 401
    assert "/accounts/login/" in came.content.decode()
    assert not User.objects.exists()


def test_page_when_wechat_is_silent_three_times_then_left_alone(client, outside):
    outside.broken["/sns/oauth2/access_token"] = "noise"

    for _ in range(SILENT_IN_A_ROW + 2):
        assert page(client, "q")[1].status_code == 401

    assert len(outside.calls) == SILENT_IN_A_ROW


def test_bind_when_a_member_binds_and_unbinds_then_known_by_it_in_between(
    signed_in, member, api, outside
):
    outside.people |= {"q": ("o-web", "u-1"), "a code": ("o-mini", "u-1")}

    _, came = page(signed_in, "q", process="connect")
    shown = signed_in.get("/accounts/3rdparty/").content.decode()
    known = mini(api)
    for account in SocialAccount.objects.order_by("-pk"):
        signed_in.post("/accounts/3rdparty/", {"account": account.pk})

    assert came["Location"] == "/accounts/3rdparty/"
    assert "o-web" not in shown
    assert known.json()["data"]["user"]["id"] == member.pk
    left = SocialAccount.objects.count()
    assert left == 1  # the last one stays while no e-mail is confirmed: a new password goes there


def test_bind_when_the_person_is_another_member_then_refused(signed_in, member, api, outside):
    outside.people |= {"a code": ("o-mini", "u-1"), "q": ("o-web", "u-1")}
    mini(api)

    _, came = page(signed_in, "q", process="connect")

    assert came["Location"] == "/accounts/3rdparty/"
    assert not SocialAccount.objects.filter(user=member).exists()


# --- one person, and leaving ----------------------------------------------------------------------
def test_bonus_when_somebody_left_and_comes_back_then_not_again(api, outside):
    outside.people |= {"a code": ("o-1", "u-1"), "b": ("o-1", ""), "c": ("o-9", "u-1")}
    outside.numbers["p1"] = NUMBER
    mini(api, phone_code="p1")
    first = User.objects.get()
    exported = "".join(export.as_json(first))

    closing.close(first)
    mini(api, "b")
    mini(api, "c")

    for name in ("o-1", "u-1", NUMBER):
        assert f'"{name}"' in exported
    assert not SocialAccount.objects.filter(user=first).exists()
    assert not WeChatPerson.objects.filter(user=first).exists()
    later = User.objects.exclude(pk=first.pk)
    assert [balance.of(one).available for one in later] == [0, 0]
    assert set(BonusClaim.objects.values_list("claimed_by", flat=True)) == {first.pk}


def test_person_when_dumped_then_no_unionid_and_no_number(api, outside):
    outside.people["a code"] = ("o-1", "u-secret")
    outside.numbers["p1"] = NUMBER
    mini(api, phone_code="p1")

    with connection.cursor() as cursor:
        dumped = ""
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            dumped += str(cursor.fetchall())
    assert "o-1" in dumped
    assert "u-secret" not in dumped and NUMBER not in dumped


def test_email_when_wechat_claims_one_then_never_compared(api, outside):
    MemberFactory(username="mei", email="mei@example.com")
    outside.people["a code"] = ("mei@example.com", "")

    mini(api)

    assert User.objects.count() == 2
