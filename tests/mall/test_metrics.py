"""/metrics: who may read it, and that it says what waits."""

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from prometheus_client.parser import text_string_to_metric_families
from time_machine import escape_hatch

from mall import schedule, tasks
from mall.core import clock
from mall.core.models import JobRun
from mall.jobs import runs
from mall.monitoring import metrics
from marketing.models import Delivery, Notification
from orders import lifecycle
from orders.payments import cash_in
from points.models import PointAccount
from tests.factories.orders import give_points, place, virtual_sku

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "token-of-the-scraper"
PROMTOOL = shutil.which("promtool")


@pytest.fixture
def scrape(client, settings):
    """scrape() -> {(name, labels): value} as Prometheus reads it."""
    settings.METRICS_TOKEN = TOKEN

    def read():
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        families = text_string_to_metric_families(answer.content.decode())
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in families
            for sample in family.samples
        }

    return read


@pytest.mark.parametrize(
    "carried",
    ["", "Bearer ", "Bearer wrong", f"Bearer {TOKEN} ", f"Bearer {TOKEN}é", "Basic dG9rZW4="],
)
def test_metrics_when_the_token_is_not_carried_then_the_page_is_not_there(
    client, settings, db, carried
):
    settings.METRICS_TOKEN = TOKEN

    assert client.get("/metrics", headers={"Authorization": carried}).status_code == 404


def test_metrics_when_no_token_is_set_then_nobody_reads_them(client, settings, db):
    settings.METRICS_TOKEN = ""

    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_metrics_when_an_order_waits_then_it_is_counted_and_when_paid_no_more(scrape, member):
    order = place(member, virtual_sku(points=1, cash="1.00"))
    cash_in.start(order, "sandbox")

    assert scrape()["mall_orders_unpaid", ()] == 1

    lifecycle.cancel(order, actor="test")
    assert scrape()["mall_orders_unpaid", ()] == 0


def test_metrics_when_a_job_finished_then_its_time_is_told(scrape, db, time_machine):
    time_machine.move_to(datetime(2026, 11, 20, 4, tzinfo=UTC), tick=False)
    runs.claim("verify-ledger", "2026-11-20")
    runs.finish("verify-ledger", "2026-11-20")

    assert (
        scrape()["mall_job_finished_timestamp_seconds", (("job", "verify-ledger"),)]
        == datetime(2026, 11, 20, 4, tzinfo=UTC).timestamp()
    )


def test_metrics_when_pages_were_answered_then_they_are_counted_by_view(scrape, client, db):
    name = (
        "django_http_requests_total_by_view_transport_method_total",
        (("method", "GET"), ("transport", "http"), ("view", "healthz")),
    )
    before = scrape().get(name, 0)

    client.get("/healthz")

    assert scrape()[name] == before + 1


# --- what an alert is made of --------------------------------------------------
def overdue(scraped):
    return {
        dict(labels)["work"]: seconds
        for (name, labels), seconds in scraped.items()
        if name == "mall_overdue_seconds"
    }


def test_metrics_when_nothing_waits_then_nothing_is_overdue_and_every_figure_is_told(scrape, db):
    scraped = scrape()

    assert set(overdue(scraped).values()) == {0}
    assert {
        scraped[name, ()]
        for name in ("mall_database_up", "mall_ledger_ahead_days", "mall_drift_cases_open")
    } == {0, 1}
    silences = {
        dict(labels)["job"]: seconds
        for (name, labels), seconds in scraped.items()
        if name == "mall_job_silence_seconds"
    }
    assert (
        silences["verify-ledger"] == 36 * 3600
        and silences["cancel-unpaid-orders"] == 900
        and "send-mails" not in silences
    )


def test_metrics_when_a_sweep_leaves_an_unpaid_order_then_its_lag_is_told(
    scrape, member, time_machine
):
    order = place(member, virtual_sku(points=1, cash="1.00"))
    cash_in.start(order, "sandbox")
    time_machine.move_to(order.pay_by - timedelta(seconds=30), tick=False)
    assert overdue(scrape())["orders_unpaid"] == 0

    time_machine.move_to(order.pay_by + timedelta(seconds=700), tick=False)

    assert overdue(scrape())["orders_unpaid"] == 700


