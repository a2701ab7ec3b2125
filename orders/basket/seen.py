"""What somebody looked at lately: noted in a cookie of the browser, so that a page view writes no
row; a member's list takes it in when it is looked at (docs/decisions/0077).

The cookie names whose it is. What a visitor saw becomes the member's who signs in there; what a
member saw is nobody else's. Who wants nothing noted is not noted, on any device.
"""

from catalog import storefront
from mall.core.links import id_in
from mall.core.transactions import transactional
from orders.basket import cookies
from orders.basket.shelves import check_offered
from orders.models import SeenGoods

COOKIE = "mall_seen"
MOST = 12
SECONDS = 30 * 24 * 3600
OFF = "off"


def note(request, response, product_id: int) -> None:
    """Note in the browser that a product was looked at, on the way out."""
    before = _noted(request)
    if before is None:
        return
    after = [product_id, *(pk for pk in before if pk != product_id)][:MOST]
    if after != before:
        _set(request, response, after)


def is_off(request) -> bool:
    """Say whether nothing is to be noted of the reader."""
    kept = _kept(request)
    return _noted(request) is None if kept is None else kept.is_off


def goods_of(request, *, available: int | None, tier: int, limit: int = MOST) -> list[dict]:
    """Return cards of what the reader looked at and is still offered, the newest first."""
    return storefront.named(_gathered(request), available=available, tier=tier)[:limit]


def look(user, product_id: int) -> None:
    """Note that a member looked at a product, where an app and no cookie tells of it.

    Raises: NotOffered.
    """
    check_offered(product_id, user)
    row, _new = SeenGoods.objects.get_or_create(pk=user.pk)
    if not row.is_off:
        row.products = [product_id, *(pk for pk in row.products if pk != product_id)][:MOST]
        row.save(update_fields=["products"])


def forget(user) -> None:
    """Forget what a member looked at."""
    SeenGoods.objects.filter(pk=user.pk).update(products=[])


def clear(request, response):
    """Forget what the reader looked at, in their browser too."""
    if request.user.is_authenticated:
        forget(request.user)
    return response if _noted(request) is None else _set(request, response, [])


@transactional
def switch(request, response, *, is_off: bool):
    """Note nothing any more, and forget what was; or note again."""
    if request.user.is_authenticated:
        words = {"is_off": is_off, "products": []}
        SeenGoods.objects.update_or_create(pk=request.user.pk, defaults=words)
    return _set(request, response, None if is_off else [])


def _gathered(request) -> list[int]:
    """Return what the browser noted and what the member's row holds, which takes it in."""
    noted, kept = _noted(request) or [], _kept(request)
    if not request.user.is_authenticated or (kept is not None and kept.is_off):
        return [] if kept else noted
    before = kept.products if kept else []
    after = list(dict.fromkeys([*noted, *before]))[:MOST]
    if after != before:
        SeenGoods.objects.update_or_create(pk=request.user.pk, defaults={"products": after})
    return after


def _kept(request) -> SeenGoods | None:
    if not request.user.is_authenticated:
        return None
    return SeenGoods.objects.filter(pk=request.user.pk).first()


def _noted(request) -> list[int] | None:
    """Return what the cookie says, None where nothing is to be noted; what somebody else saw there
    is nothing.
    """
    owner, told = cookies.read(request, COOKIE)
    if owner not in ("", cookies.owner_of(request)):
        return []
    if told == OFF:
        return None
    return [pk for pk in map(id_in, told.split("-")[:MOST]) if pk is not None]


def _set(request, response, ids):
    told = OFF if ids is None else "-".join(map(str, ids))
    return cookies.write(request, response, COOKIE, told, seconds=SECONDS)
