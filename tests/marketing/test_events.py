"""Events of other systems: signed, once each; and whatever a member's app names pays nothing."""

import json

import pytest
import time_machine
from django.urls import get_resolver

from mall.core import clock
from marketing import events
from marketing.models import CustomEvent, Mission
from points import rules
from points.models import LedgerEntry, PointAccount, Rule, RuleVersion
from points.models import PointAccount as Account
from tests.factories.marketing import MissionFactory

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/events"
NOON = "2026-11-20T12:00:00+08:00"


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False) as travelled:
        yield travelled


@pytest.fixture
def rule():
    made = Rule.objects.create(
        code="survey", action="event:survey", name="Survey", status=Rule.Status.ACTIVE
    )
    RuleVersion.objects.create(rule=made, number=1, points=15, per_day=5, created_at=clock.now())
    return made


def body_of(who, **changes):
    return {
        "event": "survey",
        "member": who.username,
        "key": "answer-1",
        "occurred_at": NOON,
        "data": {"stars": 5},
        **changes,
    }


def tell(api, body, *, timestamp=None, signature=None):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    timestamp = timestamp or str(int(clock.now().timestamp()))
    signed = events.sign(raw, timestamp) if signature is None else signature
    return api.post(
        ADDRESS,
        raw,
        content_type="application/json",
        HTTP_X_MALL_TIMESTAMP=timestamp,
        HTTP_X_MALL_SIGNATURE=signed,
    )


def entries():
    return list(LedgerEntry.objects.filter(key__startswith="event:").values_list("key", "delta"))


@pytest.mark.parametrize(
    ("amount", "points"),
    [(12, 24), (12.5, 25), ("12.50", 25), (0.1, 0), (0, 0), ("99.99", 199)],
)
def test_events_when_the_rule_pays_by_the_yuan_then_by_the_amount_told(
    api, member, rule, amount, points
):
    rules.publish(rule, actor="test", value="per_yuan", points=2)

    answer = tell(api, body_of(member, data={"amount": amount}))

    assert (answer.status_code, answer.json()["points"]) == (201, points)


@pytest.mark.parametrize(
    "amount", [None, -1, "", "12.505", "zwölf", True, [5], "1_0", "１２", "+5", "NaN", 1e12]
)
def test_events_when_the_rule_pays_by_the_yuan_and_none_are_told_then_refused_beside_the_field(
    api, member, rule, amount
):
    rules.publish(rule, actor="test", value="per_yuan", points=2)

    answer = tell(api, body_of(member, data={} if amount is None else {"amount": amount}))

    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "data.amount")
    assert entries() == []
    assert not CustomEvent.objects.exists()


@pytest.mark.parametrize(
    ("data", "times"), [({"amount": 100}, 2), ({"amount": 99}, 1), ({}, 1), ({"amount": "x"}, 1)]
)
def test_events_when_only_a_multiplier_asks_for_yuan_then_it_has_them_and_none_are_needed(
    api, member, rule, data, times
):
    plain = tell(api, body_of(member, key="before", data=data)).json()["points"]
    treat = Rule.objects.create(code="treat", action="multiplier", status="active", name="Treat")
    numbers = {"value": "percent", "percent": 200, "actions": [rule.action], "amount_min": 100}
    rules.publish(treat, actor="test", **numbers)

    answer = tell(api, body_of(member, data=data))

    assert answer.status_code == 201
    assert answer.json()["points"] == plain * times > 0


def test_events_when_signed_then_paid_by_the_rule_and_kept(api, member, rule):
    answer = tell(api, body_of(member))

    assert answer.status_code == 201, answer.content
    said = answer.json()
    assert (said["event"], said["key"], said["member"], said["points"]) == (
        "survey",
        "answer-1",
        "member",
        15,
    )
    assert entries() == [("event:survey:answer-1", 15)]
    row = CustomEvent.objects.get()
    assert (row.user_id, row.content, row.points) == (member.pk, {"stars": 5}, 15)


