"""What anybody needs to check the lots of a flash item, and the lines that do it."""

from orders.flash import registration
from orders.models import FlashItem, Lottery, Registration

# Read by members: shown on the page as it stands here, and run by the tests as it is shown.
CHECK = """\
import hmac, json, sys; from hashlib import sha256; proof = json.load(sys.stdin)
text = proof["table"].encode(); table, seed = json.loads(text), bytes.fromhex(proof["seed"])
assert [sha256(x).hexdigest() for x in (text, seed)] == [proof["commitment"], table["seed_sha256"]]
lot = lambda n: hmac.digest(seed, f"{table['name']}:{n}".encode(), "sha256")
pieces = next(one["pieces"] for one in table["items"] if one["item"] == proof["item"])
winners = sorted(proof["registered"], key=lot)[:pieces]
assert winners == proof["winners"], "other numbers won"
if proof["mine"]: assert (proof["mine"]["number"] in winners) == proof["mine"]["won"], "not mine"
"""


def of(item: FlashItem, user=None) -> dict:
    """Return an item's promise, the numbers that registered, one's own and, once lots are drawn,
    the seed and the numbers that won. Of a session that was called off none are drawn.
    """
    lots = Lottery.objects.get(pk=item.session_id)
    live = Registration.objects.filter(item=item, withdrawn=0)
    numbers = list(live.order_by("number").values_list("number", flat=True))
    is_drawn = lots.drawn_at is not None and item.session.cancelled_at is None
    won = live.filter(rank__lte=item.stock).order_by("rank")
    own = user and registration.of(user, item)
    return {
        "item": item.pk,
        "cancelled_at": item.session.cancelled_at,
        "cancellation_reason": item.session.cancellation_reason,
        "commitment": lots.commitment,
        "table": lots.table,
        "seed": lots.seed if is_drawn else None,
        "registered": numbers,
        "winners": list(won.values_list("number", flat=True)) if is_drawn else None,
        "mine": own and _mine(own, item, is_drawn),
    }


def _mine(own, item, is_drawn) -> dict:
    won = own.rank is not None and own.rank <= item.stock if is_drawn else None
    return {"number": own.number, "rank": own.rank, "won": won}
