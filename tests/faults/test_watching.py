"""Who watches sees: the shipped Prometheus and exporters against the image's server, MariaDB and Redis, all real."""

import json
import shutil
import tempfile
import time
from contextlib import ExitStack
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from django.db import connection

from mall import jobs, metrics
from tests.conftest import ROOT
from tests.front import PLACES, free_port, running, says, web
from tests.services import start_mariadb

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]
PROMETHEUS = shutil.which("prometheus", path=PLACES)
TOKEN = "token-of-the-scraper"
PATIENCE_SECONDS = 60
FROZEN_SECONDS = 8  # Prometheus waits 10; the promise is DATABASE_SECONDS for each of connecting and reading


def shipped_config(folder, **targets):
    """Write ops/prometheus/prometheus.yml with this machine's places; returns the file."""
    config = (ROOT / "ops/prometheus/prometheus.yml").read_text()
    (folder / "token").write_text(TOKEN)
    changes = {
        "/etc/prometheus/rules.yml": str(ROOT / "ops/prometheus/rules.yml"),
        "/tmp/token": str(folder / "token"),
        "scrape_interval: 15s": "scrape_interval: 1s",
        **targets,
    }
    for shipped, here in changes.items():
        assert shipped in config
        config = config.replace(shipped, here)
    (folder / "prometheus.yml").write_text(config)
    return folder / "prometheus.yml"


def ask(port, what, **query):
    with urlopen(f"http://127.0.0.1:{port}/api/v1/{what}?{urlencode(query)}", timeout=10) as answer:
        return json.load(answer)["data"]


@pytest.mark.skipif(PROMETHEUS is None, reason="prometheus is not installed")
def test_prometheus_when_started_as_shipped_then_it_scrapes_the_shop_and_every_rule_finds_its_figures(environment_of_test, tmp_path):
    jobs.claim("verify-ledger", "2026-11-20")
    jobs.finish("verify-ledger", "2026-11-20")
    with ExitStack() as stack:
        shop = stack.enter_context(web(tmp_path, environment_of_test, METRICS_TOKEN=TOKEN))
        port = free_port()
        config = shipped_config(tmp_path, **{"web:8000": f"127.0.0.1:{shop}"})
        command = [PROMETHEUS, f"--config.file={config}", f"--storage.tsdb.path={tmp_path}/tsdb", f"--web.listen-address=127.0.0.1:{port}"]
        ready = lambda: says(f"http://127.0.0.1:{port}/-/ready") == 200  # noqa: E731
        stack.enter_context(running(command, answers=ready, log=tmp_path / "prometheus.log"))

        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and not ask(port, "query", query="mall_database_up == 1")["result"]:
            time.sleep(0.2)
        [target] = [one for one in ask(port, "targets")["activeTargets"] if one["scrapePool"] == "mall"]
        late = ask(port, "query", query='time() - mall_job_finished_timestamp_seconds{job="verify-ledger"} > 0')
        rules = [rule for group in ask(port, "rules")["groups"] for rule in group["rules"]]

    assert (target["health"], target["lastError"]) == ("up", "")
    assert [found["metric"]["job"] for found in late["result"]] == ["verify-ledger"]
    assert len(rules) > 10 and {rule["lastError"] for rule in rules if "lastError" in rule} == set()


def test_probes_when_asked_from_inside_by_any_name_then_they_answer_and_pages_do_not(environment_of_test, tmp_path):
    with web(tmp_path, environment_of_test, METRICS_TOKEN=TOKEN) as port:

        def status(path, host, **headers):
            try:
                with urlopen(Request(f"http://127.0.0.1:{port}{path}", headers={"Host": host, **headers}), timeout=30) as answer:
                    return answer.status, answer.read().decode()
            except HTTPError as refused:
                return refused.code, ""

        for host in ("web:8000", "172.28.7.4:8000", "anything.example"):
            assert status("/healthz", host) == (200, '{"status": "ok"}')
            assert status("/readyz", host)[0] == 200
            code, told = status("/metrics", host, Authorization=f"Bearer {TOKEN}")
            assert (code, "mall_orders_unpaid 0.0\n" in told) == (200, True)
            assert status("/metrics", host)[0] == 404
            assert status("/metrics", host, Authorization="Bearer wrong")[0] == 404
            assert status("/products/", host)[0] == 400
            assert status("/metrics/", host, Authorization=f"Bearer {TOKEN}")[0] == 400


@pytest.fixture
def own_database(tmp_path_factory):
    """A MariaDB of this test's own, which the application speaks to meanwhile."""
    with tempfile.TemporaryDirectory(prefix="m", dir="/tmp") as folder:
        server = start_mariadb(folder)
        own = dict(connection.settings_dict)
        connection.close()
        options = {**own["OPTIONS"], "unix_socket": f"{folder}/db.sock"}
        connection.settings_dict.update(OPTIONS=options, NAME="mysql")
        try:
            yield server
        finally:
            server.thaw()
            connection.close()
            connection.settings_dict.update(own)
            server.kill()


def test_metrics_when_the_database_is_frozen_then_the_requests_are_told_in_time(own_database, client, settings):
    settings.METRICS_TOKEN = TOKEN
    assert metrics.database_answers()

    own_database.freeze()
    begun = time.perf_counter()
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    took = time.perf_counter() - begun

    assert answer.status_code == 200
    assert "mall_database_up 0.0\n" in answer.content.decode()
    assert "django_http_requests_total_by_method_total" in answer.content.decode()
    assert "mall_orders_unpaid" not in answer.content.decode()
    assert took < FROZEN_SECONDS

    own_database.thaw()
    assert metrics.database_answers(10)
