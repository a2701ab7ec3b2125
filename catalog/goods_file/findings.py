"""What is told of a file's products: (line, code, what becomes of it, why or how)."""

from catalog.goods_file import plan
from mall.core import file_jobs


def of(made) -> list:
    """Return what is told of one product."""
    if not made.why:
        return [made.line, made.key, made.state, made.told()]
    first = made.why[0][0]
    reasons = [f"{line}: {why}" if line != first else str(why) for line, why in made.why]
    return [first, made.key, plan.REFUSED, "; ".join(reasons)]


def packed(told) -> bytes:
    """Return all that is told, what was refused first."""
    return file_jobs.packed(sorted(told, key=lambda one: (one[2] != plan.REFUSED, one[0])))
