"""What operators do with missions: switch them on and off, and read what they cost."""

from django.core.cache import cache
from django.db.models import BigIntegerField, Case, Count, Q, Sum, Value, When

from mall.core import audit
from mall.core.transactions import transactional
from marketing.models import Mission, MissionProgress

KEPT_SECONDS = 60  # the figures walk over the progress of all members
FIGURES = {
    "on_their_way": Count("pk", filter=Q(completed_at__isnull=True)),
    "times_completed": Count("pk", filter=Q(completed_at__isnull=False)),
    "points_paid": Sum("paid"),
}


@transactional
def change_status(mission: Mission, status: str, *, actor) -> bool:
    """Open, pause or end a mission; what members have completed stays theirs to collect. False when
    it stood so already.
    """
    # Two operators may press at once: the second finds it as the first left it.
    changed = Mission.objects.select_for_update().get(pk=mission.pk)
    before, changed.status = changed.status, status
    if before == status:
        return False
    changed.save(update_fields=["status"])
    audit.note(
        actor,
        "marketing.mission_status",
        target=mission,
        before={"status": before},
        after={"status": status},
    )
    return True


def with_figures(found):
    """Return missions with how many members are on their way, how often it was completed, and the
    points paid; up to KEPT_SECONDS old.
    """
    kept = cache.get_or_set("mission_figures", _figures, KEPT_SECONDS)
    return found.annotate(**{name: _told(name, kept) for name in FIGURES})


def _figures() -> list:
    """Count up the progress of all members: one walk along an index that holds every number."""
    by_mission = MissionProgress.objects.order_by().values("mission_id")
    return list(by_mission.annotate(**FIGURES))


def _told(name, kept):
    numbers = [When(pk=row["mission_id"], then=Value(row[name])) for row in kept]
    return Case(*numbers, default=Value(0), output_field=BigIntegerField())
