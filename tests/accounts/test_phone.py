"""Signing in by phone: a code proves a number, whoever has it; on pages and in the app."""

import io
import logging
import threading

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import override_settings

from accounts import closing, export, phone_codes, phone_numbers
from accounts.models import BonusClaim, PhoneNumber, User
from accounts.registration import register
from accounts.sms import tencent
from mall.core.breaker import SILENT_IN_A_ROW
from mall.core.models import AuditRow
from points import balance
from tests.factories.accounts import PASSWORD, mails
from tests.mall.test_limits import DEAD_REDIS

AUTH = "/api/auth/app/v1/auth"
NUMBER, TYPED = "13812345678", "+86 138-1234-5678"
FORM = {"phone": TYPED}
pytestmark = pytest.mark.django_db


@pytest.fixture
def later():
    """later(): a minute later for whoever counts messages; Redis goes by its own clock."""
    return lambda: cache.delete_pattern("phone-proof:again:*")


def code_of(outside) -> str:
    return outside.messages[-1][1]


def wrong(code) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def page_sign_in(client, outside, form=FORM, **headers):
    client.post("/accounts/phone/", {**form, "agreed": "0.0"}, **headers)
    return client.post("/accounts/phone/code/", {"code": code_of(outside)}, **headers)


def app_ask(api, phone=NUMBER, **headers):
    return api.post(f"{AUTH}/code/request", {"phone": phone}, format="json", **headers)


def app_confirm(api, asked, code, **more):
    token = {"HTTP_X_SESSION_TOKEN": asked.json()["meta"]["session_token"]}
    return api.post(f"{AUTH}/code/confirm", {"code": code, **more}, format="json", **token)


# --- coming in -------------------------------------------------------------------
def test_sign_in_when_the_number_is_new_then_a_member_with_100_points(client, outside):
    answer = page_sign_in(client, outside)

    member = User.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(member.pk)
    assert outside.messages == [("+8613812345678", code_of(outside), "5")]
    assert (member.mailbox, member.has_usable_password()) == ("", False)
    assert phone_numbers.of(member) == NUMBER
    assert balance.of(member).available == 100
    assert member.consents.get().door == "page"
    assert mails() == []


def test_sign_in_when_the_number_is_known_then_the_same_member_and_no_second_bonus(
    client, api, outside, later
):
    page_sign_in(client, outside)
    later()

    asked = app_ask(api, TYPED)
    answer = app_confirm(api, asked, code_of(outside), agreed="0.0")

    told = answer.json()
    assert (asked.status_code, answer.status_code) == (401, 200)
    pending = {"id": "login_by_code", "is_pending": True}
    assert pending in asked.json()["data"]["flows"]
    assert User.objects.count() == 1
    assert told["data"]["user"]["id"] == User.objects.get().pk
    assert told["data"]["methods"][0]["method"] == "code"
    assert set(told["meta"]) >= {"access_token", "refresh_token"}
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {told['meta']['access_token']}")
    me = api.get("/api/v1/me").json()
    assert me["email"] == ""
    assert api.get("/api/v1/me/phone").json() == {"phone": "138****5678"}


def test_ask_when_a_number_is_known_or_not_then_the_answer_is_the_same(api, outside, member):
    phone_numbers.attach(member, NUMBER)

    known, unknown = app_ask(api, NUMBER), app_ask(api, "13900000001")

    def told(answer):
        body = answer.json()
        body["meta"].pop("session_token")
        return answer.status_code, body

    assert told(known) == told(unknown)
    assert len(outside.messages) == 2


def test_confirm_when_a_second_factor_is_set_up_then_it_is_asked_for(api, outside, member):
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    phone_numbers.attach(member, NUMBER)
    TOTP.activate(member, generate_totp_secret())

    answer = app_confirm(api, app_ask(api), code_of(outside))

    flows = [flow["id"] for flow in answer.json()["data"]["flows"] if flow.get("is_pending")]
    assert (answer.status_code, flows) == (401, ["mfa_authenticate"])


def test_sign_in_when_a_page_was_wanted_then_it_comes_after_the_code(client, outside):
    led = client.post("/accounts/phone/", {**FORM, "next": "/account/addresses/"})
    sent = {"code": f"{code_of(outside)[:3]} {code_of(outside)[3:]}", "next": "/account/addresses/"}

    answer = client.post("/accounts/phone/code/", sent)

    assert led["Location"] == "/accounts/phone/code/?next=%2Faccount%2Faddresses%2F"
    assert answer["Location"] == "/account/addresses/"


