"""The doors of the points: the member's page and the API, whose queries do not grow with rows."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.utils import translation

from mall.core import clock
from points import ledger, machine, rules, statement, wording
from points.models import LedgerEntry
from tests.factories.points import member_with

pytestmark = pytest.mark.django_db
PAGE, POINTS, ENTRIES, RULES = (
    "/points/",
    "/api/v1/points",
    "/api/v1/points/entries",
    "/api/v1/points/rules",
)


@pytest.fixture
def shopper():
    """A member who earned, spent, reserved and got back, with one entry of each kind."""
    member = member_with()
    rules.award(member.pk, "register", key="register", reference="register")
    rules.award(member.pk, "checkin", key="checkin:1", step=3, reference="checkin:1")
    ledger.accrue(
        member.pk, points=15, key="lasting", expires_on=None, description="Poetry contest"
    )
    ledger.spend(member.pk, points=50, key="order:A1:spend", reference="order:A1")
    ledger.refund(
        member.pk, of_key="order:A1:spend", points=50, key="order:A1:refund:1", reference="order:A1"
    )
    ledger.hold(
        member.pk, points=40, key="order:B2:hold", reference="order:B2", expires_at=clock.now()
    )
    ledger.capture(
        member.pk, hold_key="order:B2:hold", key="order:B2:capture", reference="order:B2"
    )
    ledger.hold(
        member.pk, points=10, key="order:C3:hold", reference="order:C3", expires_at=clock.now()
    )
    ledger.release(
        member.pk, hold_key="order:C3:hold", key="order:C3:release", reference="order:C3"
    )
    ledger.clawback(member.pk, of_key="lasting", points=5, key="claw", reference="order:A1")
    ledger.adjust(
        member.pk,
        points=7,
        key="adjust:1",
        actor="staff:1",
        note="secret reason",
        description="Sorry for the rain",
    )
    return member


@pytest.fixture
def page_of(client):
    """page_of(member, address) -> the page as text, in English."""

    def read(member, address=PAGE):
        client.force_login(member)
        client.cookies["mall_language"] = "en"
        answer = client.get(address)
        assert answer.status_code == 200
        return answer.content.decode()

    return read


def fill(member, entries):
    for number in range(entries):
        ledger.accrue(member.pk, points=1, key=f"fill:{number}", reference="fill")


# --- the page ----------------------------------------------------------------


def test_page_when_signed_out_then_sign_in(client):
    assert client.get(PAGE).status_code == 302


def test_page_when_everything_happened_then_each_step_is_explained(page_of, shopper):
    page = page_of(shopper)

    for words in (
        "Signed up",
        "Daily check-in, day 3",
        "Poetry contest",
        "Redeemed goods",
        "Points of an order returned",
        "Reserved for an order",
        "Order paid with reserved points",
        "Order not completed, reserved points returned",
        "Points taken back for an order",
        "A1",
        "B2",
        "Sorry for the rain",
    ):
        assert words in page
    assert "secret reason" not in page
    assert page.count("<h1") == 1


def test_page_when_member_is_new_then_it_says_what_to_do_next(page_of):
    page = page_of(member_with())

    assert "No points yet" in page
    assert "/checkin/" in page


def test_page_when_member_never_had_an_account_then_it_still_opens(page_of):
    from tests.factories.points import MemberFactory

    assert "No points yet" in page_of(MemberFactory())


@pytest.mark.parametrize("entries", [1, 3])
def test_page_when_rows_grow_then_queries_do_not(client, django_assert_num_queries, entries):
    member = member_with()
    fill(member, entries)
    client.force_login(member)
    client.get(PAGE)

    # member, account, entries, on the way, names of rules, own tier, its points, unread notices
    with django_assert_num_queries(7):
        client.get(PAGE)


def test_page_when_there_are_many_entries_then_pages_meet_without_gap_or_overlap(page_of):
    member = member_with()
    fill(member, 2 * statement.PAGE + 3)

    seen, before = [], None
    while True:
        page = statement.page_of(member.pk, before=before)
        seen += [entry.seq for entry in page.entries]
        before = page.older
        if before is None:
            break

    assert seen == list(range(2 * statement.PAGE + 3, 0, -1))
    assert f"before={statement.PAGE + 4}" in page_of(member)


@pytest.mark.parametrize(("flow", "seqs"), [("in", [5, 3, 2, 1]), ("out", [6, 4])])
def test_page_when_filtered_then_only_that_direction(flow, seqs):
    member = member_with()
    for points in (5, 6, 7, -1, 8, -2):
        ledger.adjust(
            member.pk, points=points, key=f"adjust:{points}", actor="staff:1", note="test"
        )

    assert [entry.seq for entry in statement.page_of(member.pk, flow=flow).entries] == seqs


@pytest.mark.parametrize(
    "query",
    ["?flow=sideways", "?before=abc", "?before=-5", "?before=99999999999999999999", "?before=1"],
)
def test_page_when_asked_for_nonsense_then_it_still_opens(page_of, shopper, query):
    assert "My points" in page_of(shopper, PAGE + query)


def test_page_when_another_member_has_entries_then_they_are_not_shown(page_of, shopper):
    neighbour = member_with(5)

    assert "Redeemed goods" not in page_of(neighbour)


def test_page_when_points_expire_then_it_says_when(page_of):
    with time_machine.travel(datetime(2026, 11, 20, 4, tzinfo=UTC)):
        member = member_with(120, expires_on=date(2026, 12, 31))

        assert "Good until Dec 31, 2026" in page_of(member)


def test_page_when_account_is_frozen_then_it_says_so(page_of, shopper):
    ledger.freeze(shopper.pk, note="risk: internal words")

    page = page_of(shopper)

    assert "paused" in page
    assert "internal words" not in page


# --- the words ---------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_describe_when_kind_is_any_then_there_are_words(shopper, language):
    ledger.post_many(
        [
            ledger.Posting(
                shopper.pk, machine.Sweep((clock.today() + timedelta(days=900)).isoformat())
            )
        ]
    )
    entries = LedgerEntry.objects.filter(account_id=shopper.pk)
    assert {entry.kind for entry in entries} == set(LedgerEntry.Kind.values)

    with translation.override(language):
        assert all(wording.describe(entry) and wording.icon_of(entry) for entry in entries)


def test_describe_when_rule_is_the_shops_own_then_its_name(shopper):
    entry = ledger.accrue(shopper.pk, points=5, key="x", rule="moon-festival")

    with translation.override("en"):
        assert wording.describe(entry, {"moon-festival": "Moon festival"}) == "Moon festival"
        assert wording.describe(entry) == "Earned"


# --- the API -----------------------------------------------------------------


@pytest.mark.parametrize("address", [POINTS, ENTRIES, RULES])
def test_api_when_signed_out_then_401(api, address):
    assert api.get(address).status_code == 401


def test_api_points_when_asked_then_what_there_is(api_of):
    with time_machine.travel(datetime(2026, 11, 20, 4, tzinfo=UTC)):
        member = member_with(100)
        ledger.accrue(member.pk, points=20, key="lasting", expires_on=None)
        ledger.hold(member.pk, points=30, key="h", reference="order:A", expires_at=clock.now())

        answer = api_of(member).get(POINTS)

    assert (answer.status_code, answer.json()) == (
        200,
        {
            "available": 90,
            "held": 30,
            "pending": 0,
            "debt": 0,
            "tier": {
                "level": 1,
                "name": "新朋友",
                "credited": 120,
                "next_at": 500,
                "kept_until": None,
            },
            "perks": {
                "level": 1,
                "name": "新朋友",
                "missing": 0,
                "earn_percent": 100,
                "shields_a_month": 0,
                "birthday_points": 200,
                "early_access_minutes": 0,
                "words": ["生日赠送 200 积分"],
            },
            "next_perks": {
                "level": 2,
                "name": "常客",
                "missing": 380,
                "earn_percent": 105,
                "shields_a_month": 0,
                "birthday_points": 200,
                "early_access_minutes": 0,
                "words": ["获取积分多 5%", "生日赠送 200 积分"],
            },
            "status": "active",
            "expiring": [{"on": "2027-11-30", "points": 70}],
            "lasting": 20,
            "coming": [],
            "points_per_yuan": 100,
        },
    )


def test_api_entries_when_asked_then_newest_first_with_their_lots(api_of):
    with time_machine.travel(datetime(2026, 11, 20, 4, tzinfo=UTC), tick=False):
        member = member_with(100)
        entry = ledger.spend(member.pk, points=30, key="order:A1:spend", reference="order:A1")

        answer = api_of(member).get(ENTRIES, headers={"Accept-Language": "en"}).json()

    assert set(answer) == {"next", "previous", "results"}
    assert answer["results"][0] == {
        "id": entry.pk,
        "kind": "spend",
        "points": -30,
        "balance_after": 70,
        "held_after": 0,
        "reference": "order:A1",
        "description": "Redeemed goods",
        "occurred_at": "2026-11-20T12:00:00+08:00",
        "on": "2026-11-20",
        "lots": [{"expires_on": "2027-11-30", "points": -30}],
    }
    assert [row["balance_after"] for row in answer["results"]] == [70, 100]


def test_api_entries_when_there_are_many_then_the_cursor_reaches_all_of_them_once(api_of):
    member = member_with()
    fill(member, 60)
    api, seen, address = api_of(member), [], ENTRIES

    while address:
        answer = api.get(address).json()
        seen += [row["balance_after"] for row in answer["results"]]
        address = answer["next"]

    assert seen == list(range(60, 0, -1))


@pytest.mark.parametrize("entries", [1, 3])
def test_api_entries_when_rows_grow_then_queries_do_not(api_of, django_assert_num_queries, entries):
    member = member_with()
    fill(member, entries)
    api = api_of(member)

    with django_assert_num_queries(2):  # does anything wait?, entries
        assert len(api.get(ENTRIES).json()["results"]) == entries


def test_api_entries_when_filtered_then_kind_and_days_fit(api_of):
    member = member_with()
    for day in (18, 19, 20):
        with time_machine.travel(datetime(2026, 11, day, 4, tzinfo=UTC)):
            ledger.accrue(member.pk, points=day, key=f"gift:{day}")
            if day == 20:
                ledger.spend(member.pk, points=1, key="s", reference="order:A")
    api = api_of(member)

    def points(query):
        return [row["points"] for row in api.get(ENTRIES + query).json()["results"]]

    assert points("?kind=spend") == [-1]
    assert points("?from=2026-11-19&to=2026-11-19") == [19]
    assert points("?kind=accrue&to=2026-11-19") == [19, 18]


@pytest.mark.parametrize(
    "query",
    [
        "?kind=gift",
        "?from=yesterday",
        "?to=2026-02-30",
        "?user=1",
        "?account=1",
        "?limit=1000",
        "?page_size=1000",
    ],
)
def test_api_entries_when_asked_for_nonsense_then_400(api_of, shopper, query):
    answer = api_of(shopper).get(ENTRIES + query)

    assert answer.status_code == 400
    assert answer.json()["type"] == "validation_error"


def test_api_entries_when_another_member_asks_then_only_their_own(api_of, shopper):
    assert api_of(member_with()).get(ENTRIES).json()["results"] == []


def test_api_rules_when_asked_then_what_earns_points_now(api_of):
    rows = {
        row["code"]: row
        for row in api_of(member_with())
        .get(RULES, headers={"Accept-Language": "en"})
        .json()["results"]
    }

    every_action = (
        "register login checkin purchase first_order repurchase review share profile "
        "birthday mission checkin_milestone referral referred"
    )
    assert set(rows) == set(every_action.split())
    assert (rows["checkin"]["points"], rows["checkin"]["table"]) == (
        20,
        [20, 25, 30, 35, 40, 45, 50],
    )
    assert rows["checkin_milestone"]["table"] == []
    assert rows["checkin_milestone"]["steps"][0] == {"step": 14, "points": 100}
    assert rows["register"] == {
        "code": "register",
        "action": "register",
        "name": "Sign-up gift",
        "version": 1,
        "value": "fixed",
        "points": 100,
        "percent": 100,
        "table": [],
        "steps": [],
        "actions": [],
        "with_tier": False,
        "conditions": [],
        "limits": {"day": 1, "week": 1, "month": 1, "life": 1},
        "every_days": 0,
        "matures_after_days": 0,
        "weekdays": [],
        "validity": "standard",
        "ends_at": None,
    }


@pytest.mark.parametrize("action", ["register", "login", "checkin", "share", "purchase"])
@pytest.mark.parametrize("address", ["/api/v1/points/earn", POINTS, ENTRIES, RULES])
def test_api_when_a_client_names_an_action_that_pays_then_nothing_is_paid(api_of, action, address):
    member = member_with()

    answer = api_of(member).post(address, {"action": action, "points": 100}, format="json")

    assert answer.status_code in (404, 405)
    assert not LedgerEntry.objects.filter(account_id=member.pk).exists()
