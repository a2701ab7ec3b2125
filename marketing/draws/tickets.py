"""The tickets of a draw: free ones of the day, given ones, and another for points.

A free or bought ticket is written when it is drawn; what a mission or goods gave waits as a row
until then, and may be taken back as long as nobody has drawn it.
"""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q

from mall.core import clock, upserts
from marketing.models import Draw, DrawTicket

Source = DrawTicket.Source


@dataclass(frozen=True, slots=True)
class Standing:
    """What a member may draw with on a shop day: free tickets left, given ones, how many were drawn
    today and may be drawn still, and the price of another (0: not sold).
    """

    free: int
    given: int
    drawn_today: int
    left_today: int
    price_points: int

    @property
    def tickets(self) -> int:
        """Tickets there are to draw with now, without paying."""
        return min(self.free + self.given, self.left_today)

    @property
    def can_draw(self) -> bool:
        """Whether one more can be drawn today, paid for if need be."""
        return bool(self.left_today and (self.tickets or self.price_points))


def standing_of(user_id: int, draws: list[Draw], on: date) -> dict[int, Standing]:
    """Return {draw: a member's standing} on a shop day; one statement."""
    today, free = Q(on=on), Q(on=on, source=Source.FREE)
    own = DrawTicket.objects.filter(user_id=user_id, draw__in=draws).order_by().values("draw_id")
    counted = own.annotate(
        drawn=Count("pk", filter=today),
        free=Count("pk", filter=free),
        given=Count("pk", filter=Q(number__isnull=True, revoked_at__isnull=True)),
    )
    known = {row["draw_id"]: row for row in counted}
    none = {"drawn": 0, "free": 0, "given": 0}
    return {draw.pk: _standing(draw, known.get(draw.pk, none)) for draw in draws}


def _standing(draw, row) -> Standing:
    return Standing(
        free=max(0, draw.free_per_day - row["free"]),
        given=row["given"],
        drawn_today=row["drawn"],
        left_today=max(0, draw.draws_per_day - row["drawn"]),
        price_points=draw.price_points,
    )


def misses_of(user_id: int, draw: Draw) -> int:
    """Return how many tickets without a prize a member has drawn since the last prize."""
    drawn = DrawTicket.objects.filter(user_id=user_id, draw=draw, number__isnull=False)
    last = drawn.order_by("-number").values_list("misses", "prize__kind").first()
    if last is None:
        return 0
    misses, kind = last
    return misses + 1 if kind == "thanks" else 0


def next_of(user_id: int, draw: Draw, standing: Standing, *, once: str, on: date) -> DrawTicket:
    """Return the ticket a member draws next, with nothing written: a free one, for it is lost at
    midnight, else the oldest that was given, else one to be bought.
    """
    if standing.free:
        place = draw.free_per_day - standing.free + 1
        key, source = f"free:{draw.code}:{on}:{place}", Source.FREE
    elif standing.given:
        return _unused(user_id, draw).order_by("pk").first()
    else:
        key, source = f"bought:{once}", Source.BOUGHT
    return DrawTicket(draw=draw, user_id=user_id, source=source, key=key, granted_at=clock.now())


def give(user_id: int, draw_id: int, keys: list[str], source: str) -> int:
    """Give a member a ticket for each of these facts, once; return how many are new."""
    own = DrawTicket.objects.filter(user_id=user_id, key__in=keys)
    known, now = set(own.values_list("key", flat=True)), clock.now()
    new = [
        DrawTicket(draw_id=draw_id, user_id=user_id, source=source, key=key, granted_at=now)
        for key in keys
        if key not in known
    ]
    upserts.insert(new, by=("user_id", "key"))
    return len(new)


def unused_of(user_id: int, beginning: str):
    """Return a member's tickets that nobody has drawn, by how the keys of what gave them begin."""
    return _left_of(user_id, beginning).filter(number__isnull=True)


def kept_of(user_id: int, beginning: str) -> int:
    """Return how many of these tickets were not taken back, drawn or not."""
    return _left_of(user_id, beginning).count()


def take_back(user_id: int, beginning: str, *, most: int | None = None) -> int:
    """Take back the tickets that nobody has drawn, by how their keys begin, the newest first and at
    most so many; return how many.
    """
    own = unused_of(user_id, beginning)
    chosen = list(own.order_by("-pk").values_list("pk", flat=True)[:most])
    # One may be drawn at this moment: the old state in the filter says who was faster.
    taken = DrawTicket.objects.filter(pk__in=chosen, number__isnull=True)
    return taken.update(revoked_at=clock.now())


def _left_of(user_id, beginning):
    own = DrawTicket.objects.filter(user_id=user_id, key__startswith=beginning)
    return own.filter(revoked_at__isnull=True)


def _unused(user_id, draw):
    return DrawTicket.objects.filter(
        user_id=user_id, draw=draw, number__isnull=True, revoked_at__isnull=True
    )
