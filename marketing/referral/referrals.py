"""Referrals: bound when an invited member signs up, paid once their first paid order can no longer
be sent back, held where it looks like one person (rings), decided by a person.

Everything is asked of the invitee's orders when the time has come, so it does not matter when a
fact was heard, how often, or in which order. Both members are paid in one transaction, under both
locks; nothing is paid twice: the row says it, and so do the keys of the entries. After the payout
nothing is taken back.
Source: docs/product.md "Referral"; docs/decisions/0098-invitations-and-marks-of-devices.md.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from mall.core import audit, clock, keyset
from mall.core.errors import DomainError
from mall.core.events import Event
from mall.core.transactions import transactional
from mall.core.versions import check_read
from marketing.models import Referral
from marketing.referral import news, rings
from orders.models import CheckoutPolicy, Order, RefundRequest
from points import budgets, ledger, machine_state, rulebook, rules
from points.models import PointAccount
from points.risk import OwnCase

INVITER_RULE, INVITEE_RULE = "referral", "referred"
BUDGET = "referral"
BATCH = 100
NOTE_MAX = 500
Status, Reason = Referral.Status, Referral.Reason


class ReferralDecided(DomainError):
    """Somebody decided about it, or it never waited for anybody."""

    code = "referral_decided"
    status = 409
    message = _("This invitation does not wait for a decision.")


class OutOfBudget(DomainError):
    """What the invitation would pay is more than its budget has left."""

    code = "out_of_budget"
    status = 409
    message = _("The budget for invitations is spent. Raise it, then release this one.")


class _NothingLeft(Exception):
    """The awards do not fit the budget: they are undone."""


# --- what follows from facts ------------------------------------------------------------
def bind(events: list[Event]) -> None:
    """Bind members who signed up by an invitation to who invited them: once, whatever comes later.
    Who was a member before, by any mark of the person, is noted and never paid for.
    """
    invited = [event for event in events if event.data.get("invited_by")]
    if not invited:
        return
    asked = {event.data["invited_by"] for event in invited}
    here = set(User.objects.filter(pk__in=asked, is_active=True).values_list("pk", flat=True))
    bound = [_bound(event) for event in invited if _may_bind(event, here)]
    Referral.objects.bulk_create(bound, ignore_conflicts=True)
    # whoever was bound before stays with whoever invited them first
    kept = Referral.objects.filter(invitee_id__in={one.invitee_id for one in bound})
    by = dict(kept.filter(status=Status.OPEN).values_list("invitee_id", "inviter_id"))
    news.of_joined([one for one in bound if by.get(one.invitee_id) == one.inviter_id])


def _may_bind(event, here) -> bool:
    inviter = event.data["invited_by"]
    return inviter in here and inviter != event.member


def _bound(event) -> Referral:
    row = Referral(inviter_id=event.data["invited_by"], invitee_id=event.member)
    row.joined_at = event.at
    if not event.data["first_of_person"]:
        row.status, row.reason, row.settled_at = Status.VOID, Reason.KNOWN, event.at
    return row


def note_received(events: list[Event]) -> None:
    """Have referrals looked at once the return window of an order that arrived is over."""
    received = {}
    for event in events:
        received[event.member] = min(event.at, received.get(event.member, event.at))
    waiting = Referral.objects.filter(invitee_id__in=received, status=Status.OPEN)
    for row in list(waiting):
        due = received[row.invitee_id] + return_window()
        sooner = Q(due_at__isnull=True) | Q(due_at__gt=due)
        Referral.objects.filter(sooner, pk=row.pk, status=Status.OPEN).update(due_at=due)


def return_window() -> timedelta:
    """Return how long after its receipt an order can be sent back."""
    return timedelta(days=CheckoutPolicy.current().refund_days)


# --- what the clock does ---------------------------------------------------------------
def settle_due(as_of: datetime | None = None) -> int:
    """Look at the referrals whose time has come by ``as_of`` (default: now); returns how many came
    to an end: paid, held or not counted. May run late, twice, or several at once.
    """
    as_of, ended = as_of or clock.now(), 0
    due = Referral.objects.filter(status=Status.OPEN, due_at__lte=as_of)
    for batch in keyset.batches(due.values_list("due_at", "pk"), BATCH, by=("due_at", "pk")):
        for _due, pk in batch:
            ended += settle(pk, as_of=as_of).status != Status.OPEN
    return ended


@transactional
def settle(referral_id: int, *, as_of: datetime) -> Referral:
    """Pay, hold or drop one referral, or let it wait on; one that came to an end stays as it is."""
    row = Referral.objects.get(pk=referral_id)
    # Twenty may settle it at once; the second must see what the first did.
    accounts = ledger.open_all([row.inviter_id, row.invitee_id])
    row = Referral.objects.select_for_update().get(pk=referral_id)
    return _settle(row, accounts, as_of) if row.status == Status.OPEN else row


def _settle(row, accounts, as_of) -> Referral:
    states = {account.row.status for account in accounts.values()}
    if PointAccount.Status.CLOSED in states:
        return _end(row, Status.VOID, Reason.CLOSED)
    order = _qualifying(row.invitee_id)
    due = order.completed_at + return_window() if order is not None else None
    if (
        due is None
        or due > as_of
        or not states <= set(machine_state.EARNING)
        or _may_go_back(order)
    ):
        return _wait(row, due)
    row.order_no = order.no
    if not row.is_cleared and (signs := rings.look(row)):
        row.signs = signs
        return _end(row, Status.HELD, Reason.RING)
    return _pay(row, as_of if row.is_cleared else due)


def _qualifying(invitee_id) -> Order | None:
    """Return the invitee's order that arrived first of those that were paid and stand."""
    standing = Order.objects.purchases().filter(user_id=invitee_id, paid_at__isnull=False)
    standing = standing.filter(completed_at__isnull=False, refunded_at__isnull=True)
    standing = standing.exclude(status=Order.Status.CANCELLED)
    return standing.order_by("completed_at", "pk").first()