def test_events_when_replayed_fifty_times_then_one_entry(api, member, rule):
    codes = [tell(api, body_of(member)).status_code for _time in range(50)]

    assert codes == [201] + [200] * 49
    assert entries() == [("event:survey:answer-1", 15)]
    assert CustomEvent.objects.count() == 1


def test_events_when_the_key_says_something_else_then_conflict(api, member, other_member, rule):
    tell(api, body_of(member))

    assert tell(api, body_of(member, data={"stars": 1})).status_code == 422
    assert tell(api, body_of(other_member)).status_code == 422
    assert tell(api, body_of(member, occurred_at="2026-11-20T11:59:59+08:00")).status_code == 422
    assert entries() == [("event:survey:answer-1", 15)]


@pytest.mark.parametrize(
    ("one", "other"), [(1, True), (0, False), (1, 1.0), ("1", 1), ([], {}), ({"a": 1}, {"a": 1.5})]
)
def test_events_when_the_content_only_looks_alike_then_conflict(api, member, rule, one, other):
    codes = [
        tell(api, body_of(member, data={"x": value})).status_code for value in (one, one, other)
    ]

    assert codes == [201, 200, 422]


@pytest.mark.parametrize(
    "value", [10**30, -(10**40), 1e300, 0.1, -0.0, "é", "\u0000", {"b": 1, "a": [True, None]}]
)
def test_events_when_the_database_keeps_numbers_in_its_own_way_then_a_repeat_is_a_repeat(
    api, member, rule, value
):
    codes = [tell(api, body_of(member, data={"x": value})).status_code for _ in range(2)]

    assert codes == [201, 200]


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("another secret", {"signature": "0" * 64}),
        ("none", {"signature": ""}),
        ("not ascii", {"signature": "é" * 64}),
        ("too old", {"timestamp": str(1795147200 - 301)}),
        ("too new", {"timestamp": str(1795147200 + 301)}),
        ("no number", {"timestamp": "yesterday"}),
    ],
)
def test_events_when_forged_then_refused_and_nothing_changes(api, member, rule, what, change):
    assert int(clock.now().timestamp()) == 1795147200

    answer = tell(api, body_of(member), **change)

    assert answer.status_code == 403, what
    assert answer.json()["errors"][0]["code"] == "bad_signature"
    assert CustomEvent.objects.count() == 0
    assert entries() == []


def test_events_when_the_body_was_edited_then_refused(api, member, other_member, rule):
    raw, timestamp = json.dumps(body_of(member)).encode(), str(int(clock.now().timestamp()))

    answer = tell(
        api, body_of(other_member), timestamp=timestamp, signature=events.sign(raw, timestamp)
    )

    assert answer.status_code == 403
    assert CustomEvent.objects.count() == 0


def test_events_when_nobody_knows_the_event_then_says_so(api, member):
    answer = tell(api, body_of(member, event="juggling"))

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "unknown_event")
    assert CustomEvent.objects.count() == 0


def test_events_when_there_is_no_such_member_then_says_so(api, member, rule):
    answer = tell(api, body_of(member, member="nobody"))

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "unknown_member")


@pytest.mark.parametrize(
    "change",
    [
        {"event": "Big Letters"},
        {"event": 5},
        {"key": ""},
        {"key": "x" * 61},
        {"key": "two words"},
        {"occurred_at": "2026-11-20T12:00:00"},
        {"occurred_at": "2026-11-20T12:06:00+08:00"},
        {"occurred_at": "2026-10-01T12:00:00+08:00"},
        {"occurred_at": "soon"},
        {"occurred_at": 5},
        {"data": [1]},
        {"member": None},
        {"member": "\ud800"},
        {"data": {"half": "\ud800"}},
        {"points": 100},
    ],
)
def test_events_when_signed_and_yet_no_event_then_refused(api, member, rule, change):
    assert tell(api, body_of(member, **change)).status_code == 400
    assert CustomEvent.objects.count() == 0


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        b"\xff",
        b'{"a": NaN}',
        b"[" * 3000,
        b'{"data": ' + b'{"a":' * 20 + b"1" + b"}" * 20 + b"}",
    ],
)
def test_events_when_the_body_is_anything_then_refused(api, member, rule, raw):
    assert tell(api, raw).status_code == 400


