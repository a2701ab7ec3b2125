"""What counts for a tier: what rules credited, by shop day, less what was taken back of it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from django.db.models import Case, F, OuterRef, Subquery, Sum, When

from points.models import SEQ_SPAN, LedgerEntry
from points.statement import entries_of_all


def credits_of(user_ids: Iterable[int]) -> dict[int, dict[date, int]]:
    """Return {member: {shop day: points}} of all that rules credited, less what was taken back of
    it; one query.

    What is taken back counts on the day it was credited, so it leaves the twelve months together
    with it. Read by ranges of the primary key: a member's entries lie together, and nobody else's
    are touched.
    """
    credit = LedgerEntry.objects.filter(
        pk=OuterRef("account_id") * SEQ_SPAN + OuterRef("reverses_seq"),
        kind=LedgerEntry.Kind.ACCRUE,
    )
    day = Case(
        When(kind=LedgerEntry.Kind.ACCRUE, then="biz_date"),
        default=Subquery(credit.values("biz_date")),
    )
    kinds = [LedgerEntry.Kind.ACCRUE, LedgerEntry.Kind.CLAWBACK]
    rows = entries_of_all(user_ids).filter(kind__in=kinds)
    rows = rows.annotate(day=day).filter(day__isnull=False)
    found = defaultdict(dict)
    for user_id, on, points in rows.values_list("account_id", "day").annotate(
        points=Sum(F("delta") - F("debt_delta"))
    ):
        found[user_id][on] = points
    return found
