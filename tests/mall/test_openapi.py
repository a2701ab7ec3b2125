"""One document that describes the whole API, and the page that shows it."""

import io
import json
import re

import pytest
import yaml
from django.core.management import call_command
from openapi_spec_validator import validate


@pytest.fixture(scope="module")
def document():
    written = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=written)
    return yaml.safe_load(written.getvalue())


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in {"get", "post", "put", "patch", "delete"}:
                yield path, method, operation


def test_document_when_written_then_valid_and_without_a_warning(document):
    validate(document)


def test_document_when_read_then_covers_members_and_shop(document):
    paths = set(document["paths"])

    assert {
        f"/api/auth/app/v1/{tail}"
        for tail in ("auth/signup", "auth/login", "auth/session", "tokens/refresh")
    } <= paths
    assert {
        "/api/v1/me",
        "/api/v1/points",
        "/api/v1/checkins",
        "/api/v1/products",
        "/api/v1/orders",
    } <= paths


def test_document_when_read_then_every_operation_has_a_name_of_its_own(document):
    names = [operation["operationId"] for _, _, operation in operations(document)]

    assert len(names) == len(set(names))


def test_document_when_read_then_every_reference_is_answered(document):
    text = json.dumps(document)
    named = {
        f"#/components/{section}/{name}"
        for section, entries in document["components"].items()
        for name in entries
    }

    assert set(re.findall(r"#/components/[A-Za-z]+/[A-Za-z0-9_.]+", text)) <= named


def test_document_when_an_endpoint_changes_something_then_names_its_refusals(document):
    for path, method, operation in operations(document):
        if path.startswith("/api/v1/") and method != "get":
            assert {"400", "409", "429", "503"} <= set(operation["responses"]), f"{method} {path}"


# --- what generated clients stumbled over (tests/clients) ---------------------------
def test_document_when_read_then_every_operation_says_how_it_is_authorised(document):
    schemes = set(document["components"]["securitySchemes"])

    for path, method, operation in operations(document):
        assert "security" in operation, f"{method} {path}"
        assert operation["security"] != [{}], f"{method} {path}"
        assert {name for way in operation["security"] for name in way} <= schemes
    ways = {
        path.removeprefix("/api/auth/app/v1/"): operation["security"]
        for path, _method, operation in operations(document)
    }
    assert ways["account/email"] == [{"bearer": []}, {"AuthSession": []}]
    assert ways["tokens/refresh"] == ways["auth/login"] == []


def test_document_when_read_then_answers_require_what_they_always_have(document):
    schemas = document["components"]["schemas"]
    optional = {
        name: set(schema["properties"]) - set(schema.get("required", ()))
        for name, schema in schemas.items()
        if "properties" in schema and not name.startswith("Auth") and not name.endswith("Request")
    }

    assert {name: left for name, left in optional.items() if left} == {
        "OrderRefusal": {"quote"},
        # goods that nobody carries have none
        "Basket": {"delivery"},
        "ProposedQuote": {"delivery"},
        "PutAgain": {"delivery"},
        # few were multiplied
        "Entry": {"formula"},
    }


def test_document_when_read_then_requests_have_no_defaults_and_enums_no_blank(document):
    text = json.dumps(document["components"]["schemas"])

    assert '"default"' not in text
    assert "BlankEnum" not in text
    assert '"enum": [""' not in text


def test_document_when_read_then_tokens_refusals_and_quotes_are_described(document):
    schemas = document["components"]["schemas"]

    meta = schemas["AuthBaseAuthenticationMeta"]["properties"]
    assert {"session_token", "access_token", "refresh_token"} <= set(meta)
    answer = document["paths"]["/api/v1/orders"]["post"]["responses"]["409"]
    shape = answer["content"]["application/json"]["schema"]["$ref"]
    assert shape == "#/components/schemas/OrderRefusal"
    for path, method, operation in operations(document):
        assert {"429", "503"} <= set(operation["responses"]), f"{method} {path}"
        assert operation["summary"].strip(), f"{method} {path}"


def test_document_when_something_may_be_null_then_said_in_one_way(document):
    schemas = document["components"]["schemas"]
    null = {"type": "null"}

    assert document["openapi"] == "3.1.0"
    assert '"nullable"' not in json.dumps(document)
    coupon = schemas["Quote"]["properties"]["coupon"]
    assert coupon["oneOf"] == [{"$ref": "#/components/schemas/QuotedCoupon"}, null]
    assert schemas["PaginatedEntryList"]["properties"]["next"]["type"] == ["string", "null"]
    assert schemas["AuthOptionalTimestamp"]["type"] == ["number", "null"]


@pytest.mark.django_db
def test_phone_when_asked_in_any_way_then_404_and_not_in_the_document(client, document):
    phones = [path for path in document["paths"] if "/phone" in path]
    assert phones == ["/api/v1/me/phone", "/api/v1/me/phone/code"]
    for path in ("account/phone", "auth/phone/verify", "auth/phone/verify/resend"):
        address = f"/api/auth/app/v1/{path}"
        asked = client.post(address, {"phone": "13812345678"}, content_type="application/json")
        assert (client.get(address).status_code, asked.status_code) == (404, 404)


@pytest.mark.django_db
def test_schema_when_asked_by_a_stranger_then_served(client):
    answer = client.get("/api/schema/")

    assert answer.status_code == 200
    assert yaml.safe_load(answer.content)["info"]["title"] == "Points Mall API"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_docs_when_opened_in_a_browser_then_shown_without_another_host(page, live_server):
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )

    page.goto("/api/docs/")
    # Swagger UI writes what is near the window only: the first of a long document
    page.get_by_text("/api/v1/cart").first.wait_for(timeout=30_000)

    assert [url for url in asked if not url.startswith((live_server.url, "data:"))] == []
    assert complaints == []


@pytest.mark.django_db
def test_schema_when_asked_again_then_written_once(client, monkeypatch):
    first = client.get("/api/schema/").content
    monkeypatch.setattr(
        "drf_spectacular.generators.SchemaGenerator.get_schema",
        lambda *_, **__: pytest.fail("written twice"),
    )

    assert client.get("/api/schema/").content == first
