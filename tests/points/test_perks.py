"""What tiers give: shown, changed by an operator, told on a rise, paid on a birthday, early at
flash sales.
"""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.utils import translation

from mall.core import clock
from mall.core.models import AuditRow
from marketing import facts
from marketing.models import Notification
from orders.errors import FlashForHigherTiers, FlashNotStarted
from orders.flash import sessions as flash_sessions
from orders.models import Order
from points import perks, rules, tiers
from points.models import LedgerEntry, Rule, TierLevel
from tests.factories import flash as factory
from tests.factories.flash import grab
from tests.factories.orders import virtual_sku
from tests.factories.points import in_tier, member_with

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)  # noon in Shanghai
SOON = timedelta(minutes=20)  # V5 is let in 30 minutes early, V4 only 10


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def english(client, settings):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


# --- shown ------------------------------------------------------------------------
def test_points_page_when_on_a_tier_then_what_it_gives_and_what_the_next_one_adds(
    english, signed_in_api, member
):
    in_tier(member, 3)
    virtual_sku(points=100, tier_to_redeem=3)
    english.force_login(member)

    page = english.get("/points/").content.decode()
    mine, _title, new = page.partition("New on V4")

    assert "10% more points on what you earn" in mine
    assert "2 missed check-ins a month do not end your streak" in mine
    assert "300 points on your birthday" in mine
    assert "1 product for your tier" in mine
    assert "Flash sales begin 10 minutes earlier for you" in new
    assert "missed check-ins" not in new  # as many as before
    said = signed_in_api.get("/api/v1/points").json()
    numbers = ("level", "earn_percent", "shields_a_month", "birthday_points")
    assert [said["perks"][name] for name in numbers] == [3, 110, 2, 300]
    assert said["next_perks"]["early_access_minutes"] == 10
    assert said["next_perks"]["missing"] == 6_000 - said["tier"]["credited"]


def test_award_when_it_reaches_a_tier_then_told_once_what_is_new(english, member):
    in_tier(member, 1)
    for _again in range(2):
        rules.award(member.pk, "mission", key="mission:1", amount=2_000, reference="mission:1")

    told = Notification.objects.filter(user=member, kind="tier_risen")
    assert [row.params["gained"] for row in told] == [
        {"earn_percent": 110, "shields_a_month": 2, "birthday_points": 300}
    ]
    english.force_login(member)
    inbox = english.get("/inbox/").content.decode()
    assert "You are V3 Friend now" in inbox
    assert "New for you: 10% more points on what you earn" in inbox


# --- said by an operator ------------------------------------------------------------
def test_tier_form_when_perks_change_then_kept_told_why_or_never_falling(english, operator):
    english.force_login(operator)
    tier = TierLevel.objects.get(level=4)
    address = f"/admin/points/tierlevel/{tier.pk}/change/"
    words = {"name_zh_hans": "挚友", "name_en": "Close friend", "threshold": 6_000}
    sent = {**words, "earn_percent": 125, "shields_a_month": 2, "early_access_minutes": 15}

    falling = english.post(address, {**sent, "earn_percent": 109}).content.decode()
    too_many = english.post(address, {**sent, "birthday_points": 501}).content.decode()
    empty = english.post(address, {**sent, "earn_percent": ""}).content.decode()
    top = address.replace(str(tier.pk), str(TierLevel.objects.get(level=5).pk))
    odd = english.post(top, {**sent, "threshold": 15_000, "shields_a_month": 32}).content.decode()
    gone = english.post(address, {**sent, "birthday_points": ""}).content.decode()

    assert "V3 has 110, V4 would have 109" in falling
    assert 'value="109"' in falling
    assert "V4 has 501, V5 would have 500" in too_many
    assert "This field is required" in empty
    assert "less than or equal to 31" in odd
    assert "V3 has 300, V4 would have 0" in gone
    assert english.post(address, {**sent, "birthday_points": 450}).status_code == 302
    assert tiers.perks_of(4).early_access_minutes == 15
    after = AuditRow.objects.get(action="points.tier_change").after
    assert (after["earn_percent"], after["birthday_points"]) == (125, 450)


# --- on a birthday ---------------------------------------------------------------
def test_congratulate_when_members_are_of_several_tiers_then_each_gets_their_tiers_gift(
    member, other_member
):
    born = {"birthday": date(1990, 11, 20), "date_joined": datetime(2020, 1, 1, tzinfo=UTC)}
    get_user_model().objects.update(**born)
    in_tier(other_member, 5)

    for _again in range(2):
        facts.congratulate()

    paid = LedgerEntry.objects.filter(rule="birthday").values_list("account_id", "delta")
    assert dict(paid) == {member.pk: 200, other_member.pk: 500}
    rules.publish(Rule.objects.get(code="birthday"), actor="system", points=450)
    assert [perks.gift_of(tiers.perks_of(level)) for level in (1, 3, 5)] == [450, 450, 500]


# --- early at flash sales ------------------------------------------------------------
def test_redeem_when_it_has_not_begun_then_only_tiers_that_are_let_in(
    noon, english, bearer, member, other_member
):
    item = factory.item(stock=5, of=factory.session(starts_in=SOON))
    first, later = in_tier(other_member, 5), in_tier(member, 4)

    order = grab(first, item)
    said = "V5 on are let in early; for you it begins at 12:10"
    with translation.override("en"), pytest.raises(FlashForHigherTiers, match=said):
        grab(later, item)
    for reader, state, opens_at in (
        (first, "yours", item.session.starts_at - timedelta(minutes=30)),
        (later, "soon", item.session.starts_at - timedelta(minutes=10)),
    ):
        told = bearer(reader).get("/api/v1/flash").json()["sessions"][0]
        assert (told["items"][0]["state"], told["opens_at"]) == (
            state,
            opens_at.astimezone(clock.SHOP_ZONE).isoformat(),
        )
    english.force_login(later)
    page = english.get(f"/flash/{item.pk}/").content.decode()
    assert "Your tier lets you in 10 minutes earlier." in page
    assert "Starts at 12:10" in page
    assert english.get(f"/flash/{item.pk}/standing/").json()["state"] == "soon"

    noon.shift(timedelta(minutes=10))

    assert english.get(f"/flash/{item.pk}/standing/").json()["state"] == "open"
    assert grab(later, item).status == order.status == Order.Status.PAID
    with pytest.raises(FlashNotStarted):
        grab(member_with(5_000), item)


def test_tell_starting_when_a_tier_is_let_in_early_then_told_before_its_own_opening(noon):
    session = factory.session(starts_in=timedelta(minutes=34))
    session = factory.item(of=session).session
    first, other = in_tier(member_with(), 5), member_with()
    for member in (first, other):
        flash_sessions.remind(member, session)

    early = flash_sessions.tell_starting(clock.now())
    noon.shift(timedelta(minutes=30))
    late = flash_sessions.tell_starting(clock.now())

    assert (early, late) == (1, 1)
    moments = Notification.objects.filter(kind="flash_starting").values_list("user", "params__at")
    assert {pk: datetime.fromisoformat(at) for pk, at in moments} == {
        first.pk: session.starts_at - timedelta(minutes=30),
        other.pk: session.starts_at,
    }
