"""How often one may try (docs/reliability.md, "Limits")."""

import pytest
from allauth.usersessions.models import UserSession
from django.core.cache import caches
from django.test.utils import override_settings

from accounts.models import User
from accounts.registration import register
from tests.factories.accounts import PASSWORD, mails
from tests.mall.test_limits import DEAD_REDIS

pytestmark = pytest.mark.usefixtures("standing_clock")
LOGIN_API = "/api/auth/app/v1/auth/login"


def try_password(client, password, address="10.0.0.1", name="xiaoming"):
    return client.post(
        "/accounts/login/", {"login": name, "password": password}, REMOTE_ADDR=address
    )


@pytest.fixture
def xiaoming(db):
    return register("xiaoming", "xiaoming@example.com", PASSWORD)


def test_sign_in_when_five_guesses_failed_then_closed_for_this_address_only(client, xiaoming):
    for _ in range(5):
        try_password(client, "wrong")

    try_password(client, PASSWORD)
    assert "_auth_user_id" not in client.session

    try_password(client, PASSWORD, address="10.0.0.2")
    assert client.session["_auth_user_id"] == str(xiaoming.pk)


def test_sign_in_when_guessed_from_one_ipv6_network_then_closed_for_all_of_it_only(
    client, xiaoming
):
    for n in range(5):
        try_password(client, "wrong", address=f"2001:db8:1:2::{n:x}")

    try_password(client, PASSWORD, address="2001:db8:1:2:aaaa:bbbb:cccc:dddd")
    assert "_auth_user_id" not in client.session

    try_password(client, PASSWORD, address="2001:db8:1:3::1")
    assert client.session["_auth_user_id"] == str(xiaoming.pk)
    assert UserSession.objects.get().ip == "2001:db8:1:3::1"


def test_sign_in_when_ipv4_comes_through_an_ipv6_socket_then_each_address_counts_alone(client, db):
    answers = [
        try_password(client, "wrong", name=f"guess{n}", address=f"::ffff:10.0.0.{n}").status_code
        for n in range(11)
    ]

    assert answers == [200] * 11


def test_sign_in_when_five_guesses_failed_in_the_app_then_the_page_is_closed_too(
    client, api, xiaoming
):
    for _ in range(5):
        api.post(
            LOGIN_API,
            {"username": "xiaoming", "password": "wrong"},
            format="json",
            REMOTE_ADDR="10.0.0.1",
        )

    try_password(client, PASSWORD)

    assert "_auth_user_id" not in client.session


def test_sign_in_when_the_password_was_right_then_nothing_is_counted(client, xiaoming):
    for _ in range(8):
        try_password(client, PASSWORD)
        assert client.session["_auth_user_id"] == str(xiaoming.pk)
        client.post("/accounts/logout/")


def test_sign_in_when_the_eleventh_within_a_minute_then_429(client, api, db):
    answers = [try_password(client, "wrong", name=f"guess{n}").status_code for n in range(11)]

    assert answers == [200] * 10 + [429]
    app = api.post(
        LOGIN_API, {"username": "x", "password": "y"}, format="json", REMOTE_ADDR="10.0.0.1"
    )
    assert (app.status_code, app.headers["Retry-After"]) == (429, "60")


def test_sign_in_when_guessed_from_many_addresses_then_closed_after_a_hundred(client, xiaoming):
    for n in range(100):
        try_password(client, "wrong", address=f"10.0.1.{n}")

    try_password(client, PASSWORD, address="10.0.2.1")

    assert "_auth_user_id" not in client.session


def test_sign_up_when_the_sixth_of_an_hour_then_429_and_not_made(client, db):
    def sign_up(n):
        answer = client.post(
            "/accounts/signup/",
            {"username": f"new{n}", "email": f"new{n}@example.com", "password1": PASSWORD},
        )
        client.post("/accounts/logout/")
        return answer.status_code

    answers = [sign_up(n) for n in range(6)]

    assert answers == [302] * 5 + [429]
    assert User.objects.count() == 5


def test_sign_up_when_typing_mistakes_then_they_cost_nothing(client, db):
    for _ in range(7):
        client.post(
            "/accounts/signup/", {"username": "new", "email": "new@example.com", "password1": "1"}
        )

    client.post(
        "/accounts/signup/", {"username": "new", "email": "new@example.com", "password1": PASSWORD}
    )

    assert User.objects.count() == 1


