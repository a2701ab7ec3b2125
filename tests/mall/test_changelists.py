"""Every list of the back office in a grown shop: the server is asked for the plan of each page,
filter, order and search that the list offers. An admin registered tomorrow is asked, too.
"""

from itertools import chain

import pytest
from django.apps import apps
from django.contrib import admin

from mall.core.admin import change_list
from mall.core.admin.model_admin import ModelAdmin
from tests import pristine
from tests.factories import crowd
from tests.mall.changelists import clerk, offered, plan_of, statements

pytestmark = [pytest.mark.django_db, pytest.mark.mariadb, pytest.mark.long]

ROWS = 3_000
FEW = ROWS // 5  # no plan may sort more, or read more without an index that says which
# what operators make by hand: one for each hundred orders at most (benchmarks/office.py)
MADE = ["marketing.Mission", "catalog.Category", "catalog.Product", "orders.CouponTemplate"]
MADE += ["marketing.Segment", "marketing.Campaign"]
BY_HAND = dict.fromkeys(map(apps.get_model, MADE), ROWS // 100)
SHOWN = admin.site._registry
GROWING = {model: room for model, room in SHOWN.items() if not getattr(room, "is_short", False)}
# tables that no list shows and lists read
BESIDE = ["catalog.Stock", "catalog.Sku", "orders.Shipment", "points.MemberTier"]
BESIDE += ["points.RuleVersion", *MADE]


def pointed_at(models) -> set:
    """Return the tables that these point at, and what those point at, without these."""
    fields = (field for model in models for field in model._meta.local_concrete_fields)
    more = {field.related_model for field in fields if field.remote_field} - set(models)
    return more | (pointed_at([*models, *more]) if more else set())


@pytest.fixture(scope="module", autouse=True)
def grown(django_db_setup, django_db_blocker):
    """A shop whose every growing table is full; put back when the module is done."""
    models = [apps.get_model(label) for label in BESIDE] + list(GROWING)
    few = dict.fromkeys(pointed_at(models), ROWS // 100)
    rows = {**few, **dict.fromkeys(models, ROWS), **BY_HAND}
    with django_db_blocker.unblock():
        crowd.fill(rows)
        crowd.analyze(rows)
    yield
    with django_db_blocker.unblock():
        pristine.put_back()


ROOMS = [pytest.param(room, id=room.opts.label) for room in GROWING.values()]


@pytest.mark.parametrize("room", ROOMS)
def test_changelist_when_the_shop_has_grown_then_an_index_leads_to_each_page(room, monkeypatch):
    # as few of many as in a real shop
    monkeypatch.setattr(ModelAdmin, "newest", FEW // 2)
    monkeypatch.setattr(change_list, "COUNT_MAX", FEW // 2)
    looker = clerk()

    asked = {what: statements(room, looker, query) for what, query in offered(room, looker).items()}

    faults = {
        what: found for what, sql in asked.items() if (found := [*chain(*map(faults_of, sql))])
    }

    assert len(asked) > 1
    assert faults == {}


# --- what the server says to it ------------------------------------------------------
def faults_of(sql):
    """Yield each step of a plan that reads or sorts more of a big table than it shows."""
    if is_count_of_all(sql):
        return  # counts no further than the paginator's limit
    for step in plan_of(sql):
        if (step["table"] or "").startswith("<derived"):
            continue  # what is counted: no more than the paginator's limit, found by other steps
        sorts = any(word in (step["Extra"] or "") for word in ("filesort", "temporary"))
        is_whole = step["type"] == "index" and (sorts or " LIMIT " not in sql)
        aimless = step["type"] == "ALL" or is_whole
        if int(step["rows"] or 0) > FEW and (sorts or aimless):
            yield {**{k: step[k] for k in ("table", "type", "key", "rows", "Extra")}, "sql": sql}


def is_count_of_all(sql):
    return sql.startswith("SELECT COUNT(*)") and " WHERE " not in sql
