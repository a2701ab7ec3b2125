"""An order of what was found sold out a moment ago is refused before REST framework begins.

In a rush on what is gone most requests are such orders, and reading one as an endpoint does costs
more than the answer. Only what is beyond doubt is answered here, as the endpoint would answer it:
one SKU, sent plainly by a member whose token is good, under a key that placed nothing, and missing
on the shelf now. Everything else, a caller who knocks too often too, is the endpoint's.

Source: docs/decisions/0060-sold-out-is-refused-at-the-door.md, 0074-groups-of-all-goods.md.
"""

import json
from functools import wraps

from django.http import HttpResponse
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.renderers import JSONRenderer

from accounts.tokens import BearerAuthentication
from catalog import sold_out
from catalog.errors import OutOfStock
from catalog.models import MAX_QUANTITY, Stock
from mall.core import error_responses, repeats, rows
from mall.core.limits import ACTIONS_PER_MEMBER, TooOften, limit
from orders import drafts, pricing

LONGEST_BODY = 200  # bytes: an order of one SKU and nothing else


def refused_first(view):
    """Return the endpoint of orders with this refusal in front of it."""

    @wraps(view)
    def answer(request, *args, **kwargs):
        return _refused(request, view.cls) or view(request, *args, **kwargs)

    return answer


def _refused(request, endpoint):
    wanted = _wanted(request) if request.method == "POST" and sold_out.knows_any() else None
    key = request.headers.get("Idempotency-Key", "")
    if not wanted or not sold_out.is_suspected(*wanted) or not repeats.is_key(key):
        return None
    caller, (sku_id, quantity) = _caller(request), wanted
    left = caller and _left_of(sku_id, drafts.placed_under(caller, key))
    if left is None:
        return None
    if left >= quantity:
        sold_out.forget(sku_id)
        return None
    request.user = caller
    if _is_too_fast(request, key, endpoint):
        return None
    refusal = OutOfStock(sku=sku_id, wanted=quantity, left=left)
    return HttpResponse(
        JSONRenderer().render(error_responses.body_of(refusal)),
        status=refusal.status,
        content_type="application/json",
        headers={"Allow": "GET, POST, HEAD, OPTIONS"},
    )


def _left_of(sku_id, placed: rows.Wanted) -> int | None:
    """Return how many pieces of a SKU are left now; None where the key placed an order before: who
    took the last piece may ask again.
    """
    condition, values = placed.condition("o")
    [(left, order)] = rows.fetch(
        f"SELECT (SELECT k.quantity FROM {rows.table(Stock)} k WHERE k.sku_id = %s), "
        f"(SELECT o.id FROM {rows.table(placed.model)} o WHERE {condition})",
        [sku_id, *values],
    )
    return (left or 0) if order is None else None  # what was never received has no row


def _caller(request):
    """Return the member of a good token; None leaves it to the endpoint to say what is wrong."""
    try:
        found = BearerAuthentication().authenticate(request)
    except AuthenticationFailed:
        return None
    return found and found[0]


def _wanted(request) -> tuple[int, int] | None:
    """Return the SKU and quantity of an order that is sent as an app sends it, else None."""
    about = request.META
    if about.get("CONTENT_TYPE") != "application/json" or not _takes_json(about):
        return None
    length = about.get("CONTENT_LENGTH", "")
    if not length.isdecimal() or int(length) > LONGEST_BODY:
        return None
    try:
        match json.loads(request.body):
            case {"lines": [{"sku": int(sku), "quantity": int(quantity), **other}], **more}:
                is_plain = not other and not more and bool not in (type(sku), type(quantity))
                is_whole = 1 <= sku <= pricing.LARGEST_ID and 1 <= quantity <= MAX_QUANTITY
                return (sku, quantity) if is_plain and is_whole else None
    except (ValueError, RecursionError):
        return None
    return None


def _takes_json(about) -> bool:
    return about.get("HTTP_ACCEPT", "*/*") in ("*/*", "application/json")


def _is_too_fast(request, key, endpoint) -> bool:
    """Count the knock as the endpoint does; who is too fast is told so there."""
    if not all(one().allow_request(request, None) for one in endpoint.throttle_classes):
        return True
    try:
        limit(request, "redeem", ACTIONS_PER_MEMBER, once=key)
    except TooOften:
        return True
    return False
