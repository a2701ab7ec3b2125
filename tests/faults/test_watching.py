"""Who watches sees: the shipped Prometheus and exporters against the image's server, MariaDB and
Redis, all real.
"""

import json
import re
import shutil
import tempfile
import time
from contextlib import ExitStack
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
import redis
import yaml
from django.db import connection

from mall.jobs import runs
from tests.conftest import ROOT
from tests.front import PLACES, running, says, web
from tests.services import start_mariadb, start_redis
from tests.serving import free_port

pytestmark = [pytest.mark.mariadb, pytest.mark.own_servers, pytest.mark.django_db(transaction=True)]
PROMETHEUS = shutil.which("prometheus", path=PLACES)
TOKEN = "token-of-the-scraper"
PATIENCE_SECONDS = 60
FROZEN_SECONDS = 8  # Prometheus waits 10; mall/settings/databases.py promises less


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


def test_shop_when_watched_as_shipped_then_prometheus_scrapes_it_and_only_probes_answer_to_any_name(
    environment_of_test, tmp_path
):
    runs.claim("verify-ledger", "2026-11-20")
    runs.finish("verify-ledger", "2026-11-20")
    with web(tmp_path, environment_of_test, METRICS_TOKEN=TOKEN) as shop:
        probes_answer_and_pages_do_not(shop)
        if PROMETHEUS is None:
            pytest.skip("prometheus is not installed")
        prometheus_finds_its_figures(shop, tmp_path)


def probes_answer_and_pages_do_not(shop):
    def status(path, host, **headers):
        try:
            with urlopen(
                Request(f"http://127.0.0.1:{shop}{path}", headers={"Host": host, **headers}),
                timeout=30,
            ) as answer:
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


def prometheus_finds_its_figures(shop, tmp_path):
    with ExitStack() as stack:
        port = free_port()
        config = shipped_config(tmp_path, **{"web:8000": f"127.0.0.1:{shop}"})
        command = [
            PROMETHEUS,
            f"--config.file={config}",
            f"--storage.tsdb.path={tmp_path}/tsdb",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        ready = lambda: says(f"http://127.0.0.1:{port}/-/ready") == 200  # noqa: E731
        stack.enter_context(running(command, answers=ready, log=tmp_path / "prometheus.log"))

        deadline = time.monotonic() + PATIENCE_SECONDS
        while (
            time.monotonic() < deadline
            and not ask(port, "query", query="mall_database_up == 1")["result"]
        ):
            time.sleep(0.2)
        [target] = [
            one for one in ask(port, "targets")["activeTargets"] if one["scrapePool"] == "mall"
        ]
        late = ask(
            port,
            "query",
            query='time() - mall_job_finished_timestamp_seconds{job="verify-ledger"} > 0',
        )
        rules = [rule for group in ask(port, "rules")["groups"] for rule in group["rules"]]

    assert (target["health"], target["lastError"]) == ("up", "")
    assert [found["metric"]["job"] for found in late["result"]] == ["verify-ledger"]
    assert len(rules) > 10 and {rule["lastError"] for rule in rules if "lastError" in rule} == set()


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
            connection.breaker.open_until = 0.0  # the next test's database is another one
            server.kill()


def test_metrics_when_the_database_is_frozen_then_the_requests_are_told_in_time(
    own_database, client, settings
):
    settings.METRICS_TOKEN = TOKEN
    client.get("/healthz")  # the first request reads the code
    connection.ensure_connection()
    connection.close()

    own_database.freeze()
    begun = time.perf_counter()
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    took = time.perf_counter() - begun

    assert answer.status_code == 200
    assert "mall_database_up 0.0\n" in answer.content.decode()
    assert "django_http_requests_total_by_method_total" in answer.content.decode()
    assert "mall_orders_unpaid" not in answer.content.decode()
    assert took < FROZEN_SECONDS


# --- the exporters ------------------------------------------------------------
MYSQLD_EXPORTER = shutil.which("prometheus-mysqld-exporter", path=PLACES)
REDIS_EXPORTER = shutil.which("prometheus-redis-exporter", path=PLACES)


def asked_for(prefix):
    """Return the figures with a prefix that dashboards and rules ask for."""
    files = [*(ROOT / "ops/grafana/dashboards").glob("*.json"), ROOT / "ops/prometheus/rules.yml"]
    return {name for file in files for name in re.findall(rf"\b{prefix}_[a-z_]+", file.read_text())}


def told(port):
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return set(
            re.findall(r"^(\w+)(?:\{[^}]*\})? [-+\d.]", answer.read().decode(), re.MULTILINE)
        )


@pytest.mark.skipif(MYSQLD_EXPORTER is None, reason="prometheus-mysqld-exporter is not installed")
def test_mysqld_exporter_when_its_user_has_no_right_then_it_tells_all_that_is_asked(
    transactional_db, tmp_path
):
    """The flags of docker-compose.yml against the user of ops/mysql/users.sh."""
    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"][
        "mysqld-exporter"
    ]
    flags = [flag for flag in service["command"] if not flag.startswith("--mysqld.")]
    made = re.search(
        r"^CREATE USER IF NOT EXISTS ('mall_watch'.*)$",
        (ROOT / "ops/mysql/users.sh").read_text(),
        re.MULTILINE,
    )[1]
    options = connection.settings_dict["OPTIONS"]
    with connection.cursor() as cursor:
        cursor.execute("DROP USER IF EXISTS mall_watch")
        cursor.execute(f"CREATE USER {made}".replace("$watch", "a-password"))
    try:
        port = free_port()
        link = tmp_path / "my.cnf"  # 0.15 and later read no DATA_SOURCE_NAME, all read this
        link.write_text(
            f"[client]\nuser=mall_watch\npassword=a-password\nsocket={options['unix_socket']}\n"
        )
        command = [
            MYSQLD_EXPORTER,
            f"--web.listen-address=127.0.0.1:{port}",
            f"--config.my-cnf={link}",
            *flags,
        ]
        with running(
            command,
            answers=lambda: says(f"http://127.0.0.1:{port}/"),
            log=tmp_path / "exporter.log",
        ):
            figures = told(port)
            with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
                assert "\nmysql_up 1\n" in answer.read().decode()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP USER 'mall_watch'@'%'")

    assert len(asked_for("mysql")) > 10
    assert asked_for("mysql") - figures == set()
    assert not re.search(r"(?i)level=(error|warn)", (tmp_path / "exporter.log").read_text())


@pytest.mark.skipif(REDIS_EXPORTER is None, reason="prometheus-redis-exporter is not installed")
def test_redis_exporter_when_a_message_waits_then_it_tells_all_that_is_asked(tmp_path):
    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"][
        "redis-exporter"
    ]
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="r", dir="/tmp") as folder:
        server = start_redis(folder)
        redis.Redis(unix_socket_path=f"{folder}/r.sock", db=1).rpush("celery", "a message")
        where = {
            **service["environment"],
            "REDIS_ADDR": f"unix://{folder}/r.sock",
            "REDIS_EXPORTER_WEB_LISTEN_ADDRESS": f"127.0.0.1:{port}",
        }
        try:
            with running(
                [REDIS_EXPORTER],
                answers=lambda: says(f"http://127.0.0.1:{port}/"),
                log=tmp_path / "exporter.log",
                env=where,
            ):
                figures = told(port)
        finally:
            server.kill()

    assert len(asked_for("redis")) > 10
    assert asked_for("redis") - figures == set()
