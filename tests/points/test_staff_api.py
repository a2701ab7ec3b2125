"""The staff API of points: asked, approved, rejected, released; permission-checked."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission

from points import risk
from points.models import Adjustment, PointAccount, PointsPolicy, RiskCase
from tests.factories.points import member_with

pytestmark = pytest.mark.django_db
ADJUSTMENTS, CASES = "/api/v1/staff/adjustments", "/api/v1/staff/cases"


@pytest.fixture
def member():
    return member_with(100)


@pytest.fixture
def clerk_with():
    def made(*permissions):
        clerk = member_with()
        clerk.is_staff = True
        clerk.save()
        clerk.user_permissions.set(
            Permission.objects.filter(codename__in=permissions, content_type__app_label="points")
        )
        return clerk

    return made


@pytest.fixture
def clerk(clerk_with):
    return clerk_with(
        "adjust_points", "view_adjustment", "approve_adjustment", "freeze_points", "view_riskcase"
    )


@pytest.fixture
def colleague(clerk_with):
    return clerk_with(
        "adjust_points", "view_adjustment", "approve_adjustment", "freeze_points", "view_riskcase"
    )


def asked(api, to, key=None, **changes):
    sent = {
        "member": to.pk,
        "points": 50,
        "reason": "Sorry for the late parcel",
        "note": "ticket 7",
        **changes,
    }
    return api.post(
        ADJUSTMENTS, sent, format="json", headers={"Idempotency-Key": key or uuid4().hex}
    )


def test_ask_when_within_the_limit_then_posted_and_the_same_key_once(api_of, clerk, member):
    answers = [asked(api_of(clerk), member, key="t:1") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert (answers[0].json()["status"], answers[0].json()["entry"]) == ("posted", 2)
    assert PointAccount.objects.get(pk=member.pk).available == 150


def test_ask_when_the_total_of_the_day_is_used_up_then_the_next_member_waits(api_of, clerk, member):
    PointsPolicy.objects.update_or_create(pk=1, defaults={"adjust_alone_day_max": 60})

    answers = [asked(api_of(clerk), to).json()["status"] for to in (member, member_with())]

    assert answers == ["posted", "waiting"]
    assert asked(api_of(clerk), member, points=10).json()["status"] == "posted"


def test_ask_when_the_key_names_another_adjustment_then_422(api_of, clerk, member):
    asked(api_of(clerk), member, key="t:1")

    assert asked(api_of(clerk), member, key="t:1", points=60).status_code == 422


@pytest.mark.parametrize("deed", ["release", "keep"])
def test_cases_when_the_member_writes_after_it_was_read_then_409_and_undecided(
    api_of, clerk, colleague, member, deed
):
    case = risk.pause(member.pk, operator=colleague, note="odd", scope="earn")
    api, address = api_of(clerk), f"{CASES}/{case.pk}"
    read = api.get(address).json()["version"]
    risk.appeal(case, text="I lent my phone to my sister")

    refused = api.post(f"{address}/{deed}", {"note": "fine", "version": read}, format="json")

    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "changed_meanwhile")
    assert RiskCase.objects.get().status == "open"
    again = {"note": "fine", "version": api.get(address).json()["version"]}
    assert api.post(f"{address}/{deed}", again, format="json").status_code == 200


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"points": 0}, 400),
        ({"points": "50"}, 400),
        ({"points": 1.5}, 400),
        ({"reason": ""}, 400),
        ({"note": ""}, 400),
        ({"color": "red"}, 400),
        ({"member": 987654}, 404),
        ({"points": -101}, 409),
    ],
)
def test_ask_when_it_makes_no_sense_then_refused(api_of, clerk, member, changes, status):
    assert asked(api_of(clerk), member, **changes).status_code == status
    assert PointAccount.objects.get(pk=member.pk).available == 100


def test_ask_when_the_key_is_missing_then_400(api_of, clerk, member):
    answer = api_of(clerk).post(
        ADJUSTMENTS, {"member": member.pk, "points": 5, "reason": "a", "note": "b"}, format="json"
    )

    assert answer.status_code == 400


def test_approve_when_a_colleague_agrees_then_posted(api_of, clerk, colleague, member):
    waiting = asked(api_of(clerk), member, points=8_000).json()

    own = api_of(clerk).post(f"{ADJUSTMENTS}/{waiting['id']}/approve", {}, format="json")
    other = api_of(colleague).post(f"{ADJUSTMENTS}/{waiting['id']}/approve", {}, format="json")
    again = api_of(colleague).post(f"{ADJUSTMENTS}/{waiting['id']}/approve", {}, format="json")

    assert (waiting["status"], own.status_code, own.json()["errors"][0]["code"]) == (
        "waiting",
        403,
        "same_person",
    )
    assert (other.status_code, other.json()["status"], other.json()["decided_by"]) == (
        200,
        "posted",
        colleague.pk,
    )
    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "adjustment_decided")
    assert PointAccount.objects.get(pk=member.pk).available == 8_100


def test_reject_when_a_colleague_says_no_then_nothing_is_posted(api_of, clerk, colleague, member):
    waiting = asked(api_of(clerk), member, points=8_000).json()

    answer = api_of(colleague).post(
        f"{ADJUSTMENTS}/{waiting['id']}/reject", {"note": "no receipt"}, format="json"
    )

    assert (answer.status_code, answer.json()["status"], answer.json()["decision_note"]) == (
        200,
        "rejected",
        "no receipt",
    )
    assert PointAccount.objects.get(pk=member.pk).available == 100


@pytest.mark.parametrize("members", [1, 3])
def test_list_when_rows_grow_then_queries_do_not(api_of, clerk, django_assert_num_queries, members):
    for _ in range(members):
        asked(api_of(clerk), member_with(), points=8_000)
    api = api_of(clerk)

    with django_assert_num_queries(1):  # the rows; who calls is known
        rows = api.get(f"{ADJUSTMENTS}?status=waiting").json()["results"]

    assert len(rows) == members


def test_cases_when_one_is_released_then_the_member_goes_on(api_of, clerk, colleague, member):
    case = risk.pause(member.pk, operator=colleague, note="ring of accounts", scope="earn")

    listed = api_of(clerk).get(f"{CASES}?status=open").json()["results"]
    detail = api_of(clerk).get(f"{CASES}/{case.pk}").json()
    kept = (
        api_of(clerk).post(f"{CASES}/{case.pk}/keep", {"note": "still odd"}, format="json").json()
    )
    released = api_of(clerk).post(f"{CASES}/{case.pk}/release", {"note": "a family"}, format="json")
    again = api_of(clerk).post(f"{CASES}/{case.pk}/release", {"note": "a family"}, format="json")

    assert ([row["id"] for row in listed], detail["evidence"], kept["status"]) == (
        [case.pk],
        {},
        "kept",
    )
    assert (released.json()["status"], again.status_code) == ("released", 409)
    assert PointAccount.objects.get(pk=member.pk).status == "active"


@pytest.mark.parametrize("address", [ADJUSTMENTS, CASES, f"{ADJUSTMENTS}/1", f"{CASES}/1"])
def test_api_when_a_shopper_asks_then_403(api_of, member, address):
    assert api_of(member).get(address).status_code == 403


@pytest.mark.parametrize("act", ["approve", "reject"])
def test_decide_when_the_clerk_may_only_ask_then_403(api_of, clerk_with, clerk, member, act):
    waiting = asked(api_of(clerk), member, points=8_000).json()

    answer = api_of(clerk_with("adjust_points", "view_adjustment")).post(
        f"{ADJUSTMENTS}/{waiting['id']}/{act}", {"note": "x"}, format="json"
    )

    assert (answer.status_code, Adjustment.objects.get().status) == (403, "waiting")


def test_release_when_the_clerk_may_only_look_then_403(api_of, clerk_with, colleague, member):
    case = risk.pause(member.pk, operator=colleague, note="odd")

    answer = api_of(clerk_with("view_riskcase")).post(
        f"{CASES}/{case.pk}/release", {"note": "x"}, format="json"
    )

    assert (answer.status_code, RiskCase.objects.get().status) == (403, "open")
