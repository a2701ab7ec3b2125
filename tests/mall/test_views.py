"""Answers at addresses nobody built, and to faults."""

import pytest
from django.test import RequestFactory

from mall import views

pytestmark = pytest.mark.django_db


def test_not_found_when_under_the_api_then_the_error_shape(client):
    answer = client.get("/api/v1/nothing-here", headers={"accept-language": "en"})

    assert answer.status_code == 404
    assert answer.json()["type"] == "client_error"
    assert answer.json()["errors"] == [{"code": "not_found", "detail": "There is nothing at this address.", "attr": None}]
    assert answer.json()["request_id"]


def test_not_found_when_a_page_then_a_way_on(signed_in):
    answer = signed_in.get("/nothing-here/")

    assert answer.status_code == 404
    assert "404.html" in [template.name for template in answer.templates]


@pytest.mark.parametrize(("path", "kind"), [("/api/v1/points", "application/json"), ("/points/", "text/html; charset=utf-8")])
def test_server_error_when_anywhere_then_a_kind_answer_of_its_kind(path, kind):
    answer = views.server_error(RequestFactory().get(path))

    assert answer.status_code == 500
    assert answer["Content-Type"] == kind
