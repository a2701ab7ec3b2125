"""Members of an earlier shop move in: looked over, let in by a second person, once, and back."""

from datetime import date, datetime, timedelta
from io import BytesIO

import pytest
from allauth.account.models import EmailAddress
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from xlsxwriter import Workbook

from accounts import closing, export, phone_numbers, registration
from accounts.models import AccountMail, BonusClaim, User
from mall import verification
from mall.core import clock, file_jobs
from mall.core.models import AuditRow
from marketing.analytics import rollup
from points import ledger, tiers, wording
from points.models import LedgerEntry, MemberImport, MemberTier, MovedMember, PointAccount
from points.moving_in import file, imports, kind, letters, opening
from tests.factories.accounts import MemberFactory, mails

pytestmark = pytest.mark.django_db
UPLOAD = "admin:points_memberimport_upload"
HEAD = "number,name,email,phone,points,expires_on,earned,tier,birthday,joined_on,remark\n"
PHONE = "13912349876"
NOON = datetime(2026, 6, 15, 12, tzinfo=clock.SHOP_ZONE)


@pytest.fixture(autouse=True)
def english(client):
    """Words are asked for in English, here and on pages."""
    client.cookies["mall_language"] = "en"
    with translation.override("en"):
        yield


@pytest.fixture
def people(db):
    """Who brings a file, and who lets it in."""
    return [
        User.objects.create_superuser(username=name, email=f"{name}@example.com")
        for name in ("brings", "lets-in")
    ]


@pytest.fixture
def brought(people):
    """brought(rows, **said) -> a file that was brought and looked over."""

    def bring(rows, content=None, **said):
        content = content or (HEAD + rows).encode()
        said = {"note": "from the old shop", "operator": people[0], **said}
        row = kind.bring(content, name="members.csv", **said)
        if row.status == "looking":  # a large one
            kind.carry_on()
            row.refresh_from_db()
        return row

    return bring


@pytest.fixture
def moved(brought, people):
    """moved(rows, **said) -> a file that was let in and carried out."""

    def move(rows, **said):
        row = brought(rows, **said)
        imports.let_in(row, operator=people[1], read=imports.version(row))
        assert kind.carry_on() == 1
        row.refresh_from_db()
        return row

    return move


def faults(row):
    return {line: (number, why) for line, number, why in file_jobs.findings_of(row)}


def test_file_when_a_second_person_lets_it_in_then_balances_tiers_and_facts_are_there_once(
    people, client
):
    rows = (
        f"A1,小梅,Mei@Example.com,{PHONE},120,2031-03-31,,,1990-05-01,2024-02-29,signed 2024\n"
        "A1,,,,80,2031-09-30,,,,,\n"
        "A2,,wang@example.com,,0,,,V2,,,\n"
        'A3,,li@example.com,,"1,000",,1200,,,,\n'
    )
    file = SimpleUploadedFile("members.csv", (HEAD + rows).encode())
    said = {"file": file, "note": "moving", "existing": "skip", "members_language": "en"}
    client.force_login(people[0])

    page = client.post(reverse(UPLOAD), {**said, "mail_days": "14"})
    kind.carry_on()
    row = MemberImport.objects.get()
    own = client.post(page["Location"], {"version": imports.version(row)}, follow=True)
    client.force_login(people[1])
    seen = client.get(page["Location"])
    client.post(page["Location"], {"version": imports.version(row)})
    done = kind.carry_on()
    again = kind.carry_on()

    assert (row.rows, row.new, row.refused, row.points) == (4, 3, 0, 1200)
    assert PHONE.encode() not in bytes(row.content)
    assert "yourself" in str(list(own.context["messages"])[0])
    assert MemberImport.objects.get().approved_by == people[1]
    assert seen.context["may_let_in"] and (done, again) == (1, 0)
    row.refresh_from_db()
    assert (row.status, row.new, row.points, bytes(row.content)) == ("done", 3, 1200, b"")
    mei = User.objects.get(email="mei@example.com")
    assert (mei.nickname, mei.birthday, mei.language) == ("小梅", date(1990, 5, 1), "en")
    assert clock.day_of(mei.date_joined) == date(2024, 2, 29) and not mei.has_usable_password()
    account = PointAccount.objects.get(pk=mei.pk)
    assert account.lots == [["2031-03-31", 120], ["2031-09-30", 80]] and account.available == 200
    entry = LedgerEntry.objects.filter(account=account).first()
    assert (entry.kind, entry.reference) == ("adjust", f"opening:{row.pk}")
    assert entry.actor == f"staff:{people[0].pk}+staff:{people[1].pk}"
    assert wording.describe(entry) == "Opening balance"
    levels = {
        one.account.user.email: (one.level, tiers.standing_of(one.pk).credited)
        for one in MemberTier.objects.select_related("account__user")
    }
    ladder = {tier.level: tier.threshold for tier in tiers._ladder()}
    assert levels["wang@example.com"] == (2, ladder[2])
    assert levels["li@example.com"][1] == 1200
    # nobody got the sign-up bonus, nor will
    assert LedgerEntry.objects.exclude(kind="adjust").count() == 0
    assert BonusClaim.objects.filter(claimed_by=mei.pk).exists()
    assert AuditRow.objects.filter(action="points.members_let_in").count() == 1
    figures = rollup.roll_up(clock.today())
    assert (figures.points_opening, figures.points_adjusted, figures.points_net) == (1200, 0, 1200)
    assert verification.verify() == []