def test_reset_when_the_sixth_for_one_mailbox_then_no_more_mail(client, xiaoming):
    answers = [
        client.post("/accounts/password/reset/", {"email": "xiaoming@example.com"}).status_code
        for _ in range(6)
    ]

    assert answers[:5] == [302] * 5
    assert len(mails()) == 5


def test_reset_when_the_eleventh_of_an_hour_from_one_address_then_429(client, db):
    answers = [
        client.post("/accounts/password/reset/", {"email": f"nobody{n}@example.com"}).status_code
        for n in range(11)
    ]

    assert answers == [302] * 10 + [429]


# --- the accounts API in general ------------------------------------------------------------
CONFIG, SESSION = "/api/auth/app/v1/config", "/api/auth/app/v1/auth/session"


def test_app_when_a_stranger_asks_more_than_a_hundred_times_then_429_at_both_halves_of_the_api(
    api, db
):
    answers = [
        api.get(path).status_code for path in (CONFIG, "/api/v1/categories") for _ in range(50)
    ]

    refused = [api.get(path) for path in (CONFIG, "/api/v1/categories")]
    elsewhere = api.get(CONFIG, REMOTE_ADDR="10.0.0.9").status_code

    assert (set(answers), [answer.status_code for answer in refused], elsewhere) == (
        {200},
        [429, 429],
        200,
    )
    assert (refused[0].json()["errors"][0]["code"], 1 <= int(refused[0]["Retry-After"]) <= 900) == (
        "throttled",
        True,
    )


def test_app_when_a_token_is_shown_then_counted_as_members_are(bearer, api, xiaoming):
    caller = bearer(xiaoming)
    answers = [caller.get(SESSION).status_code for _ in range(120)]

    refused = caller.get(SESSION)

    assert (set(answers), refused.status_code) == ({200}, 429)
    assert 1 <= int(refused["Retry-After"]) <= 60
    # a stranger of the same address has a count of its own
    assert api.get(CONFIG).status_code == 200


# --- when nobody can count -------------------------------------------------------------
@pytest.fixture
def dead_redis():
    with override_settings(CACHES=DEAD_REDIS):
        yield
    caches.close_all()


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("/accounts/login/", {"login": "xiaoming", "password": PASSWORD}),
        ("/accounts/password/reset/", {"email": "xiaoming@example.com"}),
    ],
)
def test_page_when_redis_is_gone_then_secrets_stay_closed(
    client, xiaoming, dead_redis, address, form
):
    answer = client.post(address, form)

    assert answer.status_code == 429
    assert "_auth_user_id" not in client.session
    assert mails() == []


@pytest.mark.parametrize(
    ("address", "body"),
    [
        (LOGIN_API, {"username": "xiaoming", "password": PASSWORD}),
        ("/api/auth/app/v1/auth/password/request", {"email": "xiaoming@example.com"}),
    ],
)
def test_app_when_redis_is_gone_then_secrets_stay_closed(api, xiaoming, dead_redis, address, body):
    answer = api.post(address, body, format="json")

    assert (answer.status_code, mails()) == (429, [])


def test_sign_up_when_redis_is_gone_then_closed(client, db, dead_redis):
    client.post(
        "/accounts/signup/", {"username": "new", "email": "new@example.com", "password1": PASSWORD}
    )

    assert not User.objects.exists()


def test_export_and_deletion_when_redis_is_gone_then_closed(client, xiaoming, dead_redis):
    client.force_login(xiaoming)

    for address in ("/account/privacy/export/", "/account/privacy/delete/"):
        client.post(address, {"password": PASSWORD, "shape": "json", "sure": "on"})

    assert User.objects.get(pk=xiaoming.pk).is_active


def test_pages_when_redis_is_gone_then_browsing_and_checking_in_stay_open(
    client, xiaoming, dead_redis
):
    client.force_login(xiaoming)

    assert [
        client.get(address).status_code
        for address in ("/", "/products/", "/account/", "/inbox/", "/points/")
    ] == [200] * 5
    assert client.post("/checkin/").status_code == 302
    assert xiaoming.check_ins.count() == 1
