"""Schemathesis over the whole API: whatever is sent, no answer is a server error, and none leaves
the document.

Strangers, members, operators and finance knock at what is there as often as at what is not: a path
filled with chance alone would find nothing behind it but 404.
"""

import os
from contextlib import contextmanager
from uuid import uuid4

import pytest
import schemathesis
from django.contrib.auth.models import Group
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from catalog import price_schedule
from mall.core import clock
from marketing.models import Referral, WebhookEndpoint
from marketing.webhooks import endpoints
from orders.models import BasketLine
from orders.reviews import lines as reviews
from points import adjustments, back_tests, risk
from points.models import Rule
from tests.factories.accounts import MemberFactory
from tests.factories.campaigns import CampaignFactory, SegmentFactory
from tests.factories.catalog import SkuFactory
from tests.factories.coupons import template
from tests.factories.draws import announced, pull
from tests.factories.flash import item
from tests.factories.freight import template as freight_template
from tests.factories.marketing import MissionFactory
from tests.factories.orders import (
    address_of,
    ask,
    give_points,
    key_sku,
    pay,
    physical_sku,
    place,
    received,
    virtual_sku,
)
from tests.factories.referrals import invited

pytestmark = [pytest.mark.fuzz, pytest.mark.django_db]
FEW = hypothesis_settings(
    max_examples=40 if os.environ.get("MALL_RANDOM") else 4,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
FEWEST = hypothesis_settings(FEW, max_examples=max(1, FEW.max_examples // 4))
AS_DOCUMENTED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SHOP, STAFF, ACCOUNTS = "/api/v1/", "/api/v1/staff/", "/api/auth/"
ACCEPTABLE = "A long enough word about it."


def pytest_generate_tests(metafunc):
    """One test for each operation of the document, and for the doors of staff one for each role
    too; a stranger is turned away early, and one test asks for all of it.
    """
    if "operation" in metafunc.fixturenames:
        is_of_staff = metafunc.function.__name__.startswith("test_staff")
        found = _operations(STAFF if is_of_staff else SHOP)
        metafunc.parametrize("operation", found, ids=[one.label for one in found])


def _operations(beginning):
    found = [result.ok() for result in _api().get_all_operations()]
    return [one for one in found if one.path.startswith(beginning)]


def _api(kept=[]):  # noqa: B006 - the document is written once for all tests
    if not kept:
        document = SchemaGenerator().get_schema(request=None, public=True)
        kept.append(schemathesis.openapi.from_dict(document))
        kept[0].app = get_wsgi_application()
    return kept[0]


@pytest.fixture(autouse=True)
def no_limits(settings):
    """With the limits on, nearly every answer would be 429."""
    settings.RATELIMIT_ENABLE = False
    settings.ACCOUNT_RATE_LIMITS = False


# --- what is there --------------------------------------------------------------
def _delivered(member):
    return received(pay(place(member, virtual_sku(points=5, cash="9.00"))))


def _asked_back(member):
    return ask(_delivered(member), 1)


def _scheduled():
    sku, clerk = SkuFactory(), MemberFactory()
    words = {"points": 50, "cash": 0, "starts_at": clock.now(), "ends_at": None}
    return price_schedule.plan(sku.pk, **words, by=clerk)


def _review(member):
    order = _delivered(member)
    return reviews.write(member, no=order.no, line=order.lines.get().pk, stars=4, text=ACCEPTABLE)


def _adjustment(member):
    return adjustments.ask(
        member.pk, points=900_000, ticket="a-ticket", operator=MemberFactory(), note="why"
    )


def _basket_line(member):
    return BasketLine.objects.create(user=member, sku_id=SkuFactory().pk, quantity=2)


def _freight():
    return freight_template(f"Parcels {uuid4().hex}")


def _order_to_send(member):
    address_of(member)
    return pay(place(member, physical_sku(cash="9.00")))


def _held(member):
    friend = invited(MemberFactory(), f"friend{uuid4().hex}")
    Referral.objects.filter(invitee=friend).update(status="held", reason="ring")
    return Referral.objects.get(invitee=friend)


def _won_ticket(member):
    address_of(member)
    prize = {"kind": "goods", "sku": physical_sku(points=5), "stock": 1, "weight": 999_999}
    draw = announced(prize, {"kind": "thanks", "weight": 1})
    return {"code": draw.code, "number": pull(member, draw).number}


def _back_test():
    rule = Rule.objects.get(code="checkin")
    return back_tests.ask(rule, {"points": 9}, days=30, operator=MemberFactory())


def _endpoint():
    endpoint = WebhookEndpoint(url=f"http://127.0.0.1:9/{uuid4().hex}")
    endpoints.add(endpoint, actor=MemberFactory())
    return endpoint


# The beginning of a path, and what stands in it; the first that fits.
THERE = [
    ("/api/v1/cart/lines/{sku}", lambda member: {"sku": _basket_line(member).sku_id}),
    ("/api/v1/coupons/{template}", lambda member: {"template": template(price_points=5).pk}),
    ("/api/v1/draws/{code}/tickets/{number}", lambda member: _won_ticket(member)),
    ("/api/v1/draws/{code}", lambda member: {"code": announced().code}),
    ("/api/v1/flash/{item}", lambda member: {"item": item(points=5).pk}),
    ("/api/v1/me/addresses/{id}", lambda member: {"id": address_of(member).pk}),
    ("/api/v1/me/reviews/{id}", lambda member: {"id": _review(member).pk}),
    ("/api/v1/missions/{code}", lambda member: {"code": MissionFactory(is_automatic=False).code}),
    (
        "/api/v1/orders/{no}/refunds/{number}",
        lambda member: {"no": _asked_back(member).order.no, "number": 1},
    ),
    ("/api/v1/orders/{no}/re", lambda member: {"no": _delivered(member).no}),
    ("/api/v1/orders/{no}/codes", lambda member: {"no": place(member, key_sku(points=5)).no}),
    (
        "/api/v1/orders/{no}",
        lambda member: {"no": place(member, virtual_sku(points=5, cash="9.00")).no},
    ),
    ("/api/v1/pages/{kind}", lambda member: {"kind": "terms"}),
    ("/api/v1/payments/{provider}", lambda member: {"provider": "sandbox"}),
    ("/api/v1/products/{product_id}", lambda member: {"product_id": _review(member).product_id}),
    ("/api/v1/stock-alerts/{sku}", lambda member: {"sku": SkuFactory(stock=0).pk}),
    ("/api/v1/wishlist/{product_id}", lambda member: {"product_id": SkuFactory().product_id}),
    (
        "/api/v1/recommendations/{product_id}",
        lambda member: {"product_id": SkuFactory().product_id},
    ),
    ("/api/v1/years/{year}", lambda _member: {"year": clock.today().year}),
    ("/api/v1/seen/{product_id}", lambda member: {"product_id": SkuFactory().product_id}),
    ("/api/v1/staff/segments/{code}", lambda member: {"code": SegmentFactory().code}),
    ("/api/v1/staff/campaigns/{code}", lambda member: {"code": CampaignFactory().code}),
    ("/api/v1/staff/adjustments/{id}", lambda member: {"id": _adjustment(member).pk}),
    (
        "/api/v1/staff/cases/{id}",
        lambda member: {"id": risk.pause(member.pk, operator=MemberFactory(), note="odd").pk},
    ),
    ("/api/v1/staff/freight-templates/{id}", lambda member: {"id": _freight().pk}),
    ("/api/v1/staff/products/{id}", lambda member: {"id": SkuFactory().product_id}),
    ("/api/v1/staff/skus/{id}", lambda member: {"id": SkuFactory().pk}),
    ("/api/v1/staff/prices/{id}", lambda member: {"id": _scheduled().pk}),
    ("/api/v1/staff/stock/{sku}", lambda member: {"sku": SkuFactory(stock=50).pk}),
    ("/api/v1/staff/refunds/{id}", lambda member: {"id": _asked_back(member).pk}),
    ("/api/v1/staff/orders/{no}", lambda member: {"no": _order_to_send(member).no}),
    ("/api/v1/staff/back-tests/{id}", lambda _member: {"id": _back_test().pk}),
    ("/api/v1/staff/rules/{code}", lambda _member: {"code": "checkin"}),
    ("/api/v1/staff/webhooks/{id}", lambda _member: {"id": _endpoint().pk}),
    ("/api/v1/staff/referrals/{id}", lambda member: {"id": _held(member).pk}),
    ("/api/v1/staff/reports/{name}", lambda member: {"name": "retention"}),
]


@pytest.fixture
def there(operation, member):
    """Make what the operation's path can name, and return its names; a path without any has
    none.
    """
    give_points(member, 500)
    SkuFactory(points_price=10, stock=1000)
    if not operation.path.startswith("/api/v1/") or "{" not in operation.path:
        return {}
    return next(make for beginning, make in THERE if operation.path.startswith(beginning))(member)


@pytest.fixture
def clerk():
    """clerk(role) -> somebody of that role."""

    def employed(role):
        user = MemberFactory(username=role)
        user.is_staff = True
        user.save(update_fields=["is_staff"])
        user.groups.add(Group.objects.get(name=role))
        return user

    return employed


# --- sending --------------------------------------------------------------------
@contextmanager
def links_kept():
    """Let the end of a request close no connection: all of a test is one transaction, rolled back.
    Django's own test client does the same, and connects the signals again.
    """
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in signals:
            signal.connect(close_old_connections)


@pytest.fixture
def send(django_capture_on_commit_callbacks):
    """send(operation, checks, there, caller): send what the document allows and what it does not,
    to what is there and what is not, do what follows a commit, and judge each answer.
    """

    def sent(operation, *, checks, there=None, caller=None, how=FEW):
        headers = {"Authorization": caller._credentials["HTTP_AUTHORIZATION"]} if caller else None
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

            @how
            @given(case=operation.as_strategy(generation_mode=mode), is_there=st.booleans())
            def one(case, is_there):
                if there and is_there:
                    case.path_parameters.update(there)
                with links_kept(), django_capture_on_commit_callbacks(execute=True):
                    case.call_and_validate(headers=headers, checks=checks)

            try:
                one()
            except Unsatisfiable:
                continue  # nothing about this operation can be wrong

    return sent


def test_shop_when_a_member_sends_anything_then_answers_as_documented(
    send, operation, there, signed_in_api, books_close
):
    send(operation, checks=AS_DOCUMENTED, there=there, caller=signed_in_api)


@pytest.mark.parametrize("role", ["operator", "finance"])
def test_staff_when_a_clerk_sends_anything_then_answers_as_documented(
    send, operation, there, role, clerk, bearer, books_close
):
    send(operation, checks=AS_DOCUMENTED, there=there, caller=bearer(clerk(role)))


def test_shop_when_a_stranger_sends_anything_then_answers_as_documented(send):
    for operation in _operations(SHOP):
        send(operation, checks=AS_DOCUMENTED, how=FEWEST)


def test_accounts_when_a_stranger_sends_anything_then_no_server_error(send):
    for operation in _operations(ACCOUNTS):
        send(operation, checks=[not_a_server_error])
