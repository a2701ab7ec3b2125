"""The operators' door: books to read, rules to set, corrections through the ledger's verb."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile

from mall import verification
from mall.core import clock, events
from mall.core.models import AuditRow
from points import errors, ledger, risk, rules
from points.models import (
    Event,
    ExchangeRate,
    LedgerEntry,
    Parked,
    PointAccount,
    RiskCase,
    Rule,
    RuleVersion,
)
from tests.factories.marketing import MissionFactory
from tests.factories.points import member_with
from tests.listening import hearing
from tests.pages import hidden_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk():
    """A superuser: even they do not edit the books."""
    user = member_with()
    user.is_staff = user.is_superuser = True
    user.save()
    return user


@pytest.fixture
def back_office(client, clerk):
    client.force_login(clerk)
    client.cookies["mall_language"] = "en"
    return client


@pytest.fixture
def member():
    return member_with(100)


def adjust(client, member, **answers):
    answers = {
        "ticket": str(uuid4()),
        "points": "50",
        "note": "late parcel",
        "description": "Sorry for the late parcel",
        **answers,
    }
    return client.post(
        f"/admin/points/pointaccount/{member.pk}/adjust/", answers, follow=True
    ), answers


@pytest.mark.parametrize(
    "address",
    [
        "pointaccount/",
        "ledgerentry/",
        "rule/",
        "exchangerate/",
        "pointaccount/?q=points-member",
        "ledgerentry/?q=gift",
    ],
)
def test_list_when_opened_then_it_shows(back_office, member, address):
    assert back_office.get(f"/admin/points/{address}").status_code == 200


@pytest.mark.parametrize("room", ["pointaccount", "ledgerentry"])
@pytest.mark.parametrize("members", [1, 3])
def test_list_when_rows_grow_then_queries_do_not(
    back_office, django_assert_max_num_queries, room, members
):
    for _ in range(members):
        member_with(10)
    with django_assert_max_num_queries(6):  # session, clerk, count, rows and what the layout asks
        back_office.get(f"/admin/points/{room}/")


@pytest.mark.parametrize("room", ["pointaccount", "ledgerentry"])
@pytest.mark.parametrize("act", ["add", "change", "delete"])
def test_books_when_a_superuser_would_write_them_then_refused(back_office, member, room, act):
    pk = member.pk if room == "pointaccount" else LedgerEntry.objects.get(account_id=member.pk).pk
    address = f"/admin/points/{room}/add/" if act == "add" else f"/admin/points/{room}/{pk}/{act}/"

    answer = back_office.post(address, {"available": "1000000", "post": "yes"})

    assert answer.status_code == 403
    assert PointAccount.objects.get(pk=member.pk).available == 100


@pytest.mark.parametrize("room", ["pointaccount", "ledgerentry"])
def test_books_when_opened_then_they_show(back_office, member, room):
    ledger.hold(
        member.pk, points=10, key="order:A:hold", reference="order:A", expires_at=member.date_joined
    )
    pk = (
        member.pk
        if room == "pointaccount"
        else LedgerEntry.objects.filter(account_id=member.pk).first().pk
    )

    page = back_office.get(f"/admin/points/{room}/{pk}/change/")

    assert page.status_code == 200
    assert "Reserved for an order" in page.content.decode()


# --- adjusting ---------------------------------------------------------------


@pytest.mark.parametrize("key", ["9" * 23, "9" * 5000, "abc", "-1"])
def test_account_when_the_key_is_nobodys_then_back_to_the_start(back_office, key):
    assert back_office.get(f"/admin/points/pointaccount/{key}/change/").status_code == 302


def test_adjust_when_reason_is_given_then_posted_with_who_and_why(back_office, clerk, member):
    answer, sent = adjust(
        back_office, member, points="-30", note="double counted", description="Mended a mistake"
    )

    entry = LedgerEntry.objects.get(account_id=member.pk, kind="adjust")
    assert answer.status_code == 200
    assert (entry.delta, entry.actor, entry.note, entry.description) == (
        -30,
        f"staff:{clerk.pk}",
        "double counted",
        "Mended a mistake",
    )
    assert entry.key == f"adjust:{sent['ticket'].replace('-', '')}"
    assert PointAccount.objects.get(pk=member.pk).available == 70


def test_adjust_when_sent_twice_then_posted_once(back_office, member):
    ticket = str(uuid4())

    for _ in range(2):
        adjust(back_office, member, ticket=ticket)

    assert PointAccount.objects.get(pk=member.pk).available == 150


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"description": ""}, "required"),
        ({"points": "-101"}, "You have 100 points and need 101"),
        ({"points": "0"}, "whole number"),
        ({"points": "1.5"}, "whole number"),
        ({"points": "1e3"}, "whole number"),
        ({"points": "9" * 30}, "whole number"),
        ({"note": ""}, "required"),
        ({"ticket": "mine"}, ""),
    ],
)
def test_adjust_when_it_may_not_be_then_a_sentence_and_nothing_posted(
    back_office, member, answers, words
):
    answer, _sent = adjust(back_office, member, **answers)

    assert words in answer.content.decode()
    assert not LedgerEntry.objects.filter(account_id=member.pk, kind="adjust").exists()


def test_adjust_when_account_is_ones_own_then_refused(back_office, clerk):
    answer, _sent = adjust(back_office, clerk)

    assert "You cannot adjust your own points" in answer.content.decode()
    assert PointAccount.objects.get(pk=clerk.pk).available == 0


@pytest.mark.parametrize("permission", ["view_pointaccount", "change_pointaccount"])
def test_adjust_when_clerk_lacks_the_permission_then_refused(client, member, permission):
    junior = member_with()
    junior.is_staff = True
    junior.save()
    junior.user_permissions.add(Permission.objects.get(codename=permission))
    client.force_login(junior)

    adjust(client, member)

    assert PointAccount.objects.get(pk=member.pk).available == 100


@pytest.mark.parametrize("points", ["5001", "100000"])
def test_adjust_when_above_the_limit_then_it_waits_for_a_colleague(back_office, member, points):
    answer, _sent = adjust(back_office, member, points=points)

    assert "waits for a colleague" in answer.content.decode()
    assert PointAccount.objects.get(pk=member.pk).available == 100


def test_account_when_active_or_paused_then_only_the_fitting_button_is_there(back_office, member):
    page, base = (
        f"/admin/points/pointaccount/{member.pk}/change/",
        f"/admin/points/pointaccount/{member.pk}",
    )

    def offered():
        shown = back_office.get(page).content.decode()
        return [name for name in ("adjust", "freeze", "unfreeze") if f'{base}/{name}/"' in shown]

    while_active = offered()
    back_office.post(f"{base}/freeze/", {"scope": "all", "note": "ring of accounts"})

    assert (while_active, offered()) == (["adjust", "freeze"], ["adjust", "unfreeze"])


def test_freeze_when_reason_is_given_then_paused_and_released_again(back_office, member):
    back_office.post(
        f"/admin/points/pointaccount/{member.pk}/freeze/",
        {"scope": "all", "note": "ring of accounts"},
    )
    with pytest.raises(errors.AccountFrozen):
        ledger.spend(member.pk, points=1, key="s", reference="order:A")

    address = f"/admin/points/pointaccount/{member.pk}/unfreeze/"
    page = back_office.get(address).text
    back_office.post(address, {**hidden_of(page), "note": "it was a family"})

    assert "ring of accounts" in page
    account = PointAccount.objects.get(pk=member.pk)
    assert (account.status, account.status_note) == ("active", "it was a family")
    assert verification.verify() == []


# --- rules and rates ---------------------------------------------------------


def rule_answers(**changes):
    answers = {
        "code": "praise", "action": "praise", "name_zh_hans": "表扬", "name_en": "Praise",
        "status": "active", "priority": "100",
        "starts_at_0": "", "starts_at_1": "", "ends_at_0": "", "ends_at_1": "", "value": "fixed",
        "points": "5", "table": "",
        "validity": "standard", "validity_days": "0", "per_day": "3", "per_week": "21",
        "per_month": "90", "per_life": "1000",
        "versions-TOTAL_FORMS": "0", "versions-INITIAL_FORMS": "0", "versions-MIN_NUM_FORMS": "0",
        "versions-MAX_NUM_FORMS": "0",
    }  # fmt: skip
    return answers | changes


def test_rule_when_added_then_its_first_version_pays(back_office, clerk, member):
    back_office.post("/admin/points/rule/add/", rule_answers())

    entry = rules.award(member.pk, "praise", key="praise:1")

    version = RuleVersion.objects.get(rule__code="praise")
    assert (entry.delta, version.number, version.per_day, version.created_by) == (
        5,
        1,
        3,
        f"staff:{clerk.pk}",
    )


def test_rule_when_numbers_are_edited_then_a_new_version_and_the_old_stays(back_office):
    rule = Rule.objects.get(code="checkin")

    answers = rule_answers(
        value="table",
        table="10, 20，30",
        points="0",
        per_day="1",
        name_zh_hans="签到",
        name_en="Check-in",
    )
    answer = back_office.post(f"/admin/points/rule/{rule.pk}/change/", answers, follow=True)

    assert answer.status_code == 200
    assert [(version.number, version.table) for version in rule.versions.order_by("number")] == [
        (1, [20, 25, 30, 35, 40, 45, 50]),
        (2, [10, 20, 30]),
    ]
    assert rules.preview("checkin", step=9) == 30
    rule.refresh_from_db()
    # entries name the code: it is not for editing
    assert (rule.code, rule.action) == ("checkin", "checkin")


def test_rule_when_only_paused_then_no_new_version(back_office):
    rule = Rule.objects.get(code="login")
    page = back_office.get(f"/admin/points/rule/{rule.pk}/change/")
    initial = page.context["adminform"].form.initial
    same = {
        name: initial[name]
        for name in (
            "value",
            "points",
            "table",
            "validity",
            "validity_days",
            "per_day",
            "per_week",
            "per_month",
            "per_life",
        )
    }

    back_office.post(f"/admin/points/rule/{rule.pk}/change/", rule_answers(**same, status="paused"))

    assert (rule.versions.count(), rules.preview("login")) == (1, 0)
    assert rule.history.first().status == "paused"


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": "table", "table": ""},
        {"value": "table", "table": "10, x"},
        {"value": "table", "table": "10, -5"},
        {"points": "0"},
        {"points": "-5"},
        {"per_day": "0"},
        {"per_life": ""},
        {"validity": "days", "validity_days": "0"},
        {
            "starts_at_0": "2026-12-02",
            "starts_at_1": "00:00",
            "ends_at_0": "2026-12-01",
            "ends_at_1": "00:00",
        },
        {"name_en": ""},
        {"status": "secret"},
    ],
)
def test_rule_when_it_makes_no_sense_then_refused(back_office, wrong):
    answer = back_office.post("/admin/points/rule/add/", rule_answers(**wrong))

    assert answer.status_code == 200
    assert not Rule.objects.filter(code="praise").exists()


@pytest.mark.parametrize(
    ("action", "value", "is_told"),
    [
        ("checkin", "per_yuan", False),
        ("mission", "per_yuan", False),
        ("praise", "given", False),
        ("event:gas", "given", False),
        ("event:gas", "per_yuan", True),
        ("mission", "given", True),
        ("praise", "fixed", True),
    ],
)
def test_rule_when_it_counts_what_its_action_does_not_tell_then_said_at_its_field(
    back_office, action, value, is_told
):
    answers = rule_answers(action=action, value=value)

    answer = back_office.post("/admin/points/rule/add/", answers)

    assert (answer.status_code == 302, Rule.objects.filter(code="praise").exists()) == (
        is_told,
        is_told,
    )
    if not is_told:
        said = answer.context["adminform"].form.errors
        assert dict(said) == {"value": ["What this action tells cannot be counted that way."]}


def test_rule_when_an_old_one_is_edited_to_what_its_action_does_not_tell_then_refused(back_office):
    rule = Rule.objects.get(code="login")
    answers = rule_answers(code="login", action="login", value="per_yuan")

    answer = back_office.post(f"/admin/points/rule/{rule.pk}/change/", answers)

    assert list(answer.context["adminform"].form.errors) == ["value"]
    assert rule.versions.count() == 1


def test_rule_when_deleting_then_refused(back_office):
    rule = Rule.objects.get(code="login")

    assert (
        back_office.post(f"/admin/points/rule/{rule.pk}/delete/", {"post": "yes"}).status_code
        == 403
    )


def test_rate_when_it_has_begun_then_it_is_history(back_office):
    rate = ExchangeRate.objects.get()

    answer = back_office.post(
        f"/admin/points/exchangerate/{rate.pk}/change/", {"points_per_yuan": "1"}
    )

    assert answer.status_code == 403
    assert ExchangeRate.objects.get().points_per_yuan == 100


def test_rate_when_added_then_it_names_who(back_office, clerk):
    answers = {
        "points_per_yuan": "120",
        "effective_from_0": "2099-01-01",
        "effective_from_1": "00:00",
        "note": "inflation",
    }

    back_office.post("/admin/points/exchangerate/add/", answers)

    assert ExchangeRate.objects.first().created_by == f"staff:{clerk.pk}"


def test_rule_when_saved_and_kept_open_then_a_rival_is_named_once(back_office):
    login = Rule.objects.get(code="login")

    page = back_office.post(
        "/admin/points/rule/add/",
        {**rule_answers(code="login2", action="login"), "_continue": "1"},
        follow=True,
    )

    said = [str(message) for message in page.context["messages"]]
    assert sum(login.name in words for words in said) == 1


def test_upload_when_opened_then_the_file_is_asked_for_in_the_look_of_the_back_office(back_office):
    form = back_office.get("/admin/points/adjustmentbatch/upload/").context["form"]

    assert (
        form.fields["file"].widget.template_name == "unfold/widgets/clearable_file_input_small.html"
    )
    assert 'accept=".csv,.txt,.tsv,.xlsx,text/csv"' in str(form["file"])


def test_case_when_it_is_decided_then_the_page_says_who_how_much_and_what_they_wrote(
    back_office, member
):
    account = PointAccount.objects.get(user=member)
    evidence = {"earned": 1020, "limit": 1000, "by_rule": [], "entries": []}
    case = RiskCase.objects.create(
        account=account, kind=RiskCase.Kind.EARNED, scope=RiskCase.Scope.EARN, note="more than "
            "1000 points earned on 2026-11-28",
        evidence=evidence, opened_at=member.date_joined, appeal="It was a busy day",
        appealed_at=member.date_joined,
    )  # fmt: skip

    page = back_office.get(f"/admin/points/riskcase/{case.pk}/release/").content.decode()

    assert member.get_username() in page
    assert "1020 / 1000" in page and "It was a busy day" in page
    assert "more than 1000 points earned" not in page


def test_case_when_it_is_opened_then_its_entries_and_sums_are_told_in_words(back_office, member):
    MissionFactory(code="tea", title_en="Tea time")
    rules.award(member.pk, "mission", key="mission:tea", amount=1200, reference="mission:tea")
    case = RiskCase.objects.get(account_id=member.pk)

    page = back_office.get(f"/admin/points/riskcase/{case.pk}/change/").content.decode()

    assert f"<div>{Rule.objects.get(code='mission').name}: 1200</div>" in page
    assert ("Mission: Tea time" in page, "mission:tea" in page) == (True, False)


@pytest.mark.parametrize("deed", ["release", "keep"])
def test_case_when_the_member_writes_while_it_is_read_then_shows_their_words_and_decides_nothing(
    back_office, member, deed
):
    case = risk.pause(member.pk, operator=member_with(), note="odd")
    address = f"/admin/points/riskcase/{case.pk}/{deed}/"
    opened = back_office.get(address).text
    risk.appeal(case, text="I lent my phone to my sister")

    answer = back_office.post(address, {**hidden_of(opened), "note": "fine"})

    case.refresh_from_db()
    assert (answer.status_code, case.status, case.decided_by) == (400, "open", None)
    assert "I lent my phone to my sister" in answer.text
    back_office.post(address, {**hidden_of(answer.text), "note": "fine"})
    case.refresh_from_db()
    assert case.decided_by is not None


def test_release_when_another_case_opens_while_it_is_read_then_it_is_shown_and_nothing_is_released(
    back_office, member
):
    colleague = member_with()
    risk.pause(member.pk, operator=colleague, note="odd")
    address = f"/admin/points/pointaccount/{member.pk}/unfreeze/"
    opened = back_office.get(address).text
    risk.pause(member.pk, operator=colleague, note="a stolen card")

    answer = back_office.post(address, {**hidden_of(opened), "note": "fine"})

    assert set(RiskCase.objects.values_list("status", flat=True)) == {"open"}
    assert "a stolen card" in answer.text


def test_entry_when_posted_by_staff_then_the_list_names_them(back_office, clerk, member):
    adjust(back_office, member)

    page = back_office.get("/admin/points/ledgerentry/").content.decode()

    assert f"staff:{clerk.pk}" not in page and clerk.get_username() in page


def test_upload_when_a_line_is_wrong_then_it_says_so_and_posting_is_not_offered(
    back_office, member
):
    file = SimpleUploadedFile(
        "november.csv",
        f"member,points,reason\n{member.username},5,Contest\nnobody-here,5,Contest\n".encode(),
    )

    page = back_office.post(
        "/admin/points/adjustmentbatch/upload/", {"file": file, "note": "contest"}, follow=True
    )

    assert "1 line is wrong: nothing can be posted." in page.content.decode()
    assert "/post/" not in page.content.decode()


# --- what could not follow ------------------------------------------------------------
@pytest.fixture
def parked(member):
    """A fact of which one listener failed five times."""
    events.tell(events.Event("weighed", member.pk, "scale:1", clock.now()))
    row = Event.objects.of(member.pk).get(kind="weighed")
    return Parked.objects.create(
        event=row,
        listener="tests.listening.hearing.<locals>.listen",
        error="ValueError: too heavy",
        tries=5,
        parked_at=clock.now(),
    )


def try_again(client, parked):
    chosen = {"action": "try_again", "_selected_action": [parked.pk]}
    return client.post("/admin/points/parked/", chosen, follow=True)


def test_parked_when_listed_then_says_what_and_why_and_the_start_page_counts_it(
    back_office, parked
):
    listed = back_office.get("/admin/points/parked/?done_at__isnull=True").content.decode()

    assert "ValueError: too heavy" in listed and "weighed · scale:1" in listed
    assert "Facts not followed up" in back_office.get("/admin/").content.decode()


def test_parked_when_tried_again_then_it_follows_once_and_the_log_says_who(
    back_office, clerk, parked
):
    with hearing("weighed") as heard:
        first = try_again(back_office, parked).content.decode()
        try_again(back_office, parked)

    assert len(heard) == 1 and "1 made up for." in first
    assert Parked.objects.get().done_at is not None
    made = AuditRow.objects.filter(action="points.make_up_for")
    assert [row.actor for row in made] == [f"staff:{clerk.pk}"]


def test_parked_when_it_fails_again_then_it_waits_with_the_new_reason(back_office, parked):
    def fail(event):
        raise ValueError("still too heavy")

    with hearing("weighed", listener=fail):
        answer = try_again(back_office, parked).content.decode()

    row = Parked.objects.get()
    assert "1 failed again" in answer
    assert (row.done_at, row.tries, row.error) == (None, 6, "ValueError: still too heavy")


def test_parked_when_a_role_may_only_look_then_it_cannot_try(client, member, parked):
    support = member_with()
    support.is_staff = True
    support.save()
    support.user_permissions.add(Permission.objects.get(codename="view_parked"))
    client.force_login(support)

    with hearing("weighed") as heard:
        try_again(client, parked)

    assert (heard, Parked.objects.get().done_at) == ([], None)
