"""/metrics: who may read it, and that it says what waits."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from mall import jobs, metrics
from orders import lifecycle, payments
from tests.factories.orders import place, virtual_sku

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "token-of-the-scraper"


@pytest.fixture
def scrape(client, settings):
    """scrape() -> {(name, labels): value} as Prometheus reads it."""
    settings.METRICS_TOKEN = TOKEN

    def read():
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        families = text_string_to_metric_families(answer.content.decode())
        return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for family in families for sample in family.samples}

    return read


@pytest.mark.parametrize("carried", ["", "Bearer ", "Bearer wrong", f"Bearer {TOKEN} ", f"Bearer {TOKEN}é", "Basic dG9rZW4="])
def test_metrics_when_the_token_is_not_carried_then_the_page_is_not_there(client, settings, db, carried):
    settings.METRICS_TOKEN = TOKEN

    assert client.get("/metrics", headers={"Authorization": carried}).status_code == 404


def test_metrics_when_no_token_is_set_then_nobody_reads_them(client, settings, db):
    settings.METRICS_TOKEN = ""

    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_metrics_when_an_order_waits_then_it_is_counted_and_when_paid_no_more(scrape, member):
    order = place(member, virtual_sku(points=1, cash="1.00"))
    payments.start(order, "sandbox")

    assert scrape()["mall_orders_unpaid", ()] == 1

    lifecycle.cancel(order, actor="test")
    assert scrape()["mall_orders_unpaid", ()] == 0


def test_metrics_when_a_job_finished_then_its_time_is_told(scrape, db, time_machine):
    time_machine.move_to(datetime(2026, 11, 20, 4, tzinfo=UTC), tick=False)
    jobs.claim("verify-ledger", "2026-11-20")
    jobs.finish("verify-ledger", "2026-11-20")

    assert scrape()["mall_job_finished_timestamp_seconds", (("job", "verify-ledger"),)] == datetime(2026, 11, 20, 4, tzinfo=UTC).timestamp()


def test_metrics_when_pages_were_answered_then_they_are_counted_by_view(scrape, client, db):
    name = ("django_http_requests_total_by_view_transport_method_total", (("method", "GET"), ("transport", "http"), ("view", "healthz")))
    before = scrape().get(name, 0)

    client.get("/healthz")

    assert scrape()[name] == before + 1


def test_metrics_when_scraped_then_one_query_per_kind_of_work(client, settings, db, django_assert_num_queries):
    settings.METRICS_TOKEN = TOKEN

    with django_assert_num_queries(len(metrics.WAITING) + 1):
        client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})


def test_metrics_when_there_are_two_web_processes_then_both_are_summed(tmp_path):
    """A counter each of two processes raised once reads two in a third."""
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "mall.settings.test"}
    raise_once = "import django; django.setup(); from prometheus_client import Counter; Counter('knocks', 'k').inc()"
    read = (
        "import django; django.setup(); from mall import metrics; from prometheus_client import generate_latest; "
        "print(generate_latest(metrics._requests()).decode())"
    )
    for _process in range(2):
        subprocess.run([sys.executable, "-c", raise_once], env=environment, check=True)

    told = subprocess.run([sys.executable, "-c", read], env=environment, check=True, capture_output=True, text=True).stdout

    assert "knocks_total 2.0" in told


def test_dashboards_when_they_name_a_figure_then_the_mall_tells_it(scrape, client, db):
    """Grafana's files and Prometheus' rules ask for nothing that /metrics does not say."""
    jobs.claim("verify-ledger", "2026-11-20")
    jobs.finish("verify-ledger", "2026-11-20")
    client.get("/nothing-here/")
    told = {re.sub(r"_(total|created|sum|count|bucket)$", "", name) for name, _labels in scrape()}
    files = [*(ROOT / "ops/grafana/dashboards").glob("*.json"), ROOT / "ops/prometheus/rules.yml"]

    asked = {name for file in files for name in re.findall(r"\b(?:mall|django)_[a-z_]+", file.read_text())}

    unknown = {name for name in asked if re.sub(r"_(total|bucket)$", "", name) not in told}
    assert len(files) == 3
    assert unknown - {"django_http_exceptions_total_by_type_total"} == set()  # told once there is an exception