@pytest.mark.parametrize("number", ["1e400", "-1e999", "Infinity"])
def test_events_when_a_number_is_beyond_every_number_then_refused(api, member, rule, number):
    raw = (
        json.dumps(body_of(member, data={"amount": 4242}))
        .encode()
        .replace(b"4242", number.encode())
    )

    assert tell(api, raw).status_code == 400
    assert CustomEvent.objects.count() == 0


def test_events_when_larger_than_64_kib_then_refused(api, member, rule):
    assert tell(api, body_of(member, data={"text": "x" * 65536})).status_code == 413
    assert CustomEvent.objects.count() == 0


def test_events_when_the_rule_is_paused_then_kept_and_not_paid(api, member, rule):
    Rule.objects.filter(pk=rule.pk).update(status="paused")

    assert tell(api, body_of(member)).json()["points"] == 0
    assert entries() == []
    assert CustomEvent.objects.count() == 1


def test_events_when_a_mission_listens_then_it_moves(api, member):
    MissionFactory(code="survey", event="event:survey", points=30)

    assert tell(api, body_of(member)).status_code == 201

    assert LedgerEntry.objects.get(rule="mission").delta == 30


# --- no client names an action that pays ---------------------------------------------------
EARNING_DOORS = [
    "points/earn",
    "points",
    "points/entries",
    "events",
    "missions",
    "missions/progress",
]
EARNING_DOORS = ["/api/points/earn", *(f"/api/v1/{door}" for door in EARNING_DOORS)]


def writing_addresses():
    """Every address of API v1 as plain text."""

    def walk(patterns, prefix=""):
        for pattern in patterns:
            route = prefix + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern.url_patterns, route)
            else:
                yield "/" + route.replace("<int:", "<").replace("<str:", "<").replace("<slug:", "<")

    found = {
        address
        for address in walk(get_resolver().url_patterns)
        if address.startswith("/api/v1/") and "staff" not in address
    }
    return sorted(found)


def actions():
    return sorted(
        {
            *Rule.objects.values_list("action", flat=True),
            *Mission.Event.values,
            "mission",
            "event:survey",
        }
    )


def test_api_when_a_member_names_every_action_at_every_door_then_nothing_is_paid(
    signed_in_api, member, rule, settings
):
    """T "minting by claimed action": what a client says it did earns nothing, whatever the door."""
    settings.RATELIMIT_ENABLE = False
    before = Account.objects.get(pk=member.pk).available
    own = {"/api/v1/checkins"}  # the member's own check-in is seen by the shop
    for action in actions():
        bodies = [
            {"action": action},
            {
                "event": action,
                "member": member.username,
                "key": "k",
                "occurred_at": NOON,
                "data": {"points": 1000},
            },
        ]
        for address in (
            "/api/v1/points/earn",
            "/api/points/earn",
            "/api/v1/points",
            "/api/v1/points/entries",
            "/api/v1/events",
            "/api/v1/missions",
        ):
            for body in bodies:
                assert signed_in_api.post(address, body, format="json").status_code in (
                    400,
                    403,
                    404,
                    405,
                ), (address, body)
        assert signed_in_api.post(
            f"/api/v1/missions/{action}/claim", {}, format="json"
        ).status_code in (404, 409)
    for address in writing_addresses():
        if address not in own and "<" not in address:
            signed_in_api.post(
                address, {"action": "register", "event": "survey", "points": 1000}, format="json"
            )

    assert Account.objects.get(pk=member.pk).available == before
    assert PointAccount.objects.get(pk=member.pk).credited == before
    assert CustomEvent.objects.count() == 0
