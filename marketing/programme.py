"""What operators do with missions: switch them on and off, and read what they cost."""

from django.db.models import Count, Q, Sum

from mall.core import audit
from mall.core.transactions import transactional
from marketing.models import Mission


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
    points paid.
    """
    begun, completed = (
        Q(progress__completed_at__isnull=True),
        Q(progress__completed_at__isnull=False),
    )
    return found.annotate(
        on_their_way=Count("progress", filter=begun),
        times_completed=Count("progress", filter=completed),
        points_paid=Sum("progress__paid"),
    )
