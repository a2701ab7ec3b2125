"""Fixtures every test may ask for; the servers behind them are started by tests/services.py."""

import contextlib
import faulthandler
import inspect
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from django.core.cache import cache
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests.parts import on_mariadb

ROOT = Path(__file__).resolve().parent.parent
ON_MARIADB = on_mariadb()
THREADS_SECONDS, LONG_RACE_SECONDS = 100, 1_000  # for all threads of a race together
PASSWORD = "a-long-test-password"
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
CHROMIUM_FLAGS += ["--disable-background-networking", "--disable-component-update"]

# The same examples each run, so that a build tells of its change and of nothing else; MALL_RANDOM=1
# (make test-long) draws anew, and more.
RANDOM = bool(os.environ.get("MALL_RANDOM"))
hypothesis_settings.register_profile(
    "mall",
    deadline=None,
    print_blob=True,
    max_examples=100 if RANDOM else 30,
    derandomize=not RANDOM,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
hypothesis_settings.load_profile("mall")


# --- the database -----------------------------------------------------------
@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker, django_db_modify_db_settings):
    """Give this worker its copy of the migrated database, and put it back after each test that
    commits.
    """
    from django.test import TransactionTestCase

    from tests import pristine

    TransactionTestCase._fixture_teardown = lambda test_case: pristine.put_back()
    with django_db_blocker.unblock(), _no_time_of_a_test():
        name = pristine.make_database()
    yield
    with django_db_blocker.unblock():
        pristine.drop(name)


@contextlib.contextmanager
def _no_time_of_a_test():
    """Stop the clocks of the test that is first (pyproject.toml, timeout): on a small or busy
    machine the migrations take minutes, and every later test would fail with it.
    """
    faulthandler.cancel_dump_traceback_later()
    left = signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *left)


# --- people -----------------------------------------------------------------
@pytest.fixture(autouse=True)
def _fresh_start(request):
    """Rate limits, cached balances and kept facts start at nothing; nobody speaks the language of
    the last test's last reader.
    """
    from mall.core import kept

    cache.clear()
    kept._kept.clear()  # by hand: SQLite's number comes back with the database
    translation.deactivate()


@pytest.fixture
def api():
    """An app client without a token."""
    from rest_framework.test import APIClient

    return APIClient()


@pytest.fixture
def member(db):
    """A registered member, as a shopper registers: with an account of points and the welcome
    points.
    """
    from accounts.registration import register

    return register(username="member", email="member@example.com", password=PASSWORD)


@pytest.fixture
def other_member(db):
    """Another member: the one whose things are none of ours."""
    from accounts.registration import register

    return register(username="other", email="other@example.com", password=PASSWORD)


@pytest.fixture
def operator(db):
    """A member of staff in the operator group."""
    from django.contrib.auth.models import Group

    from accounts.registration import register

    user = register(username="operator", email="operator@example.com", password=PASSWORD)
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    user.groups.add(Group.objects.get(name="operator"))
    return user


@pytest.fixture
def signed_in(client, member):
    """A browser session of ``member``."""
    client.force_login(member)
    return client


@pytest.fixture
def bearer():
    """bearer(user) -> an APIClient that signed in through the headless API and carries its
    token.
    """
    from rest_framework.test import APIClient

    def sign_in(user, password=PASSWORD):
        caller = APIClient()
        answer = caller.post(
            "/api/auth/app/v1/auth/login",
            {"username": user.username, "password": password},
            format="json",
        )
        assert answer.status_code == 200, answer.content
        caller.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['meta']['access_token']}")
        return caller

    return sign_in


@pytest.fixture
def signed_in_api(bearer, member):
    """An app client of ``member``."""
    return bearer(member)


@pytest.fixture
def books_close(db):
    """Check after the test that every account fits its entries, and orders and goods their points
    and pieces.
    """
    from mall import verification

    yield
    assert verification.verify() == []


@pytest.fixture
def standing_clock():
    """The clock stands still: no limit's window turns over, no day ends within the test."""
    import time_machine

    from mall.core import clock

    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield traveller


@pytest.fixture
def heard_later(settings):
    """What follows from facts is done when somebody delivers, as in the shop."""
    settings.EVENTS_HEARD = "later"


# --- races ------------------------------------------------------------------
@pytest.fixture
def waits(monkeypatch):
    """No file is so small that it is looked over where it is brought: all wait for the worker."""
    monkeypatch.setattr("mall.core.file_jobs.AT_ONCE_BYTES", 0)
    return monkeypatch


@pytest.fixture
def mariadb_only():
    """For tests whose point is MariaDB's locking."""
    if not ON_MARIADB:
        pytest.skip("needs MariaDB: MALL_TEST_DB=mariadb")


@pytest.fixture
def deadlocks(mariadb_only, transactional_db):
    """deadlocks() -> how many deadlocks the server counted since the test began; retries hide
    them.
    """
    from django.db import connection

    def counted():
        with connection.cursor() as cursor:
            # MariaDB counts them in its status, too; MySQL only here.
            cursor.execute(
                "SELECT count FROM information_schema.innodb_metrics WHERE name = 'lock_deadlocks'"
            )
            return cursor.fetchone()[0]

    before = counted()
    return lambda: counted() - before


