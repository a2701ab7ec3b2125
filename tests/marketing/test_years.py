"""A year in points: what is summed up, who may see it, and what others see of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
import time_machine
from django.utils import translation
from PIL import Image

from mall.core.links import whole
from marketing.models import CheckIn, MemberBadge, YearShare
from marketing.years import picture, sharing, summary
from orders import checkout, gifts
from points import ledger, rules
from tests.factories.catalog import CategoryFactory
from tests.factories.orders import virtual_sku
from tests.factories.points import member_with

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
NEW_YEARS_EVE = datetime(2025, 12, 31, 15, 59, 59, tzinfo=UTC)  # a second before 2026 in Shanghai


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def english(client, settings):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


@pytest.fixture
def eventful(noon):
    """A member with points of two years, an order, check-ins and a badge of this one."""
    noon.move_to(NEW_YEARS_EVE)
    member = member_with(5_000)
    rules.award(member.pk, "mission", key="mission:old", amount=70, reference="mission:old")
    noon.shift(timedelta(seconds=1))
    rules.award(member.pk, "mission", key="mission:1", amount=300, reference="mission:1")
    rules.award(member.pk, "review", key="review:1", reference="review:1")
    ledger.clawback(member.pk, of_key="mission:1", points=100, key="undo", reference="mission:1")
    noon.move_to(NOON)
    tea = CategoryFactory(name_en="Tea", name_zh_hans="茶")
    sku = virtual_sku(points=1_000, category=tea)
    checkout.place_order(member, lines=[(sku.pk, 2)], key="an-order")
    CheckIn.objects.create(user=member, on=NOON.date(), streak=41, points=50)
    MemberBadge.objects.create(user=member, code="streak_30", earned_on=NOON.date())
    return member


def test_summary_when_a_year_was_full_then_its_own_numbers_only(eventful):
    year = summary.of(eventful, 2026)

    assert [(way.points, way.percent) for way in year.ways] == [
        (200, 100),
        (22, 11),
    ]  # a review of V3
    assert (year.earned, year.spent, year.orders, year.pieces) == (222, 2_000, 1, 2)
    assert (str(year.saved), year.category) == ("20.00", "茶")
    assert (year.check_ins, year.best_streak, len(year.badges)) == (1, 41, 1)
    assert summary.of(eventful, 2025).earned == 70
    assert summary.of(eventful, 2024).is_empty


def test_summary_when_days_were_covered_and_goods_won_then_neither_is_a_deed(eventful):
    before = summary.of(eventful, 2026)
    for days, kind in ((1, "shielded"), (2, "made_up")):
        day = NOON.date() - timedelta(days=days)
        CheckIn.objects.create(user=eventful, on=day, streak=40, points=0, kind=kind)
    gifts.give(eventful, virtual_sku(points=1_000), key="prize")

    assert summary.of(eventful, 2026) == before


def test_summary_when_a_campaign_gave_points_then_it_is_called_as_in_the_statement(eventful):
    ledger.accrue(eventful.pk, points=40, key="gift", rule="campaign", reference="campaign:1")

    with translation.override("en"):
        ways = [way.name for way in summary.of(eventful, 2026).ways]

    assert ways[1] == "A gift from the shop"


def test_year_page_when_shared_and_taken_back_then_others_see_numbers_and_a_mask(
    english, eventful, settings
):
    eventful.nickname = "Wonderful Wang"
    eventful.date_joined = NEW_YEARS_EVE
    eventful.save()
    english.force_login(eventful)
    own = english.get("/year/2026/").content.decode()
    english.post("/year/2026/link/", {"wanted": "yes"})
    english.post("/year/2026/link/", {"wanted": "yes"})
    address = f"/y/{sharing.token_of(YearShare.objects.get())}/"
    shared = english.get("/year/2026/").content.decode()
    english.logout()
    english.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    seen = english.get(address)
    forged = english.get(address[:-2] + ("a" if address[-2] != "a" else "b") + "/")
    english.force_login(eventful)
    english.post("/year/2026/link/", {"wanted": "no"})
    dead = english.get(address)
    english.post("/year/2026/link/", {"wanted": "yes"})

    assert "Make a link" in own
    assert address in shared
    page = seen.content.decode()
    assert (seen.status_code, seen["X-Robots-Tag"]) == (200, "noindex")
    assert 'property="og:title" content="W****: 2026 in points"' in page
    assert "41 days" in page
    assert page.count('property="og:title"') == page.count('property="og:image"') == 1
    assert f'property="og:image" content="{whole(address)}picture.png"' in page
    for personal in ("Wonderful", eventful.username, eventful.email):
        assert personal not in page
    assert (forged.status_code, dead.status_code) == (404, 404)
    assert sharing.token_of(YearShare.objects.get()) not in address  # another link
    for unknown in (2024, 2027, 10**30):
        assert english.get(f"/year/{unknown}/").status_code == 404


def test_years_api_when_read_shared_and_taken_back_then_the_same_numbers(signed_in_api, member):
    read = signed_in_api.get("/api/v1/years/2026")
    shared = signed_in_api.put("/api/v1/years/2026/link").json()
    link = shared["url"]
    gone = signed_in_api.delete("/api/v1/years/2026/link")

    assert (read.status_code, read.json()["year"], read.json()["saved"]) == (200, 2026, "0.00")
    assert "/y/" in link
    assert shared["picture"] == f"{link}picture.png"
    assert gone.json() == {"url": None, "picture": None}
    assert not YearShare.objects.exists()
    assert signed_in_api.get("/api/v1/years/2025").status_code == 404


def test_year_page_when_nothing_happened_then_says_so(english):
    newcomer = member_with()
    english.force_login(newcomer)

    page = english.get("/year/", follow=True).content.decode()

    assert "Nothing happened in 2026" in page
    assert "Make a link" not in page


def test_picture_when_asked_for_then_ones_own_and_the_shared_one_until_it_is_taken_back(
    client, eventful
):
    eventful.date_joined = NEW_YEARS_EVE
    eventful.save()
    client.force_login(eventful)
    own = client.get("/year/2026/picture.png")
    client.post("/year/2026/link/", {"wanted": "yes"})
    address = f"/y/{sharing.token_of(YearShare.objects.get())}/picture.png"
    client.logout()

    shared, refused = client.get(address), client.get("/year/2026/picture.png")
    sharing.revoke(eventful, 2026)

    assert (own.status_code, own["Content-Type"]) == (200, "image/png")
    assert Image.open(BytesIO(own.content)).size == (1200, 630)
    assert (shared.content, shared["X-Robots-Tag"]) == (own.content, "noindex")
    assert refused.status_code == 302
    assert client.get(address).status_code == 404
    client.force_login(eventful)
    assert client.get("/year/2024/picture.png").status_code == 404


def test_picture_when_numbers_are_large_then_they_stay_inside(eventful):
    year = summary.of(eventful, 2026)
    huge = replace(year, earned=10**11, best_streak=10**7, check_ins=10**7, pieces=10**7)

    shown = Image.open(BytesIO(picture.of(huge))).convert("RGB")

    ink = [x for x in range(1200) for y in range(0, 630, 3) if sum(shown.getpixel((x, y))) < 3 * 80]
    assert min(ink) >= 64 and max(ink) <= 1200 - 64
