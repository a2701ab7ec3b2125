"""What every answer says to the browser."""

import pytest

pytestmark = pytest.mark.django_db
SELF = ("default-src 'self'", "script-src 'self'", "style-src 'self'", "form-action 'self'")
NONE = ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'")


def directives(answer):
    return {part.strip() for part in answer["Content-Security-Policy"].split(";")}


@pytest.mark.parametrize(
    "address",
    ["/", "/products/", "/accounts/login/", "/healthz", "/api/v1/categories", "/nothing-here/"],
)
def test_answer_when_anywhere_then_strict(client, address):
    answer = client.get(address)

    assert {*SELF, *NONE} <= directives(answer)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]


def test_policy_when_under_the_admin_then_looser_there_only(client):
    admin, docs = directives(client.get("/admin/login/")), directives(client.get("/api/docs/"))

    assert "script-src 'self' 'unsafe-eval'" in admin
    assert "style-src 'self' 'unsafe-inline'" in admin
    assert {"script-src 'self'", "style-src 'self' 'unsafe-inline'"} <= docs


@pytest.mark.parametrize("address", ["/", "/points/", "/account/", "/products/"])
def test_answer_when_signed_in_then_kept_nowhere(signed_in, address):
    assert "no-store" in signed_in.get(address)["Cache-Control"]


def test_answer_when_a_token_is_carried_then_kept_nowhere(signed_in_api):
    assert "no-store" in signed_in_api.get("/api/v1/me")["Cache-Control"]


def test_answer_when_a_stranger_looks_then_may_be_kept(client):
    assert "no-store" not in client.get("/products/").headers.get("Cache-Control", "")