# --- codes -----------------------------------------------------------------------
def test_check_when_the_code_is_wrong_three_times_then_the_right_one_is_too_late(api, outside):
    asked = app_ask(api)
    code = code_of(outside)

    answers = [app_confirm(api, asked, wrong(code)) for _ in range(3)]
    last = app_confirm(api, asked, code)

    told = [answer.json()["errors"][0] for answer in answers]
    assert [error["code"] for error in told] == ["incorrect_code", "incorrect_code", "code_expired"]
    assert {error["param"] for error in told} == {"code"}
    assert [answer.status_code for answer in (*answers, last)] == [400, 400, 400, 409]
    assert not User.objects.exists()


def test_check_when_the_code_is_used_twice_or_old_then_refused(client, outside, later, member):
    name = phone_codes.name_of(member)
    client.force_login(member)
    client.post("/account/phone/", FORM)
    first = code_of(outside)

    assert phone_codes.check(name, first) == NUMBER
    with pytest.raises(phone_codes.CodeGone):
        phone_codes.check(name, first)
    later()
    client.post("/account/phone/", FORM)
    kept = f"phone-proof:{name}"
    assert 290 < cache.ttl(kept) <= phone_codes.CODE_SECONDS
    cache.delete(kept)  # as Redis does when the time is over
    with pytest.raises(phone_codes.CodeGone):
        phone_codes.check(name, code_of(outside))


def test_check_when_many_try_at_the_same_moment_then_three_are_looked_at(rf, outside):
    phone_codes.send(rf.get("/"), "one", NUMBER)
    seen, code = [], code_of(outside)

    def attempt():
        try:
            phone_codes.check("one", wrong(code))
        except phone_codes.WrongCode as refusal:
            seen.append(refusal.numbers["left"])
        except phone_codes.CodeGone:
            seen.append("gone")

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(seen, key=str) == [1, 2, *["gone"] * 6]


def test_check_when_another_number_is_asked_meanwhile_then_its_code_proves_no_other(
    rf, outside, monkeypatch
):
    codes = iter([111111, 222222])
    monkeypatch.setattr(phone_codes.secrets, "randbelow", lambda _below: next(codes))
    phone_codes.send(rf.get("/"), "one", NUMBER)
    read = phone_codes.decrypt

    def overtaken(*args, **kwargs):  # between one look at what is awaited and the next
        if len(outside.messages) == 1:
            phone_codes.send(rf.get("/"), "one", "13900000001")
        return read(*args, **kwargs)

    monkeypatch.setattr(phone_codes, "decrypt", overtaken)

    with pytest.raises(phone_codes.WrongCode):
        phone_codes.check("one", "222222")


def test_ask_when_asked_again_then_after_a_minute_and_the_old_code_is_over(client, outside, later):
    client.post("/accounts/phone/", FORM)
    first = code_of(outside)

    early = client.post("/accounts/phone/again/", follow=True)
    later()
    client.post("/accounts/phone/again/")

    assert "60" in str(list(early.context["messages"])[0])
    assert len(outside.messages) == 2
    if code_of(outside) != first:
        old = client.post("/accounts/phone/code/", {"code": first})
        assert (old.status_code, "code" in old.context["form"].errors) == (400, True)
    assert client.post("/accounts/phone/code/", {"code": code_of(outside)}).status_code == 302


def test_resend_when_asked_in_the_app_then_another_code_to_the_same_number(api, outside, later):
    asked = app_ask(api)
    token = {"HTTP_X_SESSION_TOKEN": asked.json()["meta"]["session_token"]}

    early = api.post(f"{AUTH}/code/resend", **token)
    later()
    again = api.post(f"{AUTH}/code/resend", **token)
    nobody = api.post(f"{AUTH}/code/resend")

    assert [answer.status_code for answer in (early, again, nobody)] == [429, 200, 409]
    assert [number for number, *_ in outside.messages] == ["+8613812345678"] * 2
    assert app_confirm(api, asked, code_of(outside)).status_code == 200


@pytest.mark.parametrize(
    ("phone", "code"),
    [("12345", None), ("0571-88886666", None), ("", None), (NUMBER, "12"), (NUMBER, "abcdef")],
)
def test_forms_when_nothing_can_be_meant_then_a_sentence_at_the_field(
    client, api, outside, phone, code
):
    page, app = client.post("/accounts/phone/", {"phone": phone}), app_ask(api, phone or None)
    field = "phone"
    if code:
        page = client.post("/accounts/phone/code/", {"code": code})
        app, field = app_confirm(api, app_ask(api, "13900000001"), code), "code"

    assert (page.status_code, list(page.context["form"].errors)) == (400, [field])
    assert (app.status_code, app.json()["errors"][0]["param"]) == (400, field)
    assert not User.objects.exists()


