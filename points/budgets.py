"""Budgets: what gives points takes each of them from its budget first, in the transaction that
gives them, so a budget is never passed and what is rolled back is not taken.

``take`` is one conditional update whose row count is the referee. The row is hot: take it as late
as can be, after the member's account and before stock, once for a batch. At 80 % operators are
told once (``watch``), at the first refusal, or at 100 %, the budget pauses; raised, or in its next
month, it goes on. A month's budget is that of the points' own time: what is heard late is taken
from the month in which it is heard.

Source: docs/product.md "points", Rules; docs/decisions/0100-rules-an-operator-can-say.md.
"""

from collections.abc import Mapping

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from mall.core import audit, clock, kept
from mall.core.errors import DomainError
from mall.core.transactions import transactional
from points.models import Budget
from points.models.budgets import WARN_PERCENT

__all__ = ["WARN_PERCENT"]


class BudgetBelowTaken(DomainError):
    """A budget cannot be made smaller than what it has given already."""

    code = "budget_below_taken"
    status = 409
    field = "budget_points"
    message = _("%(taken)s points are given already; the budget cannot be less.")


class BudgetHasBegun(DomainError):
    """A budget that has given something goes on being counted as it was."""

    code = "budget_has_begun"
    status = 409
    field = "budget_per"
    message = _("It has given points already, so it goes on being counted as it is.")


@transactional
def set_up(code: str, points_max: int, *, per: str = Budget.Per.TOTAL, actor=None) -> Budget:
    """Give something a budget in points, or another one; paused and with room now, it goes on.

    ``actor`` as in the audit log. Raises: BudgetBelowTaken, BudgetHasBegun.
    """
    budget = _locked(code) or Budget(code=code, per=per, made_at=clock.now())
    before = {"points_max": budget.points_max, "per": budget.per} if budget.pk else None
    _check(budget, points_max, per)
    after = {"points_max": points_max, "per": str(per)}
    if before == after:
        return budget
    budget.points_max, budget.per = points_max, per
    budget.month = _month() if per == Budget.Per.MONTH else ""
    budget.paused_at = None
    if not budget.is_nearly_out:
        budget.warned_at = None
    budget.save()
    kept.forget()
    audit.note(actor, "points.budget_set", target=budget, before=before, after=after)
    return budget


@transactional
def check(code: str, points_max: int, per: str) -> None:
    """Refuse what ``set_up`` would refuse; raises as that."""
    budget = _locked(code)
    if budget is not None:
        _check(budget, points_max, per)


def _check(budget, points_max, per) -> None:
    if budget.taken > points_max:
        raise BudgetBelowTaken(taken=budget.taken)
    if budget.taken and budget.per != per:
        raise BudgetHasBegun


@transactional
def take(code: str, points: int, *, pausing: bool = True) -> bool:
    """Take points from the budget of what is about to give them, in the transaction that gives
    them; say whether they may be given. What has no budget may always give.

    The budget's row is held until the end, so it comes after every member's account in the order
    of locks. The first that does not fit pauses the budget (``pausing``; a batch that does not fit
    as a whole need not).
    """
    fits = Budget.objects.filter(code=code, month__in=("", _month()), paused_at__isnull=True)
    fits = fits.filter(points_max__gte=F("taken") + points)
    # Two members may want the last points: the old sum stands in the filter, one of them is late.
    if fits.update(taken=F("taken") + points):
        return True
    budget = _locked(code)
    if budget is None:
        return True
    if budget.paused_at is None and points <= budget.left:  # the first of a new month
        budget.taken += points
        budget.save(update_fields=["taken", "month", "warned_at", "paused_at"])
        return True
    if pausing:
        _pause(budget)
    return False


def take_all(points: Mapping[str, int], *, pausing: bool = True) -> str | None:
    """Take points from several budgets, all or none; return the code of the one that refuses, None
    once all are taken. In the order of their codes, so that two who want the same ones do not wait
    for each other.
    """
    done = {}
    for code in sorted(points):
        if points[code] and not take(code, points[code], pausing=pausing):
            give_back_all(done)
            return code
        done[code] = points[code]
    return None


def give_back_all(points: Mapping) -> None:
    """Put points back into several budgets: ``{code: points}``, or ``{(code, month): points}``
    where a refund took them back.
    """
    for name in sorted(points):
        code, month = name if isinstance(name, tuple) else (name, None)
        if points[name]:
            give_back(code, points[name], month=month)


@transactional
def give_back(code: str, points: int, *, month: str | None = None) -> None:
    """Put points back that were taken and not given, or that a refund took back; of an earlier
    month (``month`` is 2026-11) nothing, that one is over. A paused budget stays paused.
    """
    whole = Budget.objects.filter(code=code, month__in=("", month or _month()))
    whole.filter(taken__gte=points).update(taken=F("taken") - points)


@transactional
def watch() -> int:
    """Pause budgets of which all is taken, and tell operators once of those that reached
    WARN_PERCENT and of those that are paused; returns how many those are.
    """
    told = 0
    for full in Budget.objects.filter(taken__gte=F("points_max"), paused_at__isnull=True):
        budget = _locked(full.code)
        if not budget.left:  # nobody raised it meanwhile
            _pause(budget)
    due = Budget.objects.filter(warned_at__isnull=True)
    for budget in [one for one in due if one.is_nearly_out and not _is_over(one)]:
        # Two sweeps may stand here; the old state stands in the filter.
        mine = Budget.objects.filter(pk=budget.pk, warned_at__isnull=True)
        if mine.update(warned_at=clock.now()):
            after = {"taken": budget.taken, "points_max": budget.points_max}
            audit.note(None, "points.budget_nearly_out", target=budget, after=after)
            told += 1
    return told


def of(code: str) -> Budget | None:
    """Return the budget of something, as last committed; None where it has none."""
    return Budget.objects.filter(code=code).first()


def is_out(budget: Budget | None, at) -> bool:
    """Say whether a budget had paused by an instant, and its month is not over."""
    if budget is None or budget.paused_at is None or at < budget.paused_at:
        return False
    return not _is_over(budget)


def _pause(budget) -> None:
    if budget.paused_at is not None:
        return
    budget.paused_at = clock.now()
    budget.save(update_fields=["paused_at", "taken", "month", "warned_at"])
    kept.forget()
    after = {"taken": budget.taken, "points_max": budget.points_max}
    audit.note(None, "points.budget_out", target=budget, after=after)


def _locked(code) -> Budget | None:
    """Return a budget, locked, as it stands in the month that runs."""
    budget = Budget.objects.select_for_update().filter(code=code).first()
    if budget is not None and _is_over(budget):
        budget.month, budget.taken = _month(), 0
        budget.warned_at = budget.paused_at = None
    return budget


def _is_over(budget) -> bool:
    return budget.per == Budget.Per.MONTH and budget.month != _month()


def _month() -> str:
    return f"{clock.today():%Y-%m}"
