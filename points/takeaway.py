"""What points hands over when members take their data along."""

from django.utils.translation import gettext as _

from accounts.export import Chapter, rows_of
from points import event_delivery, pending
from points.models import Adjustment, MemberTier, MovedMember, PointAccount, RiskCase, SetAside
from points.statement import entries_of

ENTRY = (
    "seq",
    "kind",
    "delta",
    "held_delta",
    "debt_delta",
    "balance_after",
    "rule",
    "reference",
    "description",
    "created_at",
    "alloc",
)

MOVED = ("moved_at", "number", "phone", "remark", "lots", "points", "tier_points", "undone_at")


def chapters(user) -> list[Chapter]:
    """Return the account, the whole statement, what is on the way, corrections and cases."""
    event_delivery.hear(user)
    account = PointAccount.objects.filter(pk=user.pk)
    coming, corrections = (
        pending.on_the_way(user.pk),
        Adjustment.objects.filter(account_id=user.pk).order_by("pk"),
    )
    waiting = SetAside.objects.filter(account_id=user.pk)
    cases = RiskCase.objects.filter(account_id=user.pk).order_by("pk")
    moved = MovedMember.objects.filter(user=user).order_by("pk")
    return [
        Chapter(
            "points",
            _("Points"),
            rows_of(account, "available", "held", "debt", "lots", "status", "opened_at"),
        ),
        Chapter(
            "points_tier",
            _("Tier"),
            rows_of(
                MemberTier.objects.filter(pk=user.pk), "level", "since", "grace_until", "earned"
            ),
        ),
        Chapter(
            "points_entries", _("Statement"), rows_of(entries_of(user.pk).order_by("seq"), *ENTRY)
        ),
        Chapter(
            "points_on_the_way",
            _("Points on the way"),
            rows_of(coming, "action", "points", "taken_back", "matures_at"),
        ),
        Chapter(
            "points_set_aside",
            _("Points set aside"),
            rows_of(waiting, "action", "points", "on", "status", "decided_at"),
        ),
        Chapter(
            "points_corrections",
            _("Corrections"),
            rows_of(corrections, "points", "description", "decided_at"),
        ),
        Chapter(
            "points_cases",
            _("Reviews of your account"),
            rows_of(cases, "opened_at", "status", "appeal", "appealed_at", "decided_at"),
        ),
        Chapter("moved_in", _("From the earlier shop"), rows_of(moved, *MOVED)),
    ]
