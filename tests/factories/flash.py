"""The least valid flash sessions, announced through the shop's own verb."""

from datetime import timedelta

from mall.core import clock
from orders.flash import sessions as flash_sessions
from orders.flash.redemption import redeem
from orders.models import FlashItem, FlashSession
from tests.factories.orders import virtual_sku


def session(*, starts_in=timedelta(minutes=-1), lasts=timedelta(hours=1), **kwargs):
    """A draft whose window is open now."""
    starts_at = clock.now() + starts_in
    return FlashSession.objects.create(
        name_zh_hans="早场",
        name_en="Morning session",
        starts_at=starts_at,
        ends_at=starts_at + lasts,
        **kwargs,
    )


def item(
    *,
    of=None,
    sku=None,
    points=10,
    cash="0.00",
    stock=5,
    limit=1,
    announced=True,
    shelf=None,
    **kwargs,
):
    """An item of a session that is announced; the shelf had ``shelf`` pieces (as many as the
    session wants, unless named).
    """
    of = of or session()
    sku = sku or virtual_sku(points=100, stock=stock if shelf is None else shelf)
    made = FlashItem.objects.create(
        session=of,
        sku=sku,
        points_price=points,
        cash_price=cash,
        stock=stock,
        limit_per_person=limit,
        **kwargs,
    )
    return announce(of).items.get(pk=made.pk) if announced else made


def announce(of):
    """Open a session as an operator does."""
    return flash_sessions.announce(of, actor="staff:1")


def grab(user, wanted, *, key="a-key", quantity=1, **kwargs):
    """Redeem as a member does."""
    return redeem(user, item=wanted.pk, quantity=quantity, key=key, **kwargs)
