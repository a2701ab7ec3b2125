"""What a member needs to check a draw without believing the shop, and ten lines that do it."""

from marketing.models import Draw, DrawTicket

# Read by members: shown on the page as it stands here, and run by the tests as it is shown.
CHECK = """\
import hmac, json, sys; from hashlib import sha256; proof = json.load(sys.stdin)
text = proof["table"].encode(); draw, seed = json.loads(text), bytes.fromhex(proof["seed"])
assert [sha256(x).hexdigest() for x in (text, seed)] == [proof["commitment"], draw["seed_sha256"]]
for t in proof["tickets"]:
    sure, tries = t["misses"] >= draw["pity_after"] > 0, ["", *map(":{}".format, range(1, 99))]
    due = [p for p in draw["prizes"] if sure and p["pity"] and p["no"] not in t["gone"]]
    slots = [p["no"] for p in due or draw["prizes"] for _ in range(p["weight"])]; n = len(slots)
    lots = (hmac.digest(seed, f"{draw['name']}:{t['number']}{k}".encode(), "sha256") for k in tries)
    x = next(x for x in (int.from_bytes(lot[:4], "big") for lot in lots) if x < 2**32 // n * n) % n
    assert t["prize"] == (draw["thanks"] if slots[x] in t["gone"] else slots[x]), t["number"]
"""


def of(draw: Draw, user=None) -> dict:
    """Return a draw's promise, a member's own tickets of it and, once it is over, the seed."""
    return {
        "code": draw.code,
        "status": draw.status,
        "commitment": draw.commitment,
        "table": draw.table,
        "seed": draw.seed if draw.settled_at else None,
        "tickets": [] if user is None else _tickets(draw, user),
    }


def _tickets(draw, user) -> list[dict]:
    drawn = DrawTicket.objects.filter(draw=draw, user=user, number__isnull=False)
    return list(map(as_proof, drawn.select_related("prize").order_by("number")))


def as_proof(ticket: DrawTicket) -> dict:
    """Return a ticket as the check reads it."""
    return {
        "number": ticket.number,
        "misses": ticket.misses,
        "gone": ticket.gone,
        "prize": ticket.prize.position,
    }