def test_file_when_rows_are_wrong_then_each_is_named_and_its_member_stays_out(brought, people):
    today = clock.today()
    rows = [
        "B1,,not-an-e-mail,,10,,,,,,",
        "B2,,b2@example.com,,-5,,,,,,",
        "B3,,b3@example.com,,2.5,,,,,,",
        f"B4,,b4@example.com,,10,{today - timedelta(days=1)},,,,,",
        "B5,,b5@example.com,,10,,,,,,",
        "B5,,b5@example.com,,20,,,,,,",
        "B6,,b5@example.com,,30,,,,,,",
        "B7,,,,10,,,,,,",
        "B8,,b8@example.com,123,10,,,,,,",
        "B9,,b9@example.com,,10,,,V9,,,",
        f"C1,{'x' * 31},c1@example.com,,10,,,,,,",
        "C2,,c2@example.com,,10,,,,2099-01-01,,",
        f"C3,,{people[0].email},,10,,,,,,",
        "C4,,c4@example.com,,7,,,,,,",
    ]

    row = brought("\n".join(rows) + "\n")

    found = faults(row)
    assert sorted(found) == list(range(2, 15)) and (row.new, row.points, row.refused) == (1, 7, 13)
    assert all(why for _number, why in found.values())
    assert found[3] == ("B2", "points: a number from 0 to 1,000,000,000")
    assert found[4] == ("B3", "points: not a whole number such as 5")
    assert found[5] == ("B4", "Last day: this day has passed")
    assert "line 7" in found[6][1] and "Line 6" in found[7][1] and "Line 6" in found[8][1]
    assert found[14][1].startswith("You cannot adjust your own points")


@pytest.mark.parametrize("who", ["Q1,,q1@example.com,", ",,q1@example.com,", f",,,{PHONE}"])
def test_file_when_a_further_row_is_wrong_then_nobody_moves_in_by_half(brought, who):
    row = brought(f"{who},30,2031-03-31,,,,,\n{who},-5,2031-09-30,,,,,\n")

    assert (row.new, row.points, row.refused) == (0, 0, 2)
    assert "line 3" in faults(row)[2][1]


def test_file_when_it_comes_again_then_nobody_moves_in_twice(moved, brought, people):
    row = moved("D1,,d1@example.com,,100,,,,,,\n")
    again = brought("D1,,d1@example.com,,100,,,,,,\n")
    assert (again.status, again.content) == ("failed", b"") and "already" in again.problem

    more = moved("D1,,d1@example.com,,100,,,,,,\nD2,,d2@example.com,,5,,,,,,\n", existing="add")

    assert (more.new, more.added, more.known, more.points) == (1, 0, 1, 5)
    assert PointAccount.objects.get(user__email="d1@example.com").available == 100
    # the same rows in a workbook are the same file
    book = BytesIO()
    workbook = Workbook(book)
    sheet = workbook.add_worksheet()
    for place, line in enumerate((HEAD.strip(), "D1,,d1@example.com,,100,,,,,,")):
        sheet.write_row(place, 0, line.split(","))
    workbook.close()
    assert "already" in brought("", content=book.getvalue()).problem
    assert row.pk != more.pk and MovedMember.objects.count() == 2


