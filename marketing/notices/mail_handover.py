"""What a mail of its own costs: one statement right before a mail server is spoken to, which says
so and that the mail before it left; one more after the last.

Each commits by itself. Rows that are not ours any more are left as they are: the claim stands in
every filter (marketing/notices/mail_claims.py).
"""

from django.contrib.auth import get_user_model
from django.db import DatabaseError, InterfaceError, connection

from mall.core import clock, faults
from mall.core import rows as sql
from mall.core.transactions import transactional
from marketing.models import Delivery
from marketing.notices.mail_claims import LEASE

State = Delivery.State


def hand_over(mail, *, after=None) -> bool:
    """Write down that the mail server is spoken to from now on; False when the rows are not ours
    any more, or the member has left or moved to another address since they were taken.

    One statement, which commits by itself. Where it fails nothing was said, and the rows go again
    when the lease is over. It also writes down that the mail ``after`` which this one comes, of the
    same claim, has left.
    """
    if after and _written_together(after, mail):
        return True
    if after:  # what went wrong is found out by each for itself; for either, twice is as once
        note_sent(after)
    now = clock.now()
    handed = {"handed_at": now, "claimed_until": now + LEASE}
    return _write(mail.rows, handed, also=_still_there(), params=_reader(mail))


def note_sent(mail) -> bool:
    """Write down that the mail left; False when the rows are not ours any more.

    One statement, which commits by itself; where it fails it is tried again as any verb is, for a
    mail that left and is not known to have would be shown as given up.
    """
    left = {"state": State.SENT.value, "sent_at": clock.now(), "claimed_until": None, "error": ""}
    try:
        return _write(mail.rows, left)
    except (DatabaseError, InterfaceError) as error:
        _let_pass(error)
        return transactional(_write)(mail.rows, left)


def _written_together(sent, mail) -> bool:
    """Write down in one statement that one mail left and that the next is spoken of; says whether
    both are, and False where that is not known.
    """
    former = f"id IN ({', '.join(str(row.pk) for row in sent.rows)})"
    rows, at = [*sent.rows, *mail.rows], clock.now()
    moments = {"sent_at": at, "handed_at": at, "claimed_until": at + LEASE}
    _moves, moments = sql.changes(Delivery, moments)
    statement = (
        f"UPDATE {sql.table(Delivery)} SET "
        f"state = CASE WHEN {former} THEN %s ELSE state END, "
        f"sent_at = CASE WHEN {former} THEN %s ELSE sent_at END, "
        f"error = CASE WHEN {former} THEN '' ELSE error END, "
        f"handed_at = CASE WHEN {former} THEN handed_at ELSE %s END, "
        f"claimed_until = CASE WHEN {former} THEN NULL ELSE %s END "
        f"WHERE id IN ({sql.marks(rows)}) AND claimed_by = %s AND state = %s "
        f"AND ({former} OR {_still_there()})"
    )
    keys, held_by = [row.pk for row in rows], [rows[0].claimed_by, State.SENDING.value]
    values = [State.SENT.value, *moments]
    try:
        return sql.execute(statement, [*values, *keys, *held_by, *_reader(mail)]) == len(rows)
    except (DatabaseError, InterfaceError) as error:
        _let_pass(error)
        return False


def _still_there() -> str:
    """Return the condition that the member is there and has the address."""
    people = sql.table(get_user_model())
    return f"EXISTS (SELECT 1 FROM {people} WHERE id = %s AND email = %s AND is_active)"


def _reader(mail):
    return [mail.member.pk, mail.member.email]


def _let_pass(error):
    """Raise the error again unless it passes by itself: what failed may be done again, if need be
    on a new connection.
    """
    if not faults.is_passing(error) or connection.in_atomic_block:
        raise error
    if faults.is_lost(error):
        connection.close()


def _write(rows, changes, *, also="", params=()) -> bool:
    """Change rows as long as all of them are ours; says whether they are.

    A statement instead of a query set: these two are all that a mail of its own costs, and building
    them costs the ORM more than the letter does.
    """
    moves, values = sql.changes(Delivery, changes)
    statement = (
        f"UPDATE {sql.table(Delivery)} SET {moves} "
        f"WHERE id IN ({sql.marks(rows)}) AND claimed_by = %s AND state = %s"
    ) + (f" AND {also}" if also else "")
    keys = [row.pk for row in rows]
    held_by = [rows[0].claimed_by, State.SENDING.value]
    return sql.execute(statement, [*values, *keys, *held_by, *params]) == len(rows)
