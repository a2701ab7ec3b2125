"""Corrections from a file: looked over line by line first, posted whole or not at all, undone by
entries the other way.

What a file looks like stands in points/batch_file.py. One that moves more in all than one person
may correct alone is posted by a colleague of whoever uploaded it.
"""

import hashlib
from collections import Counter
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils.translation import gettext

from mall.core import audit, clock, pasted, upserts
from mall.core.events import hand_over
from mall.core.tables.digest import DAYS_ASKED
from mall.core.transactions import transactional
from mall.core.versions import check_read
from points import adjustments, batch_file, errors, events, ledger, machine
from points.batch_errors import BatchDone, ColleagueNeeded, FileKnown, RowsWrong, TwinPosted
from points.models import Adjustment, AdjustmentBatch, PointAccount, PointsPolicy
from points.postings import DEFAULT

CHECKED = AdjustmentBatch.Status.CHECKED


@transactional
def look_over(content: bytes, *, name: str, note: str, operator) -> AdjustmentBatch:
    """Read a file and say of each line what is wrong with it; nothing is posted. The same rows
    again, however they were saved, are looked over afresh.

    Raises: UnreadableTable, FileKnown.
    """
    rows = _checked(batch_file.read_rows(content), operator, operator.pk)
    name_of_rows = batch_file.name_of(rows)
    # files that were posted before rows named them are known by their bytes
    known = {name_of_rows, hashlib.sha256(content).hexdigest()}
    for done in AdjustmentBatch.objects.filter(digest__in=known).exclude(status=CHECKED):
        raise FileKnown(name=done.name)
    batch = AdjustmentBatch.objects.filter(digest=name_of_rows).first()
    batch = batch or AdjustmentBatch(digest=name_of_rows)
    batch.name, batch.note, batch.rows, batch.made_by, batch.made_at = (
        name[:120],
        note[:500],
        rows,
        operator,
        clock.now(),
    )
    batch.save()
    return batch


@transactional
def post(batch: AdjustmentBatch, *, operator, anyway: bool = False) -> AdjustmentBatch:
    """Post every line of a file that was looked over: all of them or none; idempotent, a posted
    file is refused.

    ``batch`` is the row as it was read.
    Raises: BatchDone, ChangedMeanwhile (uploaded again with other words), RowsWrong (a line became
    wrong meanwhile, or is another member's by now), ColleagueNeeded (too much for the one who
    uploaded it, or for somebody who may not approve adjustments), TwinPosted (unless ``anyway``).
    """
    policy = PointsPolicy.current()
    accounts = {row["account"] for row in batch.rows if row["account"]}
    adjustments.lock_with_clerk(accounts, operator, policy)
    # Two colleagues may press at once; the second must see that it is done.
    read, batch = batch.version, AdjustmentBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.status != CHECKED:
        raise BatchDone
    check_read(read, batch.version)
    rows = _checked(
        [{**row, "error": row.get("fault", "")} for row in batch.rows], operator, batch.made_by_id
    )
    if not rows or any(row["error"] for row in rows):
        raise RowsWrong
    if [row["account"] for row in rows] != [row["account"] for row in batch.rows]:
        raise RowsWrong  # an e-mail that belongs to somebody else by now
    if not anyway and (twin := twin_of(batch)):
        raise TwinPosted.about(twin)
    moved = sum(abs(row["points"]) for row in rows)
    refusal = _refusal_alone(moved, operator, policy)
    is_approved = refusal is not None
    if is_approved and (
        operator.pk == batch.made_by_id or not operator.has_perm("points.approve_adjustment")
    ):
        raise refusal
    actor = (
        f"staff:{batch.made_by_id}+staff:{operator.pk}" if is_approved else f"staff:{operator.pk}"
    )
    entries = ledger.post_many(
        [_posting(batch, number, row, actor) for number, row in enumerate(rows, 1)]
    )
    who = {"requested_by_id": operator.pk}
    if is_approved:
        who = {
            "requested_by_id": batch.made_by_id,
            "decided_by_id": operator.pk,
            "decided_at": clock.now(),
        }
    made = [
        _adjustment(batch, number, row, who, entry)
        for number, (row, entry) in enumerate(zip(rows, entries, strict=True), 1)
    ]
    upserts.insert(made, by=("ticket",))  # the events name them by their ids
    batch.status, batch.posted_at = AdjustmentBatch.Status.POSTED, clock.now()
    batch.save(update_fields=["status", "posted_at"])
    audit.note(
        operator,
        "points.batch_post",
        target=batch,
        reason=batch.note,
        after={"lines": len(rows), "points": points_of(batch)},
    )
    actor = f"staff:{operator.pk}"
    hand_over(events.points_adjusted(adjustment, actor=actor) for adjustment in made)
    return batch