@pytest.mark.parametrize(
    ("existing", "is_proven", "expected"),
    [("skip", True, ("known", 0)), ("add", True, ("added", 40)), ("add", False, ("refused", 0))],
)
def test_file_when_a_member_is_here_then_the_balance_goes_where_the_e_mail_is_proven(
    moved, brought, existing, is_proven, expected
):
    here = MemberFactory(email="here@example.com")
    EmailAddress.objects.filter(user=here).update(verified=is_proven)
    before = PointAccount.objects.get(pk=here.pk).available

    row = moved("E1,,here@example.com,,40,,,,,,\nE2,,e2@example.com,,1,,,,,,\n", existing=existing)

    state, points = expected
    assert getattr(row, state) == 1
    assert PointAccount.objects.get(pk=here.pk).available == before + points
    assert User.objects.filter(email="here@example.com").count() == 1


def test_file_when_a_second_card_comes_then_tiers_add_up_and_taking_it_back_leaves_the_first(
    moved, people
):
    here = MemberFactory(email="card@example.com")
    EmailAddress.objects.filter(user=here).update(verified=True)
    own = tiers.standing_of(here.pk).credited
    moved("S1,,card@example.com,,0,,1200,,,,\n", existing="add")

    second = moved("S2,,card@example.com,,0,,300,,,,\n", existing="add")
    both = tiers.standing_of(here.pk).credited
    imports.take_back(second, operator=people[1], note="not theirs")
    kind.carry_on()

    assert (both, tiers.standing_of(here.pk).credited) == (own + 1500, own + 1200)
    assert verification.verify() == []


def test_file_when_a_try_broke_off_then_the_next_one_goes_on_behind_it(brought, people):
    rows = "".join(f"F{n},,f{n}@example.com,,{n},,,,,,\n" for n in range(1, 6))
    row = brought(rows)
    imports.let_in(row, operator=people[1], read=imports.version(row))
    row = file_jobs.claimed(MemberImport)
    opening._bring(row, imports.opened(row).people[:2])
    broken = {"status": "running", "claimed_until": "2020-01-01T00:00Z"}
    MemberImport.objects.update(**broken, new=2, points=3)

    assert kind.carry_on() == 1

    row.refresh_from_db()
    assert (row.status, row.new, row.points, row.refused) == ("done", 5, 15, 0)
    theirs = PointAccount.objects.filter(user__email__startswith="f")
    assert sum(theirs.values_list("available", flat=True)) == 15


def test_take_back_when_a_file_broke_off_for_good_then_what_came_in_goes_and_all_may_come_again(
    brought, people
):
    rows = "".join(f"R{n},,r{n}@example.com,,{n},,,,,,\n" for n in range(1, 4))
    row = brought(rows)
    imports.let_in(row, operator=people[1], read=imports.version(row))
    row = file_jobs.claimed(MemberImport)
    opening._bring(row, imports.opened(row).people[:2])
    lapsed = {"status": "running", "claimed_until": "2020-01-01T00:00Z"}
    MemberImport.objects.update(**lapsed, attempts=file_jobs.TRIES)
    tried = kind.carry_on()
    row.refresh_from_db()
    failed = row.status

    imports.take_back(row, operator=people[1], note="half of it")
    kind.carry_on()

    row.refresh_from_db()
    assert (tried, failed, row.status, row.undone) == (0, "failed", "undone", 2)
    assert set(PointAccount.objects.values_list("available", flat=True)) <= {0}
    again = brought(rows)
    assert (again.new, again.added, again.points) == (1, 2, 6)
    with pytest.raises(file_jobs.FileDecided):
        imports.take_back(row, operator=people[1], note="twice")


