"""Which tests this run plays (`-p tests.parts`): scripts/test plays two parts, and they share them.

| a test ...                                              | on SQLite        | on MariaDB |
| never asks the database                                 | yes              | no         |
| opens a door (pages, API, admin), a browser, Calc, fuzz | no               | yes        |
| of the rooms behind the doors                           | first parameters | yes        |
| marked `once`                                           | only where its marker says    |
| marked `mariadb`: races and what else locks             | no               | yes        |

A room's statements are the same whatever its parameters, so one set of them tells whether SQLite
takes them; what the sets are about is told on MariaDB, which a shop runs on. The long size of a
sweep is played once, where it takes least: its short size tells what each database makes of it.
Whoever starts pytest without these options gets all of it, whatever the database.
"""

import os

import pytest

DOORS = {"admin", "api", "pages", "views", "doors"}  # a word of the file's name
CLIENTS = {"client", "api", "bearer", "async_client"}  # or a fixture that knocks
TOOLS = {"browser", "office", "fuzz"}  # markers
WHEN_ASKED = ("long", "findings", "pictures")  # markers, too


def pytest_addoption(parser):
    parser.addoption(
        "--needs-database",
        action="store_true",
        help="leave out what never asks the database: another part plays it on SQLite",
    )
    parser.addoption(
        "--no-doubles",
        action="store_true",
        help="leave out what needs no second database: another part plays it on MariaDB",
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Leave out what this database cannot play, what another part plays, and WHEN_ASKED unless `-m`
    names it.
    """
    kept = [one for one in items if _can_play(one, config.getoption("markexpr") or "")]
    if config.getoption("--needs-database"):
        kept = [one for one in kept if needs_database(one) and _once_on(one) != "sqlite"]
    if config.getoption("--no-doubles"):
        kept = _without_doubles(kept)
    # first, while SQLite's part is there to use the time in which the other worker waits
    kept.sort(key=runs_alone, reverse=True)
    left = set(kept)
    config.hook.pytest_deselected(items=[one for one in items if one not in left])
    items[:] = kept


def on_mariadb() -> bool:
    """Return whether this run's database is MariaDB or MySQL."""
    return os.environ.get("MALL_TEST_DATABASE_URL", "").startswith("mysql")


def needs_database(item) -> bool:
    """Return whether a test asks the database, by its class, marker or fixtures."""
    from django.test import TransactionTestCase

    is_case = item.cls is not None and issubclass(item.cls, TransactionTestCase)
    fixtures = {"db", "transactional_db", "live_server"} & set(item.fixturenames)
    marked = item.get_closest_marker("django_db") or item.get_closest_marker("mariadb")
    return bool(is_case or marked or fixtures)


def commits(item) -> bool:
    """Return whether a test commits, so that its database is put back afterwards."""
    marker = item.get_closest_marker("django_db")
    return bool(
        {"transactional_db", "live_server"} & set(item.fixturenames)
        or (marker and marker.kwargs.get("transaction"))
    )


def runs_alone(item) -> bool:
    """Return whether no other test of this run may load the machine meanwhile: a race."""
    is_race = item.get_closest_marker("mariadb") and not item.get_closest_marker("own_servers")
    return bool(is_race or item.get_closest_marker("long"))


def _can_play(item, asked):
    if item.get_closest_marker("mariadb") and not on_mariadb():
        return False
    return all(name in asked or not item.get_closest_marker(name) for name in WHEN_ASKED)


def _without_doubles(items):
    seen, kept = set(), []
    for one in items:
        words = set(one.path.stem.split("_"))
        has_tool = any(one.get_closest_marker(tool) for tool in TOOLS)
        opens_door = needs_database(one) and (words & DOORS or CLIENTS & set(one.fixturenames))
        if has_tool or opens_door or _once_on(one) == "mariadb":
            continue
        test = (one.path, one.cls, getattr(one, "originalname", one.name))
        if test not in seen or not needs_database(one) or _once_on(one):
            kept.append(one)
        seen.add(test)
    return kept


def _once_on(item):
    marker = item.get_closest_marker("once")
    return marker and marker.kwargs["on"]
