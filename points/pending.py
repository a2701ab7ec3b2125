"""What is on the way to a member: for pages to read, no decision asks it."""

from django.db.models import F, Sum

from points.models import Grant


def points_of(user_id: int) -> int:
    """Return how many points are on the way to a member."""
    on_the_way = Grant.objects.filter(account_id=user_id, status=Grant.Status.PENDING)
    return on_the_way.aggregate(sum=Sum(F("points") - F("taken_back")))["sum"] or 0


def on_the_way(user_id: int):
    """Return the promises that are still on the way, those with a day first, the soonest first."""
    pending = Grant.objects.filter(account_id=user_id, status=Grant.Status.PENDING).select_related(
        "version__rule"
    )
    return pending.order_by(F("matures_at").asc(nulls_last=True), "pk")