def test_bring_when_more_members_come_then_no_more_statements(brought, people):
    counts = []
    tiers._ladder()  # kept once it was read
    for start, size in ((0, 2), (10, 9)):
        rows = "".join(
            f"G{n},,g{n}@example.com,,{n + 1},,500,,,,\n" for n in range(start, start + size)
        )
        row = brought(rows)
        imports.let_in(row, operator=people[1], read=imports.version(row))
        row = file_jobs.claimed(MemberImport)
        with CaptureQueriesContext(connection) as asked:
            opening._bring(row, imports.opened(row).people)
        counts.append(len(asked))
        file_jobs.end(row, MemberImport.Status.DONE)  # one file of a kind at a time

    assert counts[0] == counts[1]


def test_take_back_when_some_came_in_since_then_only_the_others_give_back(moved, brought, people):
    row = moved(
        "H1,,h1@example.com,,100,,,V3,,,\n"
        "H2,,h2@example.com,,50,,,,,,\nH3,,h3@example.com,,9,,,,,,\n"
    )
    ids = dict(User.objects.filter(email__startswith="h").values_list("email", "pk"))
    User.objects.filter(email="h2@example.com").update(last_login=clock.now())
    ledger.spend(ids["h3@example.com"], points=4, key="spent", reference="x")

    imports.take_back(row, operator=people[1], note="the wrong file")
    kind.carry_on()

    row.refresh_from_db()
    assert (row.status, row.undone, row.untouchable) == ("undone", 1, 2)
    left = dict(PointAccount.objects.values_list("user__email", "available"))
    assert [left[f"h{n}@example.com"] for n in (1, 2, 3)] == [0, 50, 5]
    assert tiers.standing_of(ids["h1@example.com"]).tier.level == 1
    back = LedgerEntry.objects.filter(account_id=ids["h1@example.com"]).first()
    assert (back.kind, wording.describe(back)) == ("clawback", "Opening balance taken back")
    # the mended file fills the empty account; who kept theirs is known
    more = moved(
        "H1,,h1@example.com,,70,,,,,,\nH2,,h2@example.com,,50,,,,,,\nH3,,h3@example.com,,9,,,,,,\n"
    )
    assert (more.added, more.known, more.points) == (1, 2, 70)
    # whoever comes in by it now keeps it as well
    User.objects.filter(email="h1@example.com").update(last_login=clock.now())
    imports.take_back(more, operator=people[1], note="again")
    kind.carry_on()
    more.refresh_from_db()
    assert (more.undone, more.untouchable) == (0, 1)
    assert verification.verify() == []


def test_bonus_when_the_file_says_so_then_once_and_taking_back_still_goes(moved, people):
    row = moved("I1,,i1@example.com,,10,,,,,,\nI2,,i2@example.com,,0,,,,,,\n", with_bonus=True)

    assert LedgerEntry.objects.filter(rule="register").count() == 2
    registration.register("i3", "i1+again@example.com")
    assert LedgerEntry.objects.filter(rule="register").count() == 2
    imports.take_back(row, operator=people[1], note="no")
    kind.carry_on()
    row.refresh_from_db()
    assert (row.undone, row.untouchable) == (2, 0)


def test_file_when_a_member_has_only_a_phone_then_a_code_sent_there_lets_them_in(moved, brought):
    row = moved(f"P1,阿强,,{PHONE},30,,,,,,\nP2,,,0571-88886666,1,,,,,,\n", mail_days=3)

    assert (row.new, row.refused) == (1, 1)
    assert "mobile" in faults(row)[3][1]
    user, is_new = phone_numbers.welcome(PHONE, language="en")
    assert not is_new and (user.nickname, user.mailbox) == ("阿强", "")
    assert PointAccount.objects.get(pk=user.pk).available == 30
    assert not EmailAddress.objects.filter(user=user).exists()
    assert letters.write_due() == 0
    # somebody proved the number meanwhile: the balance of another card can be added to it
    User.objects.filter(pk=user.pk).update(last_login=clock.now())
    assert brought(f"P3,,,{PHONE},5,,,,,,\n").known == 1
    assert moved(f"P4,,,{PHONE},7,,,,,,\n", existing="add").added == 1
    assert PointAccount.objects.get(pk=user.pk).available == 37