@pytest.fixture
def run_threads(request):
    """run_threads(n, fn) -> what each of n threads returned or raised, in order; all start at once.
    A race marked ``long`` has ten times as long to end.

    ``fn`` gets the thread's number when it takes an argument. Needs
    ``django_db(transaction=True)``.
    """
    from django.db import connections

    is_long = request.node.get_closest_marker("long")
    seconds = LONG_RACE_SECONDS if is_long else THREADS_SECONDS

    def run(n, fn):
        wants_number = any(
            parameter.default is parameter.empty
            for parameter in inspect.signature(fn).parameters.values()
        )
        gate = threading.Barrier(n)
        outcomes = [TimeoutError(f"the thread did not end within {seconds} s")] * n

        def one(number):
            try:
                gate.wait(30)
                outcomes[number] = fn(number) if wants_number else fn()
            except BaseException as error:  # noqa: BLE001 - the test judges it
                outcomes[number] = error
            finally:
                connections.close_all()

        threads = [threading.Thread(target=one, args=(number,), daemon=True) for number in range(n)]
        for thread in threads:
            thread.start()
        deadline = time.perf_counter() + seconds  # a clock that tests do not stop
        for thread in threads:
            thread.join(max(0, deadline - time.perf_counter()))
        if any(thread.is_alive() for thread in threads):
            faulthandler.dump_traceback()
        return outcomes

    return run


# --- a cache that may be spoiled --------------------------------------------
@pytest.fixture
def own_redis():
    """A Redis that may be filled or turned into a copy; the cache of this test is on it, with
    production's options.
    """
    from django.core.cache import caches
    from django.test.utils import override_settings
    from redis import Redis

    from mall.redis.circuit_breaker import BreakerRedis
    from mall.settings.databases import CACHE_OPTIONS
    from tests.services import start_redis

    with tempfile.TemporaryDirectory(prefix="r", dir="/tmp") as folder:
        server = start_redis(folder)
        cached = {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": server.url,
            "OPTIONS": CACHE_OPTIONS,
        }
        with override_settings(CACHES={"default": cached}):
            yield Redis(unix_socket_path=f"{folder}/r.sock")
            caches.close_all()
        BreakerRedis.open_until = 0
        server.kill()


# --- a real worker ----------------------------------------------------------
@pytest.fixture
def environment_of_test(transactional_db):
    """The environment in which another process finds this test's database and Redis."""
    from django.db import connection

    database = connection.settings_dict
    name = str(database["NAME"])
    socket = database["OPTIONS"].get("unix_socket", "")
    url = f"mysql://{database['USER'] or 'root'}@localhost/{name}?unix_socket={socket}"
    where = {"MALL_TEST_DATABASE_URL": url if ON_MARIADB else "", "MALL_TEST_SQLITE": name}
    return {**os.environ, **where, "DJANGO_SETTINGS_MODULE": "mall.settings.test"}


@pytest.fixture
def another_worker(environment_of_test, tmp_path):
    """another_worker() -> the process of a real Celery worker on this test's database and Redis; it
    ends with the test.
    """
    from mall.celery import app
    from tests import broker, processes
    from tests.waiting import eventually

    broker.empty()
    made = []

    def start():
        name, log = f"{tmp_path.name}-{len(made)}@test", tmp_path / f"worker{len(made)}.log"
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "mall",
            "worker",
            "-P",
            "solo",
            "-n",
            name,
            "-l",
            "info",
        ]
        with log.open("wb") as words:
            made.append(
                subprocess.Popen(
                    command,
                    cwd=ROOT,
                    env=environment_of_test,
                    stdout=words,
                    stderr=words,
                    process_group=0,
                )
            )
        if not eventually(lambda: app.control.ping(destination=[name], timeout=1), pause=0):
            pytest.fail("the worker did not start:\n" + log.read_text()[-2000:])
        return made[-1]

    yield start
    processes.end(*made)
    broker.empty()


@pytest.fixture
def celery_worker(another_worker):
    """A real Celery worker process."""
    return another_worker()


# --- a browser --------------------------------------------------------------
@pytest.fixture(scope="session")
def chromium():
    """One headless Chromium for the whole run."""
    from playwright.sync_api import sync_playwright

    # Playwright's loop runs in the test's own thread, where Django then refuses the ORM without
    # this.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    program = next(
        (
            path
            for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser")
            if os.path.exists(path)
        ),
        None,
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)


@pytest.fixture
def open_page(chromium, live_server):
    """open_page(width=390, dark=False, javascript=True, **context) -> a page in its own browser
    session.
    """
    contexts = []

    def opened(*, width=390, height=844, dark=False, javascript=True, **context):
        made = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
            locale="zh-CN",
            **context,
        )
        made.set_default_timeout(10_000)
        contexts.append(made)
        return made.new_page()

    yield opened
    for made in contexts:
        made.close()


@pytest.fixture
def page(open_page):
    """A phone-sized page."""
    return open_page()


@pytest.fixture
def sign_in_page(live_server):
    """sign_in_page(page, user): give a browser page a session of ``user``, whoever else sits at
    another page.
    """
    from django.test import Client

    def sign_in(page, user):
        client = Client()  # one client for two members would end the first one's session
        client.force_login(user)
        cookie = client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        return page

    return sign_in
