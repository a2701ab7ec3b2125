"""Days on which members could not check in: an operator declares them, and nobody's streak ends.

Also for days before: whoever has checked in since has the streak drawn anew, by the clock, under
their own lock. That pays nothing and takes nothing: what milestones and days have given stays as it
was, and a shield that was spent on the day comes back.
"""

from datetime import date, timedelta

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from mall.core import audit, clock, keyset, rows
from mall.core.errors import DomainError
from mall.core.kept import TRUST_SECONDS, kept
from mall.core.transactions import transactional
from marketing.checkin import runs
from marketing.models import CheckIn, OutageDay
from points import ledger

BATCH = 200
LATEST_DAYS, EARLIEST_DAYS = 31, 92  # ahead (a planned outage) and back
# Whoever checks in by facts kept from before an outage was declared is drawn anew as well.
SETTLES_AFTER = timedelta(seconds=2 * TRUST_SECONDS)


class OutageOutOfReach(DomainError):
    """The day lies too far back or ahead; numbers: back, ahead."""

    code = "outage_out_of_reach"
    status = 400
    field = "on"
    message = _("Please choose a day from %(back)s days ago to %(ahead)s days ahead.")


class OutageHasCome(DomainError):
    """The day is here: streaks rest on it."""

    code = "outage_has_come"
    message = _("This day has come: streaks rest on it, so it stays an outage.")


@kept
def days() -> frozenset[date]:
    """Return every day that was declared."""
    return frozenset(OutageDay.objects.values_list("on", flat=True))


@transactional
def declare(on: date, *, reason: str, operator) -> OutageDay:
    """Declare a shop day an outage, with the reason in words; a day that is declared stays as it
    is.

    Raises: OutageOutOfReach.
    """
    check(on)
    by = f"staff:{operator.pk}"
    words = {"reason": reason[:200], "declared_by": by, "declared_at": clock.now()}
    outage, is_new = OutageDay.objects.get_or_create(on=on, defaults=words)
    if is_new:
        audit.note(operator, "marketing.outage_declare", target=outage, reason=reason)
    return outage


def check(on: date) -> None:
    """Say whether a day may be declared. Raises: OutageOutOfReach."""
    if not -EARLIEST_DAYS <= (on - clock.today()).days <= LATEST_DAYS:
        raise OutageOutOfReach(back=EARLIEST_DAYS, ahead=LATEST_DAYS)


@transactional
def withdraw(outage: OutageDay, *, operator) -> None:
    """Withdraw an outage whose day has not come: no streak rests on it.

    Raises: OutageHasCome.
    """
    if outage.on <= clock.today():
        raise OutageHasCome
    audit.note(operator, "marketing.outage_withdraw", target=outage, reason=outage.reason)
    outage.delete()


def draw_due() -> int:
    """Draw anew the streaks of whoever has checked in since a day that was declared; returns how
    many changed.

    Late, twice or four times at once: what is drawn is a matter of the rows and the days. A day is
    drawn until nobody can have checked in without knowing of it.
    """
    changed = 0
    for outage in OutageDay.objects.filter(_is_due(), on__lt=clock.today()).order_by("on"):
        begun, mended = clock.now(), 0
        members = (
            CheckIn.objects.filter(on__gt=outage.on)
            .order_by()
            .values_list("user_id", flat=True)
            .distinct()
        )
        for batch in keyset.batches(members, BATCH, by=("user_id",)):
            mended += _draw_anew(batch, outage.on)
        OutageDay.objects.filter(pk=outage.pk).update(
            drawn_at=begun, members=outage.members + mended
        )
        changed += mended
    return changed


def _is_due():
    return Q(drawn_at__isnull=True) | Q(drawn_at__lt=F("declared_at") + SETTLES_AFTER)


@transactional
def _draw_anew(user_ids, on) -> int:
    """Draw the streaks of some members anew from a day on; returns how many changed."""
    ledger.open_all(user_ids)
    declared, by_member = days(), {}
    since = runs.begun_by(on, declared)
    found = CheckIn.objects.filter(user__in=user_ids, on__gte=since).order_by("user_id", "on")
    for row in found:
        if row.on == on and row.kind == CheckIn.Kind.SHIELDED:
            row.delete()  # the shield comes back
        else:
            by_member.setdefault(row.user_id, []).append(row)
    changed = [row for mine in by_member.values() for row in runs.redrawn(mine, declared)]
    rows.write_over(changed, "streak")
    return len({row.user_id for row in changed})