# --- the welcome mail --------------------------------------------------------
def test_letters_when_it_is_day_then_a_link_sets_the_password_once(
    moved, people, client, monkeypatch, standing_clock
):
    standing_clock.move_to(NOON.replace(hour=23))
    row = moved("J1,梅,j1@example.com,,60,,,,,,\nJ2,,j2@example.com,,1,,,,,,\n", mail_days=7)
    by_night = letters.write_due()
    standing_clock.move_to(NOON + timedelta(days=1))
    monkeypatch.setattr(letters, "PIECE", 1)

    with CaptureQueriesContext(connection) as asked:
        first, second, third = letters.write_due(), letters.write_due(), letters.write_due()

    assert (by_night, first, second, third) == (0, 1, 1, 0)
    assert not [one for one in asked if "findings" in one["sql"]]  # a file may be megabytes
    assert AccountMail.objects.filter(template="points/moved_in").count() == 2
    sent = {mail.to[0]: mail.body for mail in mails()}
    assert "60" in sent["j1@example.com"]
    link = next(word for word in sent["j1@example.com"].split() if "/welcome/" in word)
    path = link.partition("://")[2].partition("/")[2]
    page = client.get(f"/{path}", follow=True)
    form = page.redirect_chain[-1][0]
    client.post(form, {"password1": "plum-blossom-88", "password2": "plum-blossom-88"})
    user = User.objects.get(email="j1@example.com")
    assert user.check_password("plum-blossom-88")
    assert EmailAddress.objects.get(user=user).verified
    assert client.get(f"/{path}").status_code == 410
    assert client.get("/welcome/forged/").status_code == 410
    # again: only who did not come in
    assert letters.send_again(row, operator=people[1]) == 1


def test_letters_when_the_days_are_over_then_the_link_is_and_resetting_still_works(
    moved, client, standing_clock
):
    moved("K1,,k1@example.com,,1,,,,,,\n", mail_days=1)
    token = letters.token_of(MovedMember.objects.get())
    fresh = letters.member_of(token)
    standing_clock.shift(timedelta(days=1, seconds=1))

    assert fresh is not None and letters.member_of(token) is None
    client.post("/accounts/password/reset/", {"email": "k1@example.com"})
    assert "/password/reset/key/" in mails()[-1].body


# --- the person ----------------------------------------------------------------
def test_member_when_they_take_along_or_leave_then_it_is_there_and_gone(moved):
    moved(f"L1,,l1@example.com,{PHONE},10,,,,,,agreed by letter\n")
    user = User.objects.get(email="l1@example.com")

    told = "".join(export.as_json(user))
    closing.close(user)

    assert "agreed by letter" in told and PHONE in told and "L1" in told
    one = MovedMember.objects.get()
    assert (one.number, one.phone, one.remark, one.number_mark) == (None, None, None, None)
    assert one.identity  # nobody moves in a second time


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"name,points\nx,1\n", HEAD.encode()])
def test_file_when_it_is_no_table_of_members_then_said_beside_the_field(people, client, content):
    client.force_login(people[0])
    said = {"note": "x", "existing": "skip", "members_language": "en", "mail_days": "0"}

    answer = client.post(reverse(UPLOAD), {**said, "file": SimpleUploadedFile("x.csv", content)})

    assert answer.status_code == 400 and answer.context["form"].errors["file"]
    assert not MemberImport.objects.exists()


def test_look_when_it_is_under_way_then_the_page_says_so_and_nobody_lets_the_file_in(
    people, client, waits
):
    row = kind.bring(f"{HEAD}T1,,t1@example.com,{PHONE},5,,,,,,\n".encode(), name="m.csv",
                        note="x", operator=people[0])  # fmt: skip
    page = reverse("admin:points_memberimport_change", args=[row.pk])
    client.force_login(people[1])

    early = client.post(page, {"version": imports.version(row)}, follow=True)
    claimed = file_jobs.claimed(MemberImport)
    second = file_jobs.claimed(MemberImport)
    seen_half_way = client.get(page)
    imports.look_over(claimed, imports.unseal(bytes(claimed.content)))

    assert "another step" in str(list(early.context["messages"])[0])
    assert early.context["row"].is_under_way and not early.context["may_let_in"]
    assert b'http-equiv="refresh"' in early.content and b"waits for the worker" in early.content
    assert b"nothing is done yet" in seen_half_way.content
    assert PHONE.encode() not in bytes(row.content) and second is None
    row.refresh_from_db()
    assert (row.status, row.rows, row.new, row.points) == ("checked", 1, 1, 5)
    seen = client.get(page)
    assert seen.context["may_let_in"] and not seen.context["row"].is_under_way
    assert not User.objects.filter(email="t1@example.com").exists()


