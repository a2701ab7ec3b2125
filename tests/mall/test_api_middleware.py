"""The short way into the API keeps what the long one promised."""

import logging

import pytest
from django.contrib.auth.decorators import login_not_required
from django.db import OperationalError
from django.http import HttpResponse, JsonResponse
from django.test.utils import override_settings
from django.urls import get_resolver, include, path, resolve
from prometheus_client import REGISTRY

from mall.api_middleware import PREFIX
from mall.core.errors import DomainError
from mall.urls import urlpatterns as urls_of_the_mall

pytestmark = pytest.mark.django_db
KEPT = dict.fromkeys(
    (
        "api/auth/",
        "api/auth/app/v1/auth/code/",
        "api/auth/app/v1/auth/signup",
        "api/schema/",
        "api/docs/",
    ),
    "long",
)
KEPT |= {"api/v1/": "short"}
KEPT["^api/auth/app/v1/(account|auth)/phone"] = "long"  # none of ours


def forgotten(request):
    return HttpResponse("secret")


@login_not_required
def look(request):
    """Say what the request has."""
    has = [name for name in ("session", "user", "htmx", "allauth") if hasattr(request, name)]
    return JsonResponse({"has": has})


@login_not_required
def refuse(request):
    raise DomainError("No.")


@login_not_required
def fail(request):
    raise OperationalError(2006, "gone away")


urlpatterns = [
    path("api/v1/forgotten", forgotten),
    path("api/v1/look", look),
    path("api/v1/refuse", refuse),
    path("api/v1/fail", fail),
    path("look", look),
    path("", include(urls_of_the_mall)),
]
with_views = override_settings(ROOT_URLCONF=__name__)


@with_views
def test_api_when_asked_then_without_session_user_and_page_things(client):
    short, long = client.get("/api/v1/look").json(), client.get("/look").json()

    assert (short["has"], long["has"]) == ([], ["session", "user", "htmx", "allauth"])


def test_api_when_asked_then_no_cookie_is_set_or_varied_on(client, signed_in_api):
    answers = [client.get("/api/v1/products"), signed_in_api.get("/api/v1/me")]

    assert [list(answer.cookies) for answer in answers] == [[], []]
    # what a list says of affordable goods is the reader's own
    assert [answer["Vary"] for answer in answers] == [
        "Accept-Language, Authorization",
        "Accept-Language",
    ]


def test_api_when_every_address_is_read_then_its_way_is_decided():
    """A new door under /api/ takes the short way or stands in KEPT with the long one."""
    found = {
        str(entry.pattern) for entry in get_resolver().url_patterns if "api/" in str(entry.pattern)
    }

    assert found == set(KEPT)
    assert [prefix for prefix, way in KEPT.items() if way == "short"] == [PREFIX.lstrip("/")]


@with_views
@override_settings(SECURE_HSTS_SECONDS=60)
@pytest.mark.parametrize("secure", [False, True])
def test_api_when_answered_then_what_a_page_says_to_every_browser_stands_on_it(client, secure):
    """What a page passes, one step does for the API; and nothing else is said."""
    short, long = (client.get(path, secure=secure) for path in ("/api/v1/look", "/look"))

    page = {name: value for name, value in long.headers.items() if name != "Vary"}
    page["Content-Length"] = str(len(short.content))
    assert dict(short.headers) == {**page, "Vary": "Accept-Language"}


@with_views
def test_api_when_a_view_asks_nobody_who_it_is_then_shut(client, signed_in):
    answers = [one.get("/api/v1/forgotten") for one in (client, signed_in)]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json()["errors"][0]["code"] == "not_authenticated"


@with_views
def test_api_when_a_view_refuses_then_in_the_error_shape(client):
    answer = client.get("/api/v1/refuse")

    assert answer.status_code == DomainError.status
    assert answer.json()["errors"][0]["detail"] == "No."


@with_views
def test_api_when_the_database_is_away_then_503_in_the_error_shape(client):
    answer = client.get("/api/v1/fail")

    assert (answer.status_code, answer["Cache-Control"]) == (503, "no-store")
    assert answer.json()["type"] == "server_error"
    assert int(answer["Retry-After"]) > 0


@override_settings(ALLOWED_HOSTS=["shop.example"])
@pytest.mark.parametrize(("host", "status"), [("shop.example", 200), ("evil.example", 400)])
def test_api_when_asked_by_another_host_then_400(client, host, status):
    assert client.get("/api/v1/categories", HTTP_HOST=host).status_code == status


@override_settings(SECURE_SSL_REDIRECT=True, SECURE_HSTS_SECONDS=60)
def test_api_when_asked_without_tls_then_led_there(client):
    plain, secure = client.get("/api/v1/categories"), client.get("/api/v1/categories", secure=True)

    assert (plain.status_code, plain["Location"]) == (
        301,
        "https://testserver/api/v1/categories",
    )
    assert (secure.status_code, secure["Strict-Transport-Security"]) == (200, "max-age=60")


def test_api_when_a_body_hides_its_length_then_411(client):
    answer = client.post("/api/v1/orders", HTTP_TRANSFER_ENCODING="chunked")

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (411, "length_required")


@pytest.mark.parametrize(("asked", "said"), [("en", "en"), ("zh-CN", "zh-hans"), ("", "zh-hans")])
def test_api_when_a_language_is_asked_for_then_spoken(client, asked, said):
    answer = client.get("/api/v1/nothing", HTTP_ACCEPT_LANGUAGE=asked)

    assert (answer.status_code, answer["Content-Language"]) == (404, said)
    assert answer.json()["errors"][0]["detail"].isascii() is (said == "en")


def test_api_when_answered_then_counted_once_with_its_view(client):
    def counted():
        view = resolve("/api/v1/categories").view_name
        labels = {"status": "200", "view": view, "method": "GET"}
        name = "django_http_responses_total_by_status_view_method_total"
        return REGISTRY.get_sample_value(name, labels) or 0

    before = counted()
    client.get("/api/v1/categories")

    assert counted() - before == 1


def test_api_when_answered_then_one_line_with_who_asked(signed_in_api, member, caplog):
    caplog.set_level(logging.INFO)

    signed_in_api.get("/api/v1/me", REMOTE_ADDR="::ffff:192.0.2.7")

    lines = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    told = [line for line in lines if line["event"] == "request_finished"]
    assert [(line["user_id"], line["ip"], line["code"], line["request"]) for line in told] == [
        (member.pk, "192.0.2.7", 200, "GET /api/v1/me")
    ]
    assert len(told[0]["request_id"]) == 36