def test_metrics_when_mails_wait_then_the_oldest_of_the_queue_is_told_and_a_dead_sender_too(
    scrape, member, time_machine
):
    now = clock.now()
    notices = Notification.objects.bulk_create(
        Notification(user=member, kind="birthday", key=f"birthday:{number}") for number in range(3)
    )
    states = [
        {"next_try_at": now - timedelta(seconds=1200)},
        {"next_try_at": now + timedelta(hours=1)},
    ]
    states.append({"state": "sending", "claimed_until": now - timedelta(seconds=60)})
    Delivery.objects.bulk_create(
        Delivery(notification=notice, user=member, **state)
        for notice, state in zip(notices, states, strict=True)
    )
    time_machine.move_to(now, tick=False)

    scraped = scrape()

    assert scraped["mall_deliveries_waiting", ()] == 2
    assert (overdue(scraped)["deliveries_waiting"], overdue(scraped)["deliveries_abandoned"]) == (
        1200,
        60,
    )


def test_metrics_when_points_are_left_after_their_last_day_then_the_day_is_over_since(
    scrape, member, time_machine
):
    day = PointAccount.objects.get(pk=member.pk).next_expiry
    time_machine.move_to(clock.end_of(day) - timedelta(seconds=1), tick=False)
    assert overdue(scrape())["accounts_to_expire"] == 0

    time_machine.move_to(clock.end_of(day) + timedelta(hours=4), tick=False)

    assert overdue(scrape())["accounts_to_expire"] == 4 * 3600


def test_metrics_when_the_books_do_not_close_then_the_failed_job_and_the_case_are_told(
    scrape, member
):
    with connection.cursor() as cursor:  # somebody was at the database
        cursor.execute("DELETE FROM points_ledgerentry WHERE account_id = %s", [member.pk])
    runs.claim("verify-ledger", "2026-11-20")
    with pytest.raises(tasks.BooksDoNotClose):
        runs.carry_out(schedule.find("verify-ledger"), "2026-11-20")

    scraped = scrape()

    assert scraped["mall_drift_cases_open", ()] == 1
    assert scraped["mall_job_failed_tries", (("job", "verify-ledger"),)] == 1


def test_metrics_when_a_failed_job_is_tried_again_or_succeeds_then_it_has_not_failed(scrape, db):
    failed = "mall_job_failed_tries", (("job", "verify-ledger"),)
    runs.claim("verify-ledger", "2026-11-20")
    assert scrape()[failed] == 0
    runs.give_back("verify-ledger", "2026-11-20", outcome="failed")
    assert scrape()[failed] == 1
    runs.claim("verify-ledger", "2026-11-20")
    assert scrape()[failed] == 0
    runs.finish("verify-ledger", "2026-11-20")

    assert scrape()[failed] == 0


