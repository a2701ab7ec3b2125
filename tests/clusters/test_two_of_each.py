"""Two web servers, two workers, two beats and Redis behind sentinels: the master dies under load,
then a web server, a worker and a beat.
"""

import os
import shutil
import signal
import time

import pytest

from tests.chaos.shop import Shop
from tests.clusters import load, proxy
from tests.sentinels import Watch, free_ports

SECONDS = float(os.environ.get("CLUSTER_SECONDS", "20"))
pytestmark = [
    pytest.mark.mariadb,
    pytest.mark.own_servers,
    pytest.mark.long,
    pytest.mark.timeout(3600),
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not shutil.which("haproxy"), reason="haproxy is not installed"),
]


class TwoWebs(Shop):
    """The same with two web servers of two processes each behind one port."""

    def open(self):
        self.web_ports = free_ports(2)
        places = [f"127.0.0.1:{port}" for port in self.web_ports]
        self.servers.append(
            proxy.start(self.folder, places, one_at_a_time=False, bind=f"127.0.0.1:{self.port}")
        )
        super().open()


@pytest.fixture
def watch(folder):
    os.mkdir(f"{folder}/redis")
    started = Watch(f"{folder}/redis")
    yield started
    started.stop()


def test_shop_when_the_redis_master_and_one_of_each_part_die_then_nothing_is_done_twice(
    watch, open_shop
):
    shop, stood = open_shop(kind=TwoWebs, REDIS_URL=watch.url(), BROKER_URL=watch.url(1))
    old, took = watch.master(), []

    def die():
        began = time.monotonic()
        watch.kill_master()
        watch.wait(lambda: watch.master() not in (None, old))
        took.append(time.monotonic() - began)
        shop.shut()
        for name in ("web2", "worker1", "beat1"):
            shop.parts[name].signal(signal.SIGKILL)

    figures, wrong = load.shop_while(shop, stood, die, seconds=SECONDS)

    print(f"\ntwo of each: {figures}; new master after {took[0]:.1f} s; {shop.starts()}")  # noqa: T201
    assert wrong == []
    assert min(shop.starts()[name] for name in ("web2", "worker1", "beat1")) >= 2
