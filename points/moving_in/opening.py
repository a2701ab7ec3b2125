"""Members of a file get their accounts and their balances, some hundred in one transaction: their
rows, one posting for each last day, and what counts for the tier.

What moves in was earned elsewhere: it is an adjustment of the books, so neither a tier nor a limit
of earning takes it for points earned here. A chunk that was written is known to the next try by its
rows.
"""

from collections import Counter
from datetime import date, datetime, time

from django.db.models import F

from accounts import admission, events
from accounts.models import User
from accounts.privacy import NO_MAIL
from mall.core import clock, file_jobs, pasted
from mall.core.events import hand_over
from mall.core.transactions import transactional
from points import ledger, machine, tiers
from points.models import MemberImport, MovedMember
from points.moving_in import imports, people
from points.moving_in.imports import CHUNK, Status
from points.moving_in.keys import key_of, reference_of
from points.postings import DEFAULT

NOON = time(12)  # a day alone says no hour


def carry_out(row: MemberImport) -> None:
    """Let everybody of a claimed file move in. Raises: LeaseLost."""
    contents = imports.opened(row)
    numbers, refused = Counter(), list(contents.faults)
    for some in contents.chunks(CHUNK):
        for one in _bring(row, some):
            numbers[one.state] += 1
            if one.state == people.REFUSED:
                refused.append([one.person.line, one.person.number, one.why])
    told = {"known": numbers[people.KNOWN], "refused": len(refused)}
    found = file_jobs.packed(sorted(refused), file_jobs.remarks_of(row))
    file_jobs.end(row, Status.DONE, findings=found, **told)


@transactional
def _bring(row, some) -> list:
    """Let some members of a file move in; return what became of each."""
    placed = people.place(some, row)
    coming = [one for one in placed if one.state in (people.NEW, people.ADDED)]
    if not coming:
        file_jobs.go_on(row)
        return placed
    first = _make_accounts(row, [one for one in coming if one.state == people.NEW])
    ledger.open_all(one.user_id for one in coming)
    if row.with_bonus:  # before the balance: its entry is the last of whom nobody touched
        hand_over(events.registered(user, first_of_person=True) for user in first)
    last = _post(row, coming)
    MovedMember.objects.bulk_create([_moved(row, one, last.get(one.user_id)) for one in coming])
    earned = Counter()
    for one in coming:
        earned[one.user_id] += one.person.earned
    if earned := +earned:
        tiers.bring(earned)
    file_jobs.go_on(
        row,
        new=F("new") + sum(one.state == people.NEW for one in coming),
        added=F("added") + sum(one.state == people.ADDED for one in coming),
        points=F("points") + sum(one.person.points for one in coming),
    )
    return placed


def _make_accounts(row, newcomers) -> list[User]:
    """Make accounts without a password; return those that are their person's first."""
    users = [_user(row, one.person) for one in newcomers]
    phones = {user.username: one.person.phone for one, user in zip(newcomers, users, strict=True)}
    first = admission.admit_all(users, phones)
    for one, user in zip(newcomers, users, strict=True):
        one.user_id = user.pk
    return [user for user in users if user.pk in first]


def _user(row, person):
    joined = person.joined_on and date.fromisoformat(person.joined_on)
    birthday = date.fromisoformat(person.birthday) if person.birthday else None
    name = f"m{row.pk}-{person.line}"
    user = User(
        username=name,
        email=person.email or f"{name}@{NO_MAIL}",
        nickname=person.name,
        language=row.members_language,
        birthday=birthday,
        birthday_set_on=birthday and clock.today(),
        date_joined=(
            datetime.combine(joined, NOON, tzinfo=clock.SHOP_ZONE) if joined else clock.now()
        ),
    )
    user.set_unusable_password()
    return user


def _post(row, coming) -> dict:
    """Post every balance; return {member: number of its last entry}."""
    postings = [
        ledger.Posting(
            one.user_id,
            machine.Adjust(points, DEFAULT if day is None else day),
            key=key_of(row, one.mark, day),
            reference=reference_of(row),
            actor=f"staff:{row.made_by_id}+staff:{row.approved_by_id}",
            note=row.note,
            fresh=one.state == people.NEW,
        )
        for one in coming
        for _line, points, day in one.person.lots
        if points
    ]
    entries = ledger.post_many(postings) if postings else []
    return {entry.account_id: entry.seq for entry in entries}


def _moved(row, one, last_seq):
    person, now = one.person, clock.now()
    marks = {name: MovedMember._meta.get_field(name).mark for name in ("number_mark", "phone_mark")}
    return MovedMember(
        file=row,
        user_id=one.user_id,
        identity=one.mark,
        number=person.number or None,
        number_mark=marks["number_mark"](pasted.alike(person.number)),
        phone=person.phone or None,
        phone_mark=marks["phone_mark"](person.phone),
        remark=person.remark or None,
        lots=[[day, points] for _line, points, day in person.lots if points],
        points=person.points,
        tier_points=person.earned,
        is_new=one.is_empty,
        last_seq=last_seq,
        moved_at=now,
        on=clock.today(),
        mail_at=now if row.mail_days and person.email and one.is_unclaimed else None,
    )