def _may_go_back(order) -> bool:
    asked = RefundRequest.objects.filter(order=order, status=RefundRequest.Status.REQUESTED)
    return asked.exists()


def _wait(row, due) -> Referral:
    if row.due_at != due:
        row.due_at = due
        row.save(update_fields=["due_at", "is_cleared"])
    return row


def _pay(row, at) -> Referral:
    """Award both by the rules of then; what the month or the budget does not let pass ends it."""
    try:
        # A savepoint: what does not fit a budget was not given.
        with transaction.atomic():
            row.inviter_points, row.invitee_points = _award(row, at)
            is_short = _lacks_budget(INVITER_RULE, row.inviter_points, at)
            is_short = is_short or _lacks_budget(INVITEE_RULE, row.invitee_points, at)
            if is_short or not budgets.take(BUDGET, row.inviter_points + row.invitee_points):
                raise _NothingLeft
    except _NothingLeft:
        row.inviter_points = row.invitee_points = 0
        return _end(row, Status.HELD, Reason.BUDGET)
    found = rules.in_force(at, actions=[INVITER_RULE, INVITEE_RULE])
    in_force = {version.rule.action for version in found}
    if not in_force:
        return _end(row, Status.VOID, Reason.NO_RULE)
    if INVITER_RULE in in_force and not row.inviter_points:
        return _end(row, Status.VOID, Reason.MONTH)
    return _end(row, Status.PAID, "")


def _lacks_budget(action, points, at) -> bool:
    """Say whether a rule gave nothing because its own budget has no room."""
    return not points and rulebook.short_of_budget(action, at)


def _award(row, at) -> tuple[int, int]:
    words = {"reference": f"referral:{row.pk}", "at": at, "is_watched": False}
    entries = (
        rules.award(row.inviter_id, INVITER_RULE, key=award_key(row), **words),
        rules.award(row.invitee_id, INVITEE_RULE, key=INVITEE_RULE, **words),
    )
    inviter, invitee = (max(0, entry.worth) if entry else 0 for entry in entries)
    return inviter, invitee


def award_key(row) -> str:
    """Return the key of what the inviter gets: by the member, so that no other row could pay for
    the same person.
    """
    return f"{INVITER_RULE}:{row.invitee_id}"


def _end(row, status, reason) -> Referral:
    row.status, row.reason, row.settled_at = status, reason, clock.now()
    row.save()
    news.of_end(row)
    return row


# --- what a person decides --------------------------------------------------------------
@transactional
def decide(referral: Referral, *, operator, release: bool, note: str) -> Referral:
    """Release a held referral, which pays it at once where its order still stands, or refuse it for
    good, with a reason. ``referral`` is the row as it was read.

    Raises: OwnCase, ReferralDecided, ChangedMeanwhile, OutOfBudget.
    """
    if operator.pk in (referral.inviter_id, referral.invitee_id):
        raise OwnCase
    # Two colleagues may decide at once; the second must see the first's decision.
    accounts = ledger.open_all([referral.inviter_id, referral.invitee_id])
    read, row = referral.version, Referral.objects.select_for_update().get(pk=referral.pk)
    if row.status != Status.HELD:
        raise ReferralDecided
    check_read(read, row.version)
    before = {"status": row.status, "reason": row.reason}
    row.decided_by, row.decided_at, row.decision_note = operator, clock.now(), note[:NOTE_MAX]
    if release:
        row.status, row.reason, row.is_cleared = Status.OPEN, "", True
        row = _settle(row, accounts, row.decided_at)
        if row.reason == Reason.BUDGET:
            raise OutOfBudget
        row.save()  # where it goes on waiting, too
    else:
        row = _end(row, Status.VOID, Reason.REFUSED)
    after = {"status": row.status, "reason": row.reason}
    words = {"reason": note, "before": before, "after": after}
    audit.note(operator, "marketing.referral_decide", target=row, **words)
    return row


def forget(user) -> None:
    """End what is on the way of somebody who leaves, whoever invited whom; what was paid stays as
    numbers.
    """
    theirs = Referral.objects.filter(Q(inviter=user) | Q(invitee=user))
    on_the_way = theirs.filter(status__in=(Status.OPEN, Status.HELD))
    ended = {"status": Status.VOID, "reason": Reason.CLOSED, "settled_at": clock.now()}
    on_the_way.update(**ended)
    theirs.update(signs=[])
