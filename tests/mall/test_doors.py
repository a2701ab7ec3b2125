"""Who may knock where: every operation of the API document by a stranger, another member and each
role of staff.

Source: docs/reliability.md, "somebody else's object", "operator abuse". The lists are made of the
document and the addresses, so a door that is added tomorrow is tried too.
"""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import Group
from django.urls import URLPattern, get_resolver
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from accounts.models import Address
from catalog.models import Review, StockMovement
from mall.core.api import Clerk
from orders.models import Order, RefundRequest
from orders.reviews import lines as reviews
from points.models import Adjustment, LedgerEntry, RiskCase
from tests.factories.catalog import SkuFactory
from tests.factories.orders import address_of, ask, give_points, pay, place, received, virtual_sku
from tests.factories.points import member_with

pytestmark = pytest.mark.django_db
METHODS = ("get", "post", "put", "patch", "delete")
PUBLIC = {
    "GET /api/v1/categories",
    "GET /api/v1/products",
    "GET /api/v1/products/suggestions",
    "GET /api/v1/products/{product_id}",
    "GET /api/v1/products/{product_id}/reviews",
    "GET /api/v1/points/rules",
    "GET /api/v1/flash",
    "GET /api/v1/shop",
    "GET /api/v1/pages/{kind}",
    "GET /api/v1/draws",
    "GET /api/v1/draws/{code}",
    "GET /api/v1/draws/{code}/proof",
    "GET /api/v1/flash/{item}/lots",
}
# by servers, over the raw body
SIGNED = {"POST /api/v1/events", "POST /api/v1/payments/{provider}/notify"}
WORDS = "A long enough word about it."
BODIES = {
    "codes": {"password": "a guess"},
    "payments": {"provider": "sandbox"},
    "reviews": {"line": 1, "stars": 1, "text": WORDS},
    "{id}": {"stars": 1, "text": WORDS},
}
# Whose right each act of staff is; GET is looking, which every role but shoppers may.
ACTS = {
    # asking; deciding is tried in tests/points/test_staff_api.py
    "adjustments": {"operator", "finance", "admin"},
    "campaigns": {"operator", "admin"},
    "cases": {"finance", "admin"},
    "freight-templates": {"operator", "admin"},
    "orders": {"operator", "admin"},
    "products": {"operator", "admin"},
    "refunds": {"operator", "finance", "admin"},
    "prices": {"operator", "admin"},
    "referrals": {"operator", "admin"},
    "rules": {"operator", "finance", "admin"},
    "segments": {"operator", "admin"},
    "skus": {"operator", "admin"},
    "stock": {"operator", "admin"},
    "tags": {"operator", "admin"},
    "webhooks": {"operator", "admin"},
}


