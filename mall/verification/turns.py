"""What is over for long is compared in turns: one share of it a night, all of it in TURNS nights.

A lucky draw, a session's lots or a campaign changes no more once it is over, and a shop gathers
them for years: comparing each of them every night would take longer every night.
"""

from datetime import timedelta

from django.db.models import F, Q, QuerySet

from mall.core import clock

LATELY = timedelta(days=7)
TURNS = 30


def due(things: QuerySet, over: str, *, full: bool) -> QuerySet:
    """Narrow things to those to be compared today: not over (the instant ``over`` is not there),
    over LATELY, or of today's share; with ``full`` all of them. A night on which the shop was off
    leaves its share to the next round.
    """
    if full:
        return things
    moves = Q(**{f"{over}__isnull": True}) | Q(**{f"{over}__gt": clock.now() - LATELY})
    share = clock.today().toordinal() % TURNS
    return things.annotate(share=F("pk") % TURNS).filter(moves | Q(share=share))
