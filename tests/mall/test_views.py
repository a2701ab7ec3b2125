"""Answers at addresses nobody built, and to faults."""

from datetime import datetime

import pytest
from django.test import Client, RequestFactory, override_settings
from django.utils import translation
from django.utils.formats import date_format

from mall import views
from mall.core import clock

pytestmark = pytest.mark.django_db


def test_not_found_when_under_the_api_then_the_error_shape(client):
    answer = client.get("/api/v1/nothing-here", headers={"accept-language": "en"})

    assert answer.status_code == 404
    assert answer.json()["type"] == "client_error"
    assert answer.json()["errors"] == [
        {"code": "not_found", "detail": "There is nothing at this address.", "attr": None}
    ]
    assert answer.json()["request_id"]


def test_not_found_when_a_page_then_a_way_on(signed_in):
    answer = signed_in.get("/nothing-here/")

    assert answer.status_code == 404
    assert "404.html" in [template.name for template in answer.templates]


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/api/v1/points", "application/json"), ("/points/", "text/html; charset=utf-8")],
)
def test_server_error_when_anywhere_then_a_kind_answer_of_its_kind(path, kind):
    answer = views.server_error(RequestFactory().get(path))

    assert answer.status_code == 500
    assert answer["Content-Type"] == kind


@pytest.mark.parametrize(
    "path", ["/api/v1/orders/quote", "/api/v1/checkins", "/api/auth/app/v1/auth/login"]
)
def test_bad_request_when_a_body_is_huge_then_413_in_the_error_shape(signed_in_api, path):
    answer = signed_in_api.generic("POST", path, b"x" * 1_100_000, content_type="application/json")

    assert answer.status_code == 413
    assert answer.json()["errors"][0]["code"] == "too_large"


@pytest.mark.parametrize("path", ["/checkin/", "/accounts/login/"])
@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/x-www-form-urlencoded; charset=utf-16", b"a=1", 400),
        ("application/x-www-form-urlencoded", b"a=" + b"x" * 1_100_000, 413),
        ("multipart/form-data", b"x", 400),
    ],
)
def test_bad_request_when_a_form_cannot_be_read_then_a_page_says_so(kind, body, status, path):
    client = Client(enforce_csrf_checks=True)
    client.get("/accounts/login/")  # with its cookie at hand the CSRF check reads the form

    answer = client.generic("POST", path, body, content_type=kind)

    assert answer.status_code == status
    assert "400.html" in [template.name for template in answer.templates]


@pytest.mark.parametrize(
    "name", ["nothing.webp", "n" * 255, "n" * 256, "folder/" + "n" * 400 + ".webp"]
)
def test_picture_when_no_file_can_have_its_name_then_404(client, settings, tmp_path, name):
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / "there.txt").write_text("a picture")

    there, none = client.get("/media/there.txt"), client.get(f"/media/{name}")

    assert (there.getvalue(), there["Cache-Control"]) == (b"a picture", "max-age=3600")
    assert (none.status_code, none.get("Cache-Control")) == (404, None)


@override_settings(ALLOWED_HOSTS=["mall.example"])
@pytest.mark.parametrize("path", ["/", "/api/v1/products"])
def test_bad_request_when_the_host_is_unknown_then_400(client, path):
    assert client.get(path, headers={"host": "evil.example"}).status_code == 400


def test_dates_when_written_in_english_then_short_and_long_ones_look_alike():
    moment = datetime(2026, 11, 20, 21, 45, tzinfo=clock.SHOP_ZONE)

    with translation.override("en"):
        written = [
            date_format(moment, name)
            for name in (
                "DATE_FORMAT",
                "SHORT_DATE_FORMAT",
                "SHORT_DATETIME_FORMAT",
                "DATETIME_FORMAT",
            )
        ]

    assert written == ["Nov 20, 2026", "Nov 20, 2026", "Nov 20, 2026 21:45", "Nov 20, 2026 21:45"]
