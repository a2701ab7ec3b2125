"""A database and its copy: what reads the copy, what happens when it lags, stops or freezes, and
what a promotion costs.
"""

import json
import os
import shutil
import signal
import time
from contextlib import suppress

import pytest
import requests

from tests.chaos.faults import link_to
from tests.clusters import load
from tests.clusters.copied import SEMI_SYNC, Pair

SECONDS = float(os.environ.get("CLUSTER_SECONDS", "20"))
BEHIND_SECONDS = 2
OPEN_SECONDS = 120  # for processes that start on a machine that does other things too
PROXIED = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "10.9.9.9"}
CACHE = 0  # the number of Redis' database in REDIS_URL
pytestmark = [
    pytest.mark.mariadb,
    pytest.mark.own_servers,
    pytest.mark.long,
    pytest.mark.timeout(3600),
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not shutil.which("haproxy"), reason="haproxy is not installed"),
]


@pytest.fixture
def pair(folder):
    """pair(more=…) -> a database and its copy."""
    made = []

    def start(**how):
        made.append(Pair(folder, **how))
        return made[-1].start()

    yield start
    for one in made:
        one.kill()


def test_shop_when_the_written_one_dies_and_a_semi_synchronous_copy_takes_over_then_nothing_is_lost(
    pair, open_shop
):
    servers = pair(more=SEMI_SYNC)
    shop, stood = open_shop(servers)
    took = []

    def die():
        servers.servers[0].kill()
        took.append(servers.promote())

    figures, wrong = load.shop_while(shop, stood, die, seconds=SECONDS)

    print(f"\npair, semi-synchronous: {figures}; promoted in {took[0]:.1f} s; {wrong}")  # noqa: T201
    assert wrong == []


def test_shop_when_a_copy_that_was_behind_takes_over_then_lost_facts_are_gone_and_the_books_close(
    pair, open_shop
):
    """An asynchronous copy does not know what was acknowledged last: those facts are lost. The
    books of what is left close, and nobody is shown what is gone (docs/decisions/0125).
    """
    servers = pair()
    shop, stood = open_shop(servers)
    took, ghosts, heirs = [], [], []

    def die():
        servers.ask(1, "STOP SLAVE IO_THREAD")
        ghosts.append(_sign_up(shop, "ghost"))
        time.sleep(BEHIND_SECONDS)
        servers.servers[0].kill()
        _forget_the_lost(shop)
        took.append(servers.promote())
        heirs.append(_sign_up(shop, "heir"))

    figures, wrong = load.shop_while(shop, stood, die, seconds=SECONDS)

    lost = [one for one in wrong if one.startswith("told and not so")]
    others = [one for one in wrong if one not in lost]
    told = figures.facts.total()
    print(  # noqa: T201 - the measure
        f"\npair, asynchronous, {BEHIND_SECONDS} s behind: {figures}; promoted in {took[0]:.1f} s; "
        f"{len(lost)} of {told} facts lost; {others}; {shop.wounds()}"
    )
    (ghost, ghost_token), (heir, heir_token) = ghosts + heirs
    assert ghost == heir  # the id of a member who is lost is given to the next one
    assert (_knock(shop, ghost_token), _knock(shop, heir_token)) == (401, 200)
    assert lost
    assert len(lost) < told / 2
    assert others == []


def _forget_the_lost(shop):
    """End every process that may hold rows of the dead server, and empty the cache."""
    shop.shut()
    for part in shop.parts.values():
        part.signal(signal.SIGKILL)
    link_to(shop, CACHE).flushdb()


def _sign_up(shop, name) -> tuple[int, str]:
    """Sign somebody up, once the shop takes it; return their id and access token."""
    said = {"username": name, "email": f"{name}@example.com", "password": "plum-blossom-88"}
    address = f"http://127.0.0.1:{shop.port}/api/auth/app/v1/auth/signup"
    until = time.monotonic() + OPEN_SECONDS
    while time.monotonic() < until:
        with suppress(requests.ConnectionError):  # its processes are starting
            answer = requests.post(address, json=said, headers=PROXIED, timeout=30)
            if answer.status_code == 200:
                made = answer.json()
                return made["data"]["user"]["id"], made["meta"]["access_token"]
        time.sleep(0.5)
    raise AssertionError(f"{name} could not sign up")


def _knock(shop, token) -> int:
    """Return how the shop answers a token that asks for its member's points."""
    headers = {**PROXIED, "Authorization": f"Bearer {token}"}
    return requests.get(
        f"http://127.0.0.1:{shop.port}/api/v1/points", headers=headers, timeout=30
    ).status_code


def test_reports_when_the_copy_lags_stops_and_freezes_then_money_is_never_stale(pair, folder):
    from tests.chaos.shop import Shop

    servers = pair()
    shop = Shop(folder, servers, DATABASE_REPLICA_URL=servers.copy_url)
    try:
        member = shop.furnish(f"{SAY}say(books.furnish(1)['members'][0]['id'])")
        servers.wait_until_followed()
        fresh = _look(shop, member)
        servers.ask(1, "STOP SLAVE SQL_THREAD")
        lagging = _look(shop, member)
        servers.servers[1].freeze()
        frozen = _look(shop, member)
        servers.servers[1].thaw()
        servers.servers[1].kill()
        away = _look(shop, member)
    finally:
        shop.close()
    print(f"\ncopy: {fresh} {lagging} {frozen} {away}")  # noqa: T201 - the measure
    assert fresh["reported_by"] == lagging["reported_by"] == "replica"
    assert frozen["reported_by"] == away["reported_by"] == "default"
    assert [one["shown"] - one["before"] for one in (fresh, lagging, frozen, away)] == [7] * 4
    assert lagging["copied"] < lagging["shown"]
    assert frozen["seconds"] < 20
    assert away["seconds"] < 5


def _look(shop, member) -> dict:
    return json.loads(shop.ask(LOOK, feed=str(member)).splitlines()[-1])


SAY = """
import json, sys
from tests.chaos import books
say = lambda what: print(json.dumps(what))
"""
LOOK = """
import json, sys, time
from django.db import connections
from accounts.models import User
from marketing.analytics import period, reports
from mall.core import replica
from points import balance
from points.models import PointAccount
from tests.factories.orders import give_points

user = User.objects.get(pk=int(sys.stdin.read()))
before = balance.of(user).available
give_points(user, 7)
shown, asked = balance.of(user).available, []
activity = reports.REPORTS["activity"]
def watched(days):
    found = activity(days)
    asked.append("replica" if replica.is_reading() else "default")
    return found
reports.REPORTS["activity"] = watched
began = time.monotonic()
reports.work_out("activity", period.latest())
seconds = time.monotonic() - began
copied = None
if asked[-1] == "replica":
    copied = PointAccount.objects.using("replica").get(pk=user.pk).available
print(json.dumps({"before": before, "shown": shown, "copied": copied, "reported_by": asked[-1],
                  "seconds": round(seconds, 1)}))
"""