@transactional
def undo(batch: AdjustmentBatch, *, operator, note: str) -> AdjustmentBatch:
    """Take every line of a posted file back by an entry the other way; what is spent already
    becomes owed.

    Raises: adjustments.OwnAccount (a line is the operator's own), BatchDone (not posted, or undone
    before).
    """
    made = list(Adjustment.objects.filter(batch=batch).order_by("account_id", "pk"))
    # Undoing a deduction is a gift.
    if any(adjustment.account_id == operator.pk for adjustment in made):
        raise adjustments.OwnAccount
    ledger.open_all(adjustment.account_id for adjustment in made)
    batch = AdjustmentBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.status != AdjustmentBatch.Status.POSTED:
        raise BatchDone
    entries = ledger.post_many([_undoing(adjustment, operator, note) for adjustment in made])
    for adjustment, entry in zip(made, entries, strict=True):
        adjustment.undo_seq = entry.seq
    Adjustment.objects.bulk_update(made, ["undo_seq"])
    batch.status, batch.undone_at = AdjustmentBatch.Status.UNDONE, clock.now()
    batch.save(update_fields=["status", "undone_at"])
    audit.note(operator, "points.batch_undo", target=batch, reason=note, after={"lines": len(made)})
    actor = f"staff:{operator.pk}"
    hand_over(events.points_adjusted(adjustment, actor=actor) for adjustment in made)
    return batch


def twin_of(batch: AdjustmentBatch) -> AdjustmentBatch | None:
    """Return another file of the last DAYS_ASKED days that was posted with equal lines, or None."""
    lines = _lines_of(batch)
    posted = AdjustmentBatch.objects.filter(
        status=AdjustmentBatch.Status.POSTED,
        posted_at__gte=clock.now() - timedelta(days=DAYS_ASKED),
    ).exclude(pk=batch.pk)
    return next((other for other in posted if _lines_of(other) == lines), None)


def _lines_of(batch):
    return Counter((row["account"], row["points"], row["reason"]) for row in batch.rows)


def _refusal_alone(moved, operator, policy) -> ColleagueNeeded | None:
    """Return why one person may not post so many points alone, or None."""
    if moved > policy.adjust_alone_max:
        return ColleagueNeeded(limit=policy.adjust_alone_max)
    if not adjustments.has_room_alone(operator, points=moved, policy=policy):
        return ColleagueNeeded(ColleagueNeeded.day_message, limit=policy.adjust_alone_day_max)
    return None


def points_of(batch: AdjustmentBatch) -> int:
    """Return the sum of a file's lines."""
    return sum(row["points"] for row in batch.rows if not row["error"])


def _checked(rows, operator, made_by_id):
    """Return the lines with their members, and with what is wrong with each; neither who uploads
    nor who posts may be among them.
    """
    names = {pasted.email(row["member"]) for row in rows}
    members = {}
    found = get_user_model().objects.filter(Q(username__in=names) | Q(email__in=names))
    for user in found:
        members[user.username.lower()] = members[user.email.lower()] = user.pk
    accounts = PointAccount.objects.in_bulk(set(members.values()))
    most, moved, sums = PointsPolicy.current().adjust_alone_max, Counter(), Counter()
    for row in rows:
        user_id = row["account"] = members.get(pasted.email(row["member"]))
        if row["error"]:
            continue
        if user_id is None or not row["member"]:
            row["error"] = gettext("There is no such member.")
        elif user_id in (operator.pk, made_by_id):
            row["error"] = str(adjustments.OwnAccount.message)
        else:
            moved[user_id] += abs(row["points"])
            sums[user_id] += row["points"]
            left = accounts[user_id].available if user_id in accounts else 0
            if adjustments.spent_alone(user_id, operator) + moved[user_id] > most:
                row["error"] = str(errors.ApprovalNeeded(limit=most))
            elif row["points"] < 0 and left + sums[user_id] < 0:
                row["error"] = str(
                    errors.InsufficientPoints(
                        available=left, needed=-sums[user_id], missing=-left - sums[user_id]
                    )
                )
    return rows


def _posting(batch, number, row, actor):
    return ledger.Posting(
        row["account"],
        machine.Adjust(row["points"], DEFAULT),
        key=f"adjust:batch:{batch.pk}:{number}",
        actor=actor,
        note=batch.note,
        reference=f"batch:{batch.pk}",
        description=row["reason"],
    )


def _adjustment(batch, number, row, who, entry):
    return Adjustment(
        ticket=f"batch:{batch.pk}:{number}",
        account_id=row["account"],
        points=row["points"],
        description=row["reason"],
        note=batch.note,
        status=Adjustment.Status.POSTED,
        batch=batch,
        requested_at=clock.now(),
        on=clock.today(),
        entry_seq=entry.seq,
        **who,
    )


def _undoing(adjustment, operator, note):
    key = f"adjust:{adjustment.ticket}"
    words = {
        "actor": f"staff:{operator.pk}",
        "note": note,
        "reference": f"batch:{adjustment.batch_id}",
    }
    words["description"] = adjustment.description
    if adjustment.points > 0:
        return ledger.Posting(
            adjustment.account_id,
            machine.Clawback(adjustment.points, None),
            key=f"{key}:undo",
            of_key=key,
            **words,
        )
    return ledger.Posting(
        adjustment.account_id,
        machine.Adjust(-adjustment.points, DEFAULT),
        key=f"{key}:undo",
        **words,
    )
