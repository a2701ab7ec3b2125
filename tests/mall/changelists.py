"""A list of the back office in each way it offers to be looked at, and what that asks the server;
for tests/mall/test_changelists.py and benchmarks/office.py.
"""

from django.contrib.auth import get_user_model
from django.contrib.messages.storage.cookie import CookieStorage
from django.db import connection
from django.db.models import Manager
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from unfold.contrib.filters.admin import RangeDateFilter

from mall.core.blind_index import BlindIndexField

TYPED = ("13812345678", "138 1234 5678", "5678")  # what finds marks: they stand nowhere as text
CHOICES = 6  # of one filter that are looked at


def clerk():
    """Return an operator who may look at everything."""
    rights = {"is_staff": True, "is_superuser": True, "email": "clerk@example.com"}
    return get_user_model().objects.get_or_create(username="clerk", defaults=rights)[0]


def offered(room, clerk) -> dict:
    """Name each way a list can be looked at, and its query."""
    cl = _changelist(room, clerk, {})
    ways = {"first page": {}, "last page": {"p": cl.paginator.num_pages}}
    for spec in cl.filter_specs:
        if isinstance(spec, RangeDateFilter):
            days = {f"{spec.parameter_name}_{end}": "2026-11-20" for end in ("from", "to")}
            ways[f"days {spec.title}"] = days
            continue
        choices = [choice for choice in spec.choices(cl) if "query_string" in choice]
        for choice in choices[:CHOICES]:
            ways[f"filter {spec.title} {choice['display']}"] = choice["query_string"]
    for number, name in enumerate(cl.list_display):
        if name in cl.sortable_by and cl.get_ordering_field(name):
            ways |= {f"order {sign}{name}": {"o": f"{sign}{number}"} for sign in ("", "-")}
    words = {path: _word_at(room.model, path) for path in cl.search_fields or ()}
    ways |= {f"search {path}": {"q": f'"{word}"'} for path, word in words.items() if word}
    if any(isinstance(_column(room.model, path), BlindIndexField) for path in words):
        ways |= {f"search {word}": {"q": word} for word in TYPED}
    known = next((word for word in words.values() if word), None)
    if known:
        ways["search two words"] = {"q": f'"{known}" zzqqzz'}
    return ways | ({"search nothing": {"q": "zzqqzz"}} if cl.search_fields else {})


def statements(room, clerk, query) -> list:
    """Return the SELECTs that one look at a list costs."""
    with CaptureQueriesContext(connection) as asked:
        list(_changelist(room, clerk, query).result_list)
    told = (entry["sql"] for entry in asked.captured_queries)
    return [sql for sql in told if sql.startswith("SELECT")]


def rows_read() -> int:
    """Return how many rows the server has read for this connection so far."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%'")
        return sum(int(number) for _name, number in cursor.fetchall())


def plan_of(sql) -> list:
    """Return the steps the server would take for a statement."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, step, strict=True)) for step in cursor.fetchall()]


def _changelist(room, clerk, query):
    is_written = isinstance(query, str)
    request = RequestFactory().get("/" + (query if is_written else ""), {} if is_written else query)
    request.user, request._messages = clerk, CookieStorage(request)
    return room.get_changelist_instance(request)


def _column(model, path):
    name = path.lstrip("=^")
    return None if "__" in name else model._meta.get_field(name)


def _word_at(model, path):
    """Return what stands in one searched column of a late row, if it or its relations have one."""
    for row in model._base_manager.order_by("-pk")[:5]:
        for name in path.lstrip("=^").split("__"):
            row = getattr(row, name, None)
            row = row.first() if isinstance(row, Manager) else row
        if row:
            return row
    return None
