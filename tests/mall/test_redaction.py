"""Keys in addresses: the mall's logs and nginx's hide each of them, and a new door with a key
cannot be forgotten.
"""

import io
import json
import logging
import logging.config
import re
import time

import pytest
from django.urls import URLPattern, get_resolver

from mall.monitoring.logs import configure_logging
from mall.monitoring.redaction import carries_key, redact
from tests.conftest import ROOT

KEY = "WyJrZXkiXQ:1uKz9d:-S3cr3tOf_the-Mail"
# Parameters of addresses that are no secrets: numbers, names and files anybody may see who may see
# the page.
PUBLIC = {"no", "payment_no", "code", "name", "provider", "path"}
KINDS = {"int", "slug"}


def doors():
    """Yield (address with KEY for each parameter that may carry one, the parameters) of every route
    but the admin's.
    """

    def walk(patterns, before=""):
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLPattern):
                yield route
            else:
                yield from walk(pattern.url_patterns, route)

    for route in walk(get_resolver().url_patterns):
        if route.startswith("admin/"):
            continue
        parts = re.findall(r"<(?:(\w+):)?(\w+)>|\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", route)
        secret = {name or named for kind, name, named in parts if kind not in KINDS} - PUBLIC
        if secret:
            yield (
                re.sub(r"<(?:\w+:)?\w+>|\(\?P<\w+>(?:[^()]|\([^()]*\))*\)", KEY, route)
                .replace("^", "")
                .replace("$", ""),
                secret,
            )


def test_redact_when_an_address_takes_a_key_then_it_is_hidden_in_our_logs_and_in_nginx():
    template = (ROOT / "ops/nginx/mall.conf.template").read_text()
    of_map, of_location = re.findall(r"\^(?:\(\?<key_door>)?(/\([^)]*\)/)", template)
    found = {f"/{route}" for route, _names in doors()}

    assert len(found) >= 4
    assert {door for door in found if KEY in redact(f"GET {door}")} == set(), (
        "add it to mall/monitoring/redaction.py, or name it PUBLIC here"
    )
    assert {door for door in found if not re.match(of_map, door)} == set(), (
        "add it to ops/nginx/mall.conf.template"
    )
    assert of_map == of_location


@pytest.mark.parametrize(
    "address",
    [
        f"/unsubscribe/{KEY}/",
        f"/unsubscribe/{KEY}",
        f"//unsubscribe//{KEY}/?page=1",
        f"/UNSUBSCRIBE/{KEY}/",
        f"/accounts/password/reset/key/3x-{KEY}/",
        f"/accounts/login/?next=/accounts/password/reset/key/3x-{KEY}/",
        f"/accounts/login/?next=%2Faccounts%2Fpassword%2Freset%2Fkey%2F3x-{KEY}%2F",
        f"/accounts/login/?next=%252funsubscribe%252f{KEY}",
        f"https://mall.example/s/{KEY}",
        f"{{'tried': [], 'path': 'accounts/password/reset/key/3x-{KEY}'}}",
        f"/accounts/weixin/login/callback/?code={KEY}&state={KEY}",
        f"/accounts/login/?next=%2Fx%3Ftoken%3D{KEY}",
    ],
)
@pytest.mark.parametrize("log_format", ["console", "json"])
def test_logs_when_a_line_names_a_key_then_it_is_hidden_and_the_line_stays_whole(
    address, log_format
):
    settings = configure_logging(log_format, level="INFO")
    handler = logging.StreamHandler(io.StringIO())
    configurator = logging.config.DictConfigurator(settings)
    handler.setFormatter(
        configurator.configure_formatter(configurator.config["formatters"]["line"])
    )
    try:
        raise ValueError(f'no view for "{address}"')
    except ValueError as error:
        what = (type(error), error, error.__traceback__)
    record = logging.LogRecord(
        "django.request", logging.WARNING, __file__, 1, "Not Found: %s (%s)", (address, "GET"), what
    )

    line = handler.format(record)

    assert KEY not in line and "S3cr3t" not in line
    assert "***" in line and "ValueError" in line
    if log_format == "json":
        assert json.loads(line)["level"] == "warning"


@pytest.mark.parametrize(
    "address",
    [
        "/products/?page=1",
        "/orders/2026112800001/codes/",
        "/accounts/password/reset/key/",
        "/unsubscribe/",
    ],
)
def test_redact_when_an_address_carries_no_key_then_it_stays(address):
    assert redact(f"GET {address}") == f"GET {address}"
    assert not carries_key(address)


@pytest.mark.parametrize(
    "piece", ["/", "%2F", "%25", "/accounts//", "/s", "accounts/", "&code", "%"]
)
def test_redact_when_an_address_is_made_to_be_slow_to_read_then_it_is_not(piece):
    """The longest address nginx lets through: looking for keys must not grow with its square (half
    a minute).
    """
    line = f"GET /{piece * (8000 // len(piece))}"

    begun = time.perf_counter()
    redact(line)

    assert time.perf_counter() - begun < 2


def test_pages_when_their_address_carries_a_key_then_the_browser_does_not_pass_it_on(client, db):
    assert client.get(f"/unsubscribe/{KEY}/").headers["Referrer-Policy"] == "strict-origin"
    assert client.get("/about/").headers["Referrer-Policy"] == "same-origin"
