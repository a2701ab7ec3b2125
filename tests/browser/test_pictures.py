"""The pictures of both READMEs, taken anew from the demo shop (make pictures).

Marker ``pictures``: it writes docs/pictures/; tests/test_readme.py looks whether all are there.
"""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command

from accounts.models import User
from catalog.models import Product
from mall.demo.members import ADMIN, DEMO
from orders.models import Order
from tests.browser.film import Film, write_still
from tests.conftest import ROOT

PICTURES = ROOT / "docs" / "pictures"
MORNING = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)  # half past nine in the shop
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
COOKIES = {"en": "en", "zh": "zh-hans"}

pytestmark = [
    pytest.mark.pictures,
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def demo_shop(transactional_db, settings):
    """The clock of the demo shop on a morning in November: the same days, members and figures each
    time.
    """
    settings.DEMO_SIGN_INS = True
    with time_machine.travel(MORNING) as clock:
        call_command("seed_demo")
        yield clock


@pytest.fixture
def reader(open_page, sign_in_page, live_server):
    """reader(language, username, **screen) -> a page of somebody who reads that language."""

    def sits_down(language, username, **screen):
        page = open_page(**screen)
        page.set_default_timeout(120_000)  # no picture is worth a second seeding
        page.clock.install(time=datetime.now(UTC))
        cookie = {"name": "mall_language", "value": COOKIES[language], "url": live_server.url}
        page.context.add_cookies([cookie])
        return sign_in_page(page, User.objects.get(username=username))

    return sits_down


def take_stills(language, reader):
    """What a member sees at home, of a thing and of the points, and what an operator reads."""
    pot = Product.objects.get(name_en="Red-glazed Jingdezhen teapot")
    for name, path, who, screen in (
        ("home", "/", DEMO, PHONE),
        ("product", f"/products/{pot.pk}/", DEMO, PHONE),
        ("points", "/points/", DEMO, PHONE),
        ("home-desktop", "/", DEMO, DESKTOP),
        ("report", "/admin/reports/activity/", ADMIN, DESKTOP),
    ):
        page = reader(language, who[0], **screen)
        page.goto(path)
        write_still(page, PICTURES / language / f"{name}.webp")


def film_the_loop(page, folder):
    """Check in, see the points count up, choose something, redeem it, read the order."""
    film, duck = Film(page), Product.objects.get(name_en="Bath mallard")
    page.goto("/")
    film.hold(2000)
    film.touch_and_roll(page.locator("#checkin-button"), page.locator(".earned"), 1800)
    film.hold(2500)
    write_still(page, folder / "check-in.webp")
    film.touch(page.locator(".tabbar a[href='/products/']"))
    page.wait_for_url("**/products/")
    film.hold(1800)
    film.touch(page.locator(f".product-card__link[href='/products/{duck.pk}/']").first)
    page.locator("#redeem").wait_for()
    film.hold(2000)
    film.touch(page.locator("#redeem .btn-primary"))
    page.wait_for_url("**/orders/new/**")
    film.hold(2500)
    film.touch(page.locator(".sticky-action [type=submit]"))
    page.wait_for_url(re.compile(r"/orders/(?!new)[^/]+/"))
    film.hold(4500)
    film.write(folder / "loop.webp")


def test_pictures_when_taken_then_the_demo_member_has_redeemed_in_each_language(demo_shop, reader):
    for language in COOKIES:
        (PICTURES / language).mkdir(parents=True, exist_ok=True)
        take_stills(language, reader)

    for language in COOKIES:
        film_the_loop(reader(language, DEMO[0], **PHONE), PICTURES / language)

        order = Order.objects.latest("pk")
        assert (order.user.username, order.status) == (DEMO[0], "paid")
        demo_shop.shift(timedelta(days=1))  # nobody checks in twice a day