# --- what costs money ---------------------------------------------------------------
def test_ask_when_one_number_or_address_asks_often_then_counted_and_told(api, outside, later):
    for _ in range(5):
        assert app_ask(api).status_code == 401
        later()
    sixth = app_ask(api)
    others = [app_ask(api, f"139000000{at:02}").status_code for at in range(20)]

    assert (sixth.status_code, sixth.json()["errors"][0]["code"]) == (429, "throttled")
    assert int(sixth["Retry-After"]) > 0
    assert others.count(401) == 20 - 6
    assert len(outside.messages) == 5 + 14


def test_ask_when_the_day_of_the_shop_is_spent_then_no_more(api, outside, settings):
    settings.SMS_MESSAGES_PER_DAY = 1

    assert app_ask(api).status_code == 401
    assert app_ask(api, "13900000001").status_code == 429
    assert len(outside.messages) == 1


def test_ask_when_nobody_can_count_then_nothing_is_sent(client, outside):
    with override_settings(CACHES=DEAD_REDIS):
        answer = client.post("/accounts/phone/", FORM)

    assert outside.messages == []
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, ["phone"])


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ("LimitExceeded.PhoneNumberDailyLimit", 400, "message_refused"),
        ("LimitExceeded.PhoneNumberThirtySecondLimit", 400, "message_refused"),
        ("FailedOperation.PhoneNumberInBlacklist", 400, "message_refused"),
        ("FailedOperation.InsufficientBalanceInSmsPackage", 503, "message_unavailable"),
        ("AuthFailure", 503, "message_unavailable"),
    ],
)
def test_ask_when_the_provider_refuses_then_one_sentence(client, api, outside, said, status, code):
    outside.sms_code = said

    app = app_ask(api)
    page = client.post("/accounts/phone/", {"phone": "13900000001"})

    assert (app.status_code, app.json()["errors"][0]["code"]) == (status, code)
    assert (page.status_code, list(page.context["form"].errors)) == (400, ["phone"])
    assert page.context["form"]["phone"].value() == "13900000001"


@pytest.mark.parametrize("broken", ["slow", "noise"])
def test_ask_when_the_provider_does_not_answer_then_told_and_left_alone(
    api, outside, monkeypatch, broken
):
    monkeypatch.setattr(tencent, "TIMEOUT_SECONDS", 0.3)
    tencent._client_of.cache_clear()
    outside.broken["/"] = broken

    answers = [app_ask(api, f"139000000{at:02}") for at in range(SILENT_IN_A_ROW + 2)]

    assert {answer.status_code for answer in answers} == {503}
    assert outside.calls == ["/"] * SILENT_IN_A_ROW


def test_pages_when_nobody_sends_messages_then_there_are_none(client, api, settings, signed_in_api):
    settings.SMS_PROVIDER = ""

    assert client.get("/accounts/phone/").status_code == 404
    assert app_ask(api).status_code == 404
    assert signed_in_api.get("/api/v1/me/phone").status_code == 404
    assert "accounts/phone" not in client.get("/accounts/login/").content.decode()


# --- the member's own ------------------------------------------------------------------
def test_own_when_nobody_sends_messages_then_a_number_that_is_kept_is_shown_and_goes(
    signed_in, signed_in_api, member, settings
):
    settings.SMS_PROVIDER = ""
    phone_numbers.attach(member, NUMBER)

    listed = signed_in.get("/account/").content.decode()
    shown = signed_in.get("/account/phone/").content.decode()
    read = signed_in_api.get("/api/v1/me/phone").json()
    asked = signed_in_api.post("/api/v1/me/phone", FORM, format="json")
    page = signed_in.post("/account/phone/", FORM)
    gone = signed_in.post("/account/phone/remove/", follow=True)

    assert 'href="/account/phone/"' in listed
    assert "138****5678" in shown and 'name="phone"' not in shown
    assert read == {"phone": "138****5678"}
    assert (asked.status_code, page.status_code) == (404, 404)
    assert (gone.status_code, phone_numbers.of(member)) == (200, "")
    assert "/account/phone/" not in signed_in.get("/account/").content.decode()
    phone_numbers.attach(member, NUMBER)
    assert signed_in_api.delete("/api/v1/me/phone").status_code == 204
    assert signed_in.get("/account/phone/").status_code == 404


def test_own_when_added_changed_and_removed_then_one_number_and_a_line_in_the_log(
    signed_in, member, outside, later
):
    signed_in.post("/account/phone/", FORM)
    signed_in.post("/account/phone/code/", {"code": code_of(outside)})
    shown = signed_in.get("/account/phone/").content.decode()
    later()
    signed_in.post("/account/phone/", {"phone": "+852 9123 4567"})
    signed_in.post("/account/phone/code/", {"code": code_of(outside)})

    assert "138****5678" in shown and NUMBER not in shown
    assert phone_numbers.of(member) == "+85291234567"
    assert phone_numbers.holder_of(NUMBER) is None
    signed_in.post("/account/phone/remove/")
    assert not PhoneNumber.objects.exists()
    noted = list(AuditRow.objects.order_by("pk").values_list("action", flat=True))
    assert noted == ["accounts.add_phone"] * 2 + ["accounts.remove_phone"]


