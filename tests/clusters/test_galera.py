"""The mall on three MariaDB nodes: through one writer and through three, a node killed under load.

``GALERA_SECONDS`` is how long members shop before and, twice that, after.
"""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.chaos.shop import Shop
from tests.clusters import load
from tests.clusters.galera import Cluster, missing
from tests.services import start_mariadb
from tests.waiting import eventually

LACKING = missing()
SECONDS = float(os.environ.get("GALERA_SECONDS", "20"))
START_SECONDS = 60  # for three Djangos on a machine that does other things too
pytestmark = [
    pytest.mark.mariadb,
    pytest.mark.own_servers,
    pytest.mark.long,
    pytest.mark.timeout(3600),
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(bool(LACKING), reason=f"not on this machine: {', '.join(LACKING)}"),
]


@pytest.fixture
def cluster(folder):
    """cluster(one_writer=…) -> three nodes that are up."""
    made = []

    def start(**how):
        made.append(Cluster(folder, **how))
        return made[-1].start()

    yield start
    for one in made:
        one.kill()


def test_shop_when_on_one_server_that_is_killed_then_its_books_close(open_shop, folder):
    os.mkdir(f"{folder}/alone")
    database = start_mariadb(f"{folder}/alone", durable=True)
    try:
        shop, stood = open_shop(database)

        def restart():
            database.kill()
            database.start()
            shop.wait_for_database()

        figures, wrong = load.shop_while(shop, stood, restart, seconds=SECONDS)
    finally:
        database.kill()
    print(f"\none server, killed and started again: {figures}")  # noqa: T201 - the measure
    assert wrong == []


@pytest.mark.parametrize("one_writer", [True, False], ids=["one_writer", "three_writers"])
def test_shop_when_a_node_is_killed_under_load_then_others_serve_and_the_books_close(
    cluster, open_shop, one_writer
):
    nodes = cluster(one_writer=one_writer)
    shop, stood = open_shop(nodes)
    victim = nodes.writer() if one_writer else 1
    refused = []

    def die():
        refused.append(nodes.failed_certifications())
        nodes.nodes[victim].kill()

    figures, wrong = load.shop_while(shop, stood, die, seconds=SECONDS)

    took = nodes.rejoin(victim)
    say = f"node {victim} killed, back in {took:.1f} s; conflicts {refused[0]}"
    print(f"\nGalera, {'one' if one_writer else 'three'} writer(s): {figures}; {say}; {wrong}")  # noqa: T201
    shop.halt()
    assert eventually(nodes.same_rows)
    assert wrong == []


@pytest.mark.parametrize("one_writer", [True, False], ids=["one_writer", "three_writers"])
def test_member_when_three_machines_lock_them_at_once_then_each_right_is_used_once(
    cluster, folder, one_writer
):
    """Galera replicates no lock: two nodes may hold one member at the same time. What each of them
    writes under it collides at COMMIT, and the second begins anew.
    """
    nodes, members = cluster(one_writer=one_writer), 6
    shop = Shop(folder, nodes)
    try:
        said = shop.furnish(f"{SAY}say(rivals.stand({members}))")
        feed = json.dumps({**said, "at": time.time() + START_SECONDS})
        with ThreadPoolExecutor() as pool:
            rivals = [pool.submit(shop.ask, COMPETE.format(n=n), feed) for n in range(3)]
        found = [json.loads(one.result().splitlines()[-1]) for one in rivals]
        now = json.loads(shop.ask(f"{SAY}say(rivals.outcome(given()))", feed).splitlines()[-1])
    finally:
        shop.close()
    told = nodes.failed_certifications()
    print(f"\nrivals, {'one' if one_writer else 'three'} writer(s): {found} {now} {told}")  # noqa: T201
    assert now["limited"] == now["dear"] == [1] * members
    assert (now["checkin"], now["least"] >= 0, now["wrong"]) == (members, True, [])
    assert [
        sum(one["got"].get(what, 0) for one in found) for what in ("limited", "dear", "checkin")
    ] == [members] * 3
    assert one_writer == (sum(told) == 0)


SAY = """
import json, sys
from tests.clusters import rivals
given = lambda: json.loads(sys.stdin.read())
say = lambda what: print(json.dumps(what))
"""
COMPETE = SAY + "say(rivals.compete(given(), {n}))"
