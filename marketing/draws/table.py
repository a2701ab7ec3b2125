"""What a draw promises before its first ticket, and what a ticket wins by it. Pure.

The table is frozen as one canonical text whose hash is the commitment; the hash of the seed stands
in it. A ticket falls on a prize by its weight; where that prize is gone, its weight is thanks'. A
member who is sure to win draws among the marked prizes that are left, if any are.
"""

from mall.core import clock, lots


def freeze(draw, prizes, seed: str) -> str:
    """Return the canonical text of a draw's table; prizes are numbered by their position."""
    return lots.canonical(
        {
            "name": draw.reference,
            "starts_at": _written(draw.starts_at),
            "ends_at": _written(draw.ends_at),
            "pity_after": draw.pity_after,
            "seed_sha256": lots.seed_hash(seed),
            "thanks": next(prize.position for prize in prizes if prize.kind == "thanks"),
            "prizes": [_of_prize(prize) for prize in prizes],
        }
    )


def outcome(seed: str, table: dict, n: int, *, misses: int, gone: list[int]) -> int:
    """Return the number of the prize that ticket ``n`` wins, for a member who had ``misses``
    tickets without one and while the prizes ``gone`` were gone.
    """
    among = among_which(table, misses=misses, gone=gone)
    weights = [prize["weight"] for prize in among]
    won = among[lots.pick(seed, table["name"], n, weights)]["no"]
    return table["thanks"] if won in gone else won


def among_which(table: dict, *, misses: int, gone: list[int]) -> list[dict]:
    """Return the prizes whose weights count for a ticket."""
    is_sure = misses >= table["pity_after"] > 0
    marked = [one for one in table["prizes"] if one["pity"] and one["no"] not in gone]
    return marked if is_sure and marked else table["prizes"]


def _of_prize(prize) -> dict:
    return {
        "no": prize.position,
        "kind": str(prize.kind),
        "name": {"zh-hans": prize.name_zh_hans or "", "en": prize.name_en or ""},
        "weight": prize.weight,
        "stock": prize.stock,
        "pity": prize.is_pity,
        "points": prize.points,
        "coupon": prize.coupon_id,
        "sku": prize.sku_id,
    }


def _written(at) -> str:
    return at.astimezone(clock.SHOP_ZONE).isoformat(timespec="seconds")
