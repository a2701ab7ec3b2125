"""Schemathesis over the whole API: whatever is sent, no answer is a server error, and none leaves the document."""

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from tests.factories.catalog import SkuFactory

pytestmark = [pytest.mark.fuzz, pytest.mark.django_db(transaction=True)]
FEW = hypothesis_settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
AS_DOCUMENTED = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def pytest_generate_tests(metafunc):
    """One test for each operation of the document."""
    shop = metafunc.function.__name__.startswith("test_shop")
    found = {}
    for result in _api().get_all_operations():
        operation = result.ok()
        if operation.path.startswith("/api/v1/") == shop:
            found[operation.label] = operation
    metafunc.parametrize("operation", found.values(), ids=found.keys())


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


def send(operation, *, checks, headers=None):
    """Send what the document allows and what it does not, and judge each answer."""
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @FEW
        @given(case=operation.as_strategy(generation_mode=mode))
        def one(case):
            case.call_and_validate(headers=headers, checks=checks)

        try:
            one()
        except Unsatisfiable:
            continue  # nothing about this operation can be wrong


def test_shop_when_a_member_sends_anything_then_answers_as_documented(operation, signed_in_api, books_close):
    SkuFactory(points_price=10, stock=1000)

    send(operation, checks=AS_DOCUMENTED, headers={"Authorization": signed_in_api._credentials["HTTP_AUTHORIZATION"]})


def test_shop_when_a_stranger_sends_anything_then_answers_as_documented(operation):
    send(operation, checks=AS_DOCUMENTED)


def test_accounts_when_a_stranger_sends_anything_then_no_server_error(operation):
    send(operation, checks=[not_a_server_error])