def test_look_when_it_breaks_off_then_tried_again_and_given_up_with_nothing_to_take_back(
    people, brought, waits
):
    rows = "U1,,u1@example.com,,5,,,,,,\n"
    row = kind.bring((HEAD + rows).encode(), name="m.csv", note="x", operator=people[0])
    lapsed = {"status": "looking", "claimed_until": "2020-01-01T00:00Z"}
    file_jobs.claimed(MemberImport)
    MemberImport.objects.update(**lapsed)
    assert kind.carry_on() == 1
    row.refresh_from_db()
    assert (row.status, row.new, row.attempts) == ("checked", 1, 0)

    MemberImport.objects.update(**lapsed, attempts=file_jobs.TRIES)
    assert kind.carry_on() == 0
    row.refresh_from_db()
    waits.undo()

    assert (row.status, row.content, bool(row.problem)) == ("failed", b"", True)
    with pytest.raises(file_jobs.FileDecided):
        imports.take_back(row, operator=people[1], note="x")
    assert brought(rows).new == 1


def test_look_when_rows_are_too_many_then_the_page_says_why(people, client, brought, monkeypatch):
    monkeypatch.setattr("points.moving_in.file.ROWS_MAX", 1)

    row = brought("V1,,v1@example.com,,5,,,,,,\nV2,,v2@example.com,,5,,,,,,\n")

    assert row.status == "failed" and "at most 1 rows" in row.problem
    client.force_login(people[1])
    page = client.get(reverse("admin:points_memberimport_change", args=[row.pk]))
    assert row.problem in page.text and not page.context["may_let_in"]


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_file_when_ten_thousand_members_move_in_then_in_minutes_once_and_in_little_memory(
    moved, brought, people
):
    import resource
    import sys
    import time

    rows = "".join(
        f"N{n},member {n},n{n}@example.com,,{n % 900 + 1},2031-12-31,{n % 5000},,,2024-01-01,\n"
        for n in range(10_000)
    )
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.thread_time()

    row = moved(rows, mail_days=14)
    seconds = time.thread_time() - began
    entries, began = LedgerEntry.objects.count(), time.thread_time()
    again = brought(rows, mail_days=14, existing="add")

    looked = time.thread_time() - began
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    sys.stderr.write(
        f"10,000 members: {seconds:.1f} s of CPU, looked at again {looked:.1f} s, "
        f"{grown / 1024:.0f} MB"
    )
    assert (row.status, row.new, row.refused) == ("done", 10_000, 0)
    assert (again.status, again.known, again.new + again.added) == ("checked", 10_000, 0)
    with pytest.raises(imports.NothingToBring):
        imports.let_in(again, operator=people[1], read=imports.version(again))
    assert (LedgerEntry.objects.count(), brought(rows, mail_days=14).status) == (entries, "failed")
    assert verification.verify() == []


def test_file_when_its_points_stand_under_another_heading_then_told_before_it_is_let_in(
    client, brought, people
):
    row = brought("", content="邮箱,昵称,当前可用分值\na@example.com,甲,500\n".encode())
    client.force_login(people[0])

    page = client.get(reverse("admin:points_memberimport_change", args=[row.pk]))

    assert (row.new, row.points, row.refused) == (1, 0, 0)
    assert page.context["remarks"] == ["Columns that are not read: 当前可用分值"]
    assert "当前可用分值" in page.content.decode()
    assert page.context["findings"] == []


@pytest.mark.parametrize(
    "headings",
    ["会员ID,会员姓名,手机号码,可用积分,积分有效期", "客户号,姓名,联系电话,当前积分,到期日期",
     "Member ID,Member name,Mobile number,Available points,Expiry date"],
)  # fmt: skip
def test_file_when_it_comes_from_another_system_then_its_usual_headings_are_known(headings):
    contents = file.read(f"{headings}\nA1,小林,{PHONE},120,2031-01-31\n".encode())

    (person,) = contents.people
    assert (person.number, person.name, person.phone, person.points) == ("A1", "小林", PHONE, 120)
    assert contents.remarks == ()
