"""The database is away, frozen, full or contended: every address answers 503 with Retry-After, in
words, within three seconds.

The shop's own server command over a MariaDB of this test's own.
"""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.conftest import ROOT
from tests.faults.front import Front, addresses
from tests.faults.test_killed import copy_tables, is_answering
from tests.services import start_mariadb

pytestmark = pytest.mark.mariadb
# the promise, and as much again on a busy machine; without it ten seconds and more
BOUND_SECONDS = 3.0 * 2
REST_SECONDS = 1.2  # a little more than mall.database.mysql.breaker rests
CALLERS = 40
FURNISH = """
import json
from django.test import Client
from accounts.models import User
from accounts.registration import register
from rest_framework.test import APIClient
from tests.conftest import PASSWORD
user = User.objects.filter(username="boss").first()
user = user or register(username="boss", email="boss@example.com", password=PASSWORD)
user.is_staff = user.is_superuser = True
user.save()
browser, app = Client(), APIClient()
browser.force_login(user)
words = {"username": "boss", "password": PASSWORD}
signed = app.post("/api/auth/app/v1/auth/login", words, format="json").json()
print(json.dumps([browser.cookies["sessionid"].value, signed["meta"]["access_token"]]))
"""


class Shop:
    """The web processes, their database, and a member of staff who is signed in to pages and
    API.
    """

    def __init__(self, front, database, session, token):
        self.front, self.database = front, database
        self.browser, self.app = (
            {"Cookie": f"sessionid={session}"},
            {"Authorization": f"Bearer {token}"},
        )

    def ask(self, path, method="GET", *, language="", **more):
        headers = dict(self.app if path.startswith("/api/") else self.browser)
        if language:
            headers["Cookie"] = f"{headers.get('Cookie', 'a=b')}; mall_language={language}"
            headers["Accept-Language"] = language
        return self.front.ask(path, method, headers=headers | more.pop("headers", {}), **more)

    def crowd(self, paths):
        """All callers at once; their answers."""
        with ThreadPoolExecutor(CALLERS) as callers:
            return list(callers.map(self.ask, paths))


@pytest.fixture(scope="module")
def own_database(tmp_path_factory):
    server = start_mariadb(tmp_path_factory.mktemp("o"))
    yield server
    server.thaw()
    server.kill()


@pytest.fixture(scope="module")
def open_shop(own_database, tmp_path_factory, django_db_setup, django_db_blocker):
    """The shop of this module; each test finds its database awake."""
    environment = {**os.environ, "MALL_TEST_DATABASE_URL": own_database.url}
    environment["DJANGO_SETTINGS_MODULE"] = "mall.settings.test"
    with django_db_blocker.unblock():
        copy_tables(own_database)
    furnish = [sys.executable, "-c", f"import django; django.setup()\n{FURNISH}"]
    done = subprocess.run(
        furnish, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with (tmp_path_factory.mktemp("web") / "web.log").open("wb") as log:
        front = Front(environment, log)
        try:
            yield Shop(front, own_database, *json.loads(done.stdout.splitlines()[-1]))
        finally:
            front.stop()


@pytest.fixture
def shop(open_shop):
    yield open_shop
    open_shop.database.thaw()
    time.sleep(REST_SECONDS)


@pytest.fixture
def picture(settings):
    """Something a member uploaded."""
    path = settings.MEDIA_ROOT / f"{uuid4().hex}.webp"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"RIFF")
    yield path
    path.unlink()


PLACES = [
    "/",
    "/points/",
    "/api/v1/points",
    "/admin/",
    "/orders/",
    "/products/",
    "/api/v1/products",
    "/admin/orders/order/",
]
# An empty list of goods is kept, and who asks is known without the database.
KEPT = "/api/v1/products"


WORDS = {"zh-hans": "商城", "en": "The shop is very busy"}


def is_told(answer):
    """Whether an answer is a 503 that says when to come again, in time."""
    return (
        answer.status == 503
        and int(answer.headers["retry-after"]) >= 1
        and answer.seconds < BOUND_SECONDS
    )


def test_shop_when_the_database_freezes_then_everybody_is_told_in_time_and_then_served_again(
    shop, picture
):
    assert {path: shop.ask(path).status for path in PLACES} == dict.fromkeys(PLACES, 200)
    shop.database.freeze()

    crowd = [PLACES[n % len(PLACES)] for n in range(CALLERS)]
    first = shop.crowd(crowd)
    second = shop.crowd(
        ["/accounts/login/", "/products/1/", "/orders/new/?sku=1", "/api/auth/app/v1/auth/session"]
        * 10
    )
    pages = {language: shop.ask("/points/", language=language) for language in WORDS}
    written = shop.ask("/api/v1/checkins", "POST", language="en")
    apart = {
        path: shop.ask(path).status
        for path in ("/healthz", "/static/icons/logo.svg", f"/media/{picture.name}")
    }
    shop.database.thaw()
    time.sleep(REST_SECONDS)

    served = {path for path, answer in zip(crowd, first, strict=True) if answer.status == 200}
    assert served <= {KEPT}
    assert [answer for answer in first if answer.status != 200 and not is_told(answer)] == []
    assert [answer for answer in second if not is_told(answer)] == []
    assert all(
        words in pages[language].body and f'lang="{language}"' in pages[language].body
        for language, words in WORDS.items()
    )
    said = json.loads(written.body)
    assert (said["type"], said["errors"][0]["code"], written.status) == (
        "server_error",
        "busy",
        503,
    )
    assert said["errors"][0]["detail"].startswith("The shop is very busy.")
    assert said["request_id"]
    assert set(apart.values()) == {200}, apart
    assert {path: shop.ask(path).status for path in PLACES} == dict.fromkeys(PLACES, 200)


def test_shop_when_the_database_freezes_amid_answers_then_everybody_is_told_in_time(shop):
    """Callers come without a pause, so that some are caught between two statements; what they
    waited before does not count.
    """
    until = time.monotonic() + 6
    asked = []

    def come_again(path):
        while time.monotonic() < until:
            answer = shop.ask(path)
            asked.append((answer.status, time.monotonic(), answer.seconds))

    with ThreadPoolExecutor(CALLERS) as callers:
        for n in range(16):
            callers.submit(come_again, PLACES[n % len(PLACES)])
        time.sleep(2)
        shop.database.freeze()
        frozen_at = time.monotonic()

    waited = sorted(
        min(seconds, ended - frozen_at) for status, ended, seconds in asked if status == 503
    )
    # 429: sixteen callers without a pause are more than the API takes from one member
    assert {200, 503} <= {status for status, _, _ in asked} <= {200, 429, 503}
    assert waited[-1] < BOUND_SECONDS, waited


def test_shop_when_the_database_is_killed_then_every_address_says_so_and_works_again_at_once(shop):
    assert {path: shop.ask(path).status for path in PLACES} == dict.fromkeys(PLACES, 200)
    shop.database.kill()

    everywhere = [path for path in addresses() if path != "/readyz"]
    answers = dict(zip(everywhere, shop.crowd(everywhere), strict=True))
    shop.database.start()
    shop.database.wait_until(lambda: is_answering(shop.database))

    told = {path for path, answer in answers.items() if answer.status == 503}
    assert [path for path in told if not is_told(answers[path])] == []
    assert {
        path: answer.status
        for path, answer in answers.items()
        if answer.status >= 500 and path not in told
    } == {}
    assert len(told) > 0.9 * len(everywhere)
    assert {path: shop.ask(path).status for path in PLACES} == dict.fromkeys(PLACES, 200)