def test_metrics_when_this_machines_clock_ran_ahead_then_the_ledger_day_and_the_clock_are_told(
    scrape, db, time_machine, request
):
    """The database's clock is not moved: what it says of today is what counts."""
    time_machine.move_to(clock.now())
    # the suite itself may run at another time (--at)
    real = escape_hatch.datetime.datetime.now(UTC)
    time_machine.move_to(real)
    member = request.getfixturevalue("member")
    scraped = scrape()
    assert scraped["mall_ledger_ahead_days", ()] == 0
    assert abs(scraped["mall_clock_ahead_seconds", ()]) < 60

    time_machine.move_to(real + timedelta(days=2))
    give_points(member, 1)
    assert scrape()["mall_clock_ahead_seconds", ()] == pytest.approx(2 * 86400, abs=60)
    time_machine.move_to(real)  # the clock was set right: the day in the books stays

    assert scrape()["mall_ledger_ahead_days", ()] == 2


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)  # ANALYZE and FLUSH commit what is open
def test_metrics_when_a_month_of_runs_and_a_long_ledger_lie_there_then_no_table_is_read_whole():
    minutes = (clock.now() - timedelta(minutes=number) for number in range(5_000))
    JobRun.objects.bulk_create(
        [
            JobRun(
                job="cancel-unpaid-orders", period=f"{moment:%Y-%m-%dT%H:%M}", finished_at=moment
            )
            for moment in minutes
        ],
        batch_size=2000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE TABLE mall_jobrun")
        cursor.execute("FLUSH LOCAL STATUS")
        list(metrics.job_figures())
        cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%'")
        reads = sum(int(number) for _name, number in cursor.fetchall())

    assert reads < 200


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
def test_rules_when_promtool_reads_them_then_they_are_right_and_fire_when_they_must(tmp_path):
    shutil.copytree(ROOT / "ops/prometheus", tmp_path, dirs_exist_ok=True)
    config = tmp_path / "prometheus.yml"
    config.write_text(
        config.read_text()
        .replace("/etc/prometheus", str(tmp_path))
        .replace("/tmp/token", str(tmp_path / "token"))
    )
    (tmp_path / "token").write_text(TOKEN)

    checked = subprocess.run([PROMTOOL, "check", "config", config], capture_output=True, text=True)
    tested = subprocess.run(
        [PROMTOOL, "test", "rules", tmp_path / "rules.test.yml"], capture_output=True, text=True
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_metrics_when_asked_under_a_name_of_the_network_then_they_answer_and_pages_do_not(
    client, settings, db
):
    settings.METRICS_TOKEN, settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = (
        TOKEN,
        ["mall.example"],
        True,
    )
    settings.SECURE_REDIRECT_EXEMPT = production_exemptions()
    inside = {"Host": "web:8000", "Authorization": f"Bearer {TOKEN}"}

    assert client.get("/metrics", headers=inside).status_code == 200
    assert client.get("/healthz", headers=inside).status_code == 200
    assert client.get("/metrics", headers={**inside, "Authorization": ""}).status_code == 404
    assert client.get("/products/", headers=inside).status_code == 400
    assert client.get("/metrics/x", headers=inside).status_code == 400
    assert client.get("/products/", headers={"Host": "mall.example"}).status_code == 301


def production_exemptions():
    line = next(
        line
        for line in (ROOT / "mall/settings/production.py").read_text().splitlines()
        if line.startswith("SECURE_REDIRECT_EXEMPT")
    )
    return re.findall(r'r"([^"]+)"', line)


def test_metrics_when_scraped_then_one_query_per_kind_of_work(
    client, settings, db, django_assert_num_queries
):
    settings.METRICS_TOKEN = TOKEN

    with django_assert_num_queries(len(metrics.WAITING) + 1):
        client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})


def test_metrics_when_there_are_two_web_processes_then_both_are_summed(tmp_path):
    """A counter each of two processes raised once reads two in a third."""
    environment = {
        **os.environ,
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "mall.settings.test",
    }
    raise_once = (
        "import django; django.setup(); from prometheus_client import Counter; "
        "Counter('knocks', 'k').inc()"
    )
    read = (
        "import django; django.setup(); from mall.monitoring import metrics; "
        "from prometheus_client import generate_latest; "
        "print(generate_latest(metrics._requests()).decode())"
    )
    for _process in range(2):
        subprocess.run([sys.executable, "-c", raise_once], env=environment, check=True)

    told = subprocess.run(
        [sys.executable, "-c", read], env=environment, check=True, capture_output=True, text=True
    ).stdout

    assert "knocks_total 2.0" in told


def test_dashboards_when_they_name_a_figure_then_the_mall_tells_it(scrape, client, db):
    """Grafana's files and Prometheus' rules ask for nothing that /metrics does not say."""
    runs.claim("verify-ledger", "2026-11-20")
    runs.finish("verify-ledger", "2026-11-20")
    client.get("/nothing-here/")
    told = {re.sub(r"_(total|created|sum|count|bucket)$", "", name) for name, _labels in scrape()}
    # exporters: tests/faults
    files = [*(ROOT / "ops/grafana/dashboards").glob("*.json"), ROOT / "ops/prometheus/rules.yml"]

    asked = {
        name
        for file in files
        for name in re.findall(r"\b(?:mall|django)_[a-z_]+", file.read_text())
    }

    unknown = {name for name in asked if re.sub(r"_(total|bucket)$", "", name) not in told}
    assert len(files) == 5
    # told once there is an exception
    assert unknown - {"django_http_exceptions_total_by_type_total"} == set()
