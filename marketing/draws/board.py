"""What members see of draws: the table with its odds and what is left, their tickets, what they
won. Reads only.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext as _

from catalog import kept
from mall.core import clock
from marketing.draws import tickets
from marketing.draws.errors import NoSuchDraw
from marketing.models import Draw, DrawPrize, DrawTicket

SHOWN_DAYS = 30  # so long a draw that is over stays on the page
MOST_SHOWN = 20
OWN_SHOWN = 100
FINE = Decimal("0.0001")


def names(kind: str) -> dict[str, str]:
    """Return what each draw is called in a statement, by its reference; nothing where things of
    another kind are asked for.
    """
    if kind != "draw":
        return {}
    said = _("Lucky draw “%(title)s”")
    titles = Draw.objects.values_list("code", "title")
    return {f"draw:{code}": said % {"title": title} for code, title in titles}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: the prize, its number, and its chance in percent."""

    prize: DrawPrize
    no: int
    chance: Decimal

    @property
    def percent(self) -> str:
        """The chance as people read it, with as many places as it needs."""
        return f"{self.chance:f}".rstrip("0").rstrip(".")

    @property
    def is_gone(self) -> bool:
        """Whether none is left, so that its chance is thanks' now."""
        return self.prize.left == 0


@dataclass(frozen=True, slots=True)
class Shown:
    """One draw as a reader sees it; ``standing`` and ``misses`` are None for a visitor."""

    draw: Draw
    status: str
    lines: list[Line]
    standing: tickets.Standing | None
    misses: int | None

    @property
    def sure_in(self) -> int | None:
        """After how many more tickets without luck the member is sure to win; None: never."""
        if self.misses is None or not self.draw.pity_after:
            return None
        return max(0, self.draw.pity_after - self.misses)

    @property
    def can_draw(self) -> bool:
        """Whether the reader can draw a ticket now."""
        is_open = self.status == Draw.Status.OPEN
        return is_open and self.standing is not None and self.standing.can_draw

    @property
    def price(self) -> int:
        """What the next ticket costs: 0 while there is one to draw with."""
        if self.standing is None or self.standing.tickets:
            return 0
        return self.draw.price_points


def every(user=None, *, as_of=None) -> list[Shown]:
    """Return the draws that are open, come next, were called off (until they would have ended) or
    were over a short time ago, in this order; a visitor is None.
    """
    now = as_of or clock.now()
    found = Draw.objects.announced().filter(ends_at__gt=now - timedelta(days=SHOWN_DAYS))
    found = found.filter(Q(cancelled_at__isnull=True) | Q(ends_at__gt=now))
    draws = list(found.prefetch_related("prizes").order_by("starts_at", "pk")[:MOST_SHOWN])
    order = [Draw.Status.OPEN, Draw.Status.ANNOUNCED, Draw.Status.CANCELLED, Draw.Status.OVER]
    draws.sort(key=lambda draw: order.index(draw.status_at(now)))
    standings = _standings(user, draws, now)
    return [_shown(draw, now, standings.get(draw.pk), None) for draw in draws]


def one(code: str, user=None, *, as_of=None) -> Shown:
    """Return one announced draw as a reader sees it. Raises: NoSuchDraw."""
    now = as_of or clock.now()
    draw = Draw.objects.announced().filter(code=code).prefetch_related("prizes").first()
    if draw is None:
        raise NoSuchDraw
    standing = _standings(user, [draw], now).get(draw.pk)
    misses = None if user is None else tickets.misses_of(user.pk, draw)
    return _shown(draw, now, standing, misses)


def headline(*, as_of=None) -> Draw | None:
    """Return the draw that is open now and ends first; for the shop window.

    Kept with the facts of the goods; a draw that is announced or called off ends them.
    """
    now = as_of or clock.now()
    found = [draw for draw in _coming(now) if draw.starts_at <= now < draw.ends_at]
    return min(found, key=lambda draw: draw.ends_at, default=None)


def next_change(*, as_of=None) -> datetime | None:
    """Return when a draw begins or ends next; None where none does."""
    now = as_of or clock.now()
    turns = [at for draw in _coming(now) for at in (draw.starts_at, draw.ends_at)]
    return min([at for at in turns if at > now], default=None)


def _coming(now) -> list[Draw]:
    def read():
        announced = Draw.objects.announced().filter(cancelled_at__isnull=True, ends_at__gt=now)
        return list(announced.order_by("ends_at", "pk")[:MOST_SHOWN])

    return kept.fact("draws", read)


def own_tickets(draw: Draw, user, *, number: int | None = None) -> list[DrawTicket]:
    """Return the tickets a member has drawn, the newest first, or that of one number."""
    drawn = DrawTicket.objects.filter(draw=draw, user=user, number__isnull=False)
    if number is not None:
        drawn = drawn.filter(number=number)
    shown = drawn.select_related("draw", "prize__sku__product", "order", "prize__coupon")
    return list(shown.order_by("-number")[:OWN_SHOWN])


def _standings(user, draws, now) -> dict:
    if user is None or not draws:
        return {}
    return tickets.standing_of(user.pk, draws, clock.day_of(now))


def _shown(draw, now, standing, misses) -> Shown:
    prizes = list(draw.prizes.all())
    total = sum(prize.weight for prize in prizes)
    lines = [
        Line(prize, prize.position, (Decimal(prize.weight * 100) / total).quantize(FINE))
        for prize in prizes
    ]
    return Shown(draw, draw.status_at(now), lines, standing, misses)