@pytest.fixture(scope="module")
def operations():
    """[(method, path)] of API v1."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    return [
        (method, path)
        for path, found in document["paths"].items()
        for method in METHODS
        if method in found and path.startswith("/api/v1/")
    ]


@pytest.fixture(autouse=True)
def no_limits(settings):
    settings.RATELIMIT_ENABLE = False


def as_user(user):
    caller = APIClient()
    caller.force_authenticate(user)
    return caller


def clerk_of(role):
    clerk = member_with()
    clerk.is_staff = role != "shopper"
    clerk.save(update_fields=["is_staff"])
    clerk.groups.add(Group.objects.get(name=role))
    return clerk


def filled(path, **names):
    for name in (
        "id",
        "no",
        "kind",
        "number",
        "sku",
        "product_id",
        "template",
        "item",
        "code",
        "name",
        "year",
    ):
        path = path.replace(f"{{{name}}}", str(names.get(name, 1)))
    return path.replace("{provider}", "sandbox")


def knock(caller, method, path, **names):
    """Send the least body an address takes; returns the status."""
    body = None if method in ("get", "delete") else BODIES.get(path.rpartition("/")[2], {})
    if path.endswith("/refunds") and method == "post":
        body = {"lines": [{"line": 1, "quantity": 1}], "reason": "because"}
    if path.endswith("addresses/{id}") and method == "patch":
        body = {"city": "Elsewhere"}
    answer = getattr(caller, method)(
        filled(path, **names), body, format="json", headers={"Idempotency-Key": "a-key"}
    )
    return answer.status_code


def test_doors_when_a_stranger_knocks_then_only_the_shop_window_opens(api, operations):
    member_with(100)
    SkuFactory(stock=1)
    before = LedgerEntry.objects.count()

    answers = {f"{method.upper()} {path}": knock(api, method, path) for method, path in operations}

    opened = {label for label, status in answers.items() if status < 400 or status == 404}
    assert opened <= PUBLIC, opened - PUBLIC
    assert {status for label, status in answers.items() if label not in PUBLIC | SIGNED} == {401}
    assert all(400 <= answers[label] < 500 for label in SIGNED), answers
    assert LedgerEntry.objects.count() == before


def test_doors_when_another_member_knows_the_number_then_404_and_nothing_changes(
    member, other_member, operations
):
    give_points(member, 500)
    order = received(pay(place(member, virtual_sku(points=5, cash="9.00"))))
    waiting = place(member, virtual_sku(points=5, cash="9.00"))
    asked = ask(order, 1)
    second = received(pay(place(member, virtual_sku(points=5, cash="9.00"))))
    review = reviews.write(member, no=second.no, line=second.lines.get().pk, stars=4, text=WORDS)
    address = address_of(member)
    caller = as_user(other_member)

    def state():
        models = (Order, RefundRequest, Review, Address, LedgerEntry)
        return [list(model._base_manager.order_by("pk").values_list()) for model in models]

    before = state()
    own = [
        (method, path)
        for method, path in operations
        if path.startswith(("/api/v1/orders/{no}", "/api/v1/me/")) and "{" in path
    ]
    answers = {}
    for no in (order.no, waiting.no):
        for method, path in own:
            pk = review.pk if "reviews" in path else address.pk
            answers[f"{method} {path} of {no}"] = knock(
                caller, method, path, no=no, number=asked.number, id=pk
            )

    assert len(own) >= 14
    assert {label: status for label, status in answers.items() if status != 404} == {}
    assert state() == before


@pytest.mark.parametrize("role", ["shopper", "support", "operator", "finance", "auditor", "admin"])
def test_doors_when_staff_knocks_then_each_role_opens_its_own(role, operations, member):
    caller, staff = (
        as_user(clerk_of(role)),
        [(method, path) for method, path in operations if path.startswith("/api/v1/staff/")],
    )
    before = [model.objects.count() for model in (Adjustment, RiskCase, StockMovement, LedgerEntry)]

    wrong = {}
    for method, path in staff:
        room = path.split("/")[4]
        if room == "reports":
            may = role in {"operator", "finance", "auditor", "admin"}
        elif method == "get":
            may = role != "shopper"
        else:
            may = role in ACTS[room]
        status = knock(caller, method, path, id=987654, sku=987654, no="M0", name="activity")
        if path.endswith(("/approve", "/reject")):
            may = role in {"finance", "admin"}
        if (status != 403) != may or status >= 500:
            wrong[f"{method} {path}"] = status

    assert len(staff) >= 20
    assert wrong == {}
    assert [
        model.objects.count() for model in (Adjustment, RiskCase, StockMovement, LedgerEntry)
    ] == before


# --- the second factor of staff -------------------------------------------------
def addresses_under(patterns, prefix=""):
    """[(address, view)] of every page and endpoint."""
    for pattern in patterns:
        address = prefix + str(pattern.pattern).replace("^", "").replace("$", "").replace(r"\Z", "")
        if isinstance(pattern, URLPattern):
            yield address, pattern.callback
        else:
            yield from addresses_under(pattern.url_patterns, address)


@pytest.mark.parametrize("role", ["shopper", "support", "operator", "finance", "auditor", "admin"])
def test_doors_when_staff_has_no_second_factor_then_every_door_of_staff_is_shut(
    role, operations, settings
):
    settings.STAFF_NEED_SECOND_FACTOR = True
    clerk = clerk_of(role)
    caller, staff = (
        as_user(clerk),
        [(method, path) for method, path in operations if path.startswith("/api/v1/staff/")],
    )
    code = "permission_denied" if role == "shopper" else "second_factor_required"

    answers = {}
    for method, path in staff:
        body = None if method in ("get", "delete") else {}
        answer = getattr(caller, method)(
            filled(path, name="activity"), body, format="json", headers={"Accept-Language": "en"}
        )
        answers[f"{method.upper()} {path}"] = answer.status_code, answer.json()["errors"][0]["code"]

    assert len(staff) >= 20
    assert {label: told for label, told in answers.items() if told != (403, code)} == {}


def test_doors_when_staff_has_no_second_factor_then_told_how_to_get_one(settings):
    settings.STAFF_NEED_SECOND_FACTOR = True

    answer = as_user(clerk_of("finance")).get(
        "/api/v1/staff/adjustments", headers={"Accept-Language": "en"}
    )

    assert (
        "Please set one up first: on the page Account, Two-step sign-in"
        in answer.json()["errors"][0]["detail"]
    )


def test_doors_when_staff_has_the_second_factor_then_open_and_with_codes_alone_shut(settings):
    settings.STAFF_NEED_SECOND_FACTOR = True
    clerk = clerk_of("finance")
    TOTP.activate(clerk, generate_totp_secret())
    RecoveryCodes.activate(clerk)

    enrolled = as_user(clerk).get("/api/v1/staff/adjustments").status_code
    # What an administrator does for somebody whose phone is gone; allauth then asks for nothing at
    # sign-in.
    Authenticator.objects.filter(user=clerk, type="totp").delete()
    left_with_codes = as_user(clerk).get("/api/v1/staff/adjustments").status_code

    assert (enrolled, left_with_codes) == (200, 403)


def test_doors_when_staff_has_no_second_factor_then_no_page_of_the_back_office_opens(
    client, settings
):
    settings.STAFF_NEED_SECOND_FACTOR = True
    clerk = clerk_of("admin")
    clerk.is_superuser = True
    clerk.save(update_fields=["is_superuser"])
    client.force_login(clerk)
    free = {"admin/login/", "admin/logout/", "admin/jsi18n/"}
    pages = {
        address
        for address, _view in addresses_under(get_resolver().url_patterns)
        if address.startswith("admin/")
    } - free

    answers = {}
    for address in pages:
        answer = client.get("/" + re.sub(r"\(\?P<[^)]*\)|<[^>]*>", "1", address))
        answers[address] = answer.status_code, answer.get("Location", "").split("?")[0]

    assert len(pages) > 100
    assert {
        address: told for address, told in answers.items() if told != (302, "/admin/login/")
    } == {}


def test_doors_when_an_endpoint_is_for_staff_then_it_stands_under_staff_and_asks_as_all_of_them():
    endpoints = {
        address: getattr(view, "cls", None)
        for address, view in addresses_under(get_resolver().url_patterns)
    }
    endpoints = {address: view for address, view in endpoints.items() if view is not None}

    guarded = {
        address
        for address, view in endpoints.items()
        if any(issubclass(one, Clerk) for one in view.permission_classes)
    }

    assert guarded == {address for address in endpoints if address.startswith("api/v1/staff/")}
