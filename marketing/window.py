"""The shop window: what stands on the home page whoever comes, and what a visitor sees of it."""

from catalog import cards, storefront
from mall.core import clock, face
from marketing import ways_to_earn
from marketing.draws import board as draw_board
from orders.flash import board as flash_board

PICKS = 8


def shown() -> dict:
    """Return the categories, the blocks of the page, the flash sale that runs or comes next, and
    the lucky draw that is open.
    """
    now, session = clock.now(), flash_board.headline()
    blocks, _change = face.blocks()
    return {
        "categories": [shelf for shelf in storefront.tree() if shelf["depth"] == 0],
        "blocks": blocks,
        "flash_session": session,
        "flash_runs": session is not None and session.starts_at <= now,
        "lucky_draw": draw_board.headline(as_of=now),
        "now": now,
    }


def of_visitor():
    """Return what a visitor sees, and when it changes by itself: a flash sale starts or ends, a
    lucky draw, or a block of the page.
    """
    facts = shown()
    session = facts["flash_session"]
    turns = session and (session.ends_at if facts["flash_runs"] else session.starts_at)
    _blocks, change = face.blocks()
    changes = (turns, change, draw_board.next_change(as_of=facts["now"]))
    until = min([at for at in changes if at], default=None)
    picks = storefront.picks(None, PICKS)
    return {"ways": ways_to_earn.ways(), "picks": picks, "card": cards.of_shop(), **facts}, until
