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
    page.get_by_text("/api/v1/checkins").first.wait_for()

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