def test_own_when_the_number_is_anothers_then_told_after_the_code_only(
    signed_in_api, other_member, outside
):
    phone_numbers.attach(other_member, NUMBER)

    asked = signed_in_api.post("/api/v1/me/phone", FORM, format="json")
    answer = signed_in_api.post("/api/v1/me/phone/code", {"code": code_of(outside)}, format="json")

    assert asked.status_code == 202
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "phone_taken")
    assert phone_numbers.holder_of(NUMBER) == other_member


def test_remove_when_it_is_the_only_way_in_then_refused(client, outside, signed_in_api, member):
    page_sign_in(client, outside)
    client.post("/account/phone/remove/")
    newcomer = User.objects.latest("pk")

    assert phone_numbers.of(newcomer) == NUMBER
    assert client.post("/account/privacy/export/", {"password": "x"}).context["form"].errors
    client.post("/accounts/password/set/", {"password1": PASSWORD, "password2": PASSWORD})
    client.login(username=newcomer.username, password=PASSWORD)
    client.force_login(User.objects.get(pk=newcomer.pk))
    client.post("/account/phone/remove/")
    assert phone_numbers.of(newcomer) == ""
    assert signed_in_api.delete("/api/v1/me/phone").status_code == 204


# --- one person ----------------------------------------------------------------------------
def test_bonus_when_a_person_comes_again_by_another_way_then_once(client, outside, member, later):
    phone_numbers.attach(member, NUMBER)
    phone_numbers.detach(member)

    page_sign_in(client, outside)

    second = User.objects.exclude(pk=member.pk).get()
    assert balance.of(second).available == 0
    assert set(BonusClaim.objects.values_list("claimed_by", flat=True)) == {member.pk}


def test_attach_when_the_account_is_the_persons_second_then_it_does_not_become_the_first(member):
    from accounts import persons

    second = register("again", "member+1@example.com", PASSWORD)
    phone_numbers.attach(second, NUMBER)

    assert (persons.is_first(member.pk), persons.is_first(second.pk)) == (True, False)


def test_email_when_a_member_by_phone_tells_one_then_it_is_theirs(client, outside):
    from allauth.account.models import EmailAddress, EmailConfirmationHMAC

    page_sign_in(client, outside)
    listed = client.get("/accounts/email/").content.decode()
    client.post("/accounts/email/", {"email": "new@example.com", "action_add": ""})
    address = EmailAddress.objects.get()
    client.post(f"/accounts/confirm-email/{EmailConfirmationHMAC(address).key}/")

    member = User.objects.get()
    assert "no-mail" not in listed
    assert (member.mailbox, EmailAddress.objects.get().primary) == ("new@example.com", True)
    register("other", "new+1@example.com", PASSWORD)
    assert balance.of(User.objects.get(username="other")).available == 0


# --- personal data ---------------------------------------------------------------------------
def test_number_when_a_member_leaves_then_forgotten_and_exported_before(client, outside):
    page_sign_in(client, outside)
    member = User.objects.get()
    exported = "".join(export.as_json(member))

    closing.close(member)

    assert f'"phone": "{NUMBER}"' in exported and "no-mail" not in exported
    assert not PhoneNumber.objects.exists()
    assert BonusClaim.objects.count() == 1


def test_number_and_code_when_dumped_or_logged_then_nowhere(client, api, outside):
    written = io.StringIO()
    handler, root = logging.StreamHandler(written), logging.getLogger()
    handler.setLevel(logging.DEBUG)
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        client.post("/accounts/phone/", FORM)
        code = code_of(outside)
        proof = str(cache.get(f"phone-proof:{client.session['phone_sign_in']}"))
        client.post("/accounts/phone/code/", {"code": wrong(code)})
        sessions = client.session.items()
        client.post("/accounts/phone/code/", {"code": code})
        app_confirm(api, app_ask(api, "13900000001"), wrong(code_of(outside)))
    finally:
        root.removeHandler(handler)
        root.setLevel(before)

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_phonenumber")
        rows = str(cursor.fetchall())
    for secret in (NUMBER, code):
        assert secret not in written.getvalue() and secret not in rows
        assert secret not in str(dict(sessions)) and secret not in proof
    assert "'number'" in proof and PhoneNumber.objects.exists()
