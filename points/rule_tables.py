"""Tables of rules as operators write them: points of step 1, 2, 3 … (``20, 25, 30``), or certain
steps with theirs (``14: 100, 30: 200``).
"""

from mall.core.tables import values

MOST_STEPS = 366
MOST_POINTS = 1_000_000


def read(text: str) -> list[int] | list[list[int]]:
    """Return what a text says: whole numbers, or pairs of a step and its points by rising step.

    Raises: ValueError (neither, both at once, a step twice, or a number out of bounds).
    """
    parts = [part.strip() for part in text.replace("，", ",").split(",") if part.strip()]
    pairs = [part.replace("：", ":").split(":") for part in parts]
    table = [[values.whole(number) for number in pair] for pair in pairs]
    lengths, steps = {len(pair) for pair in table}, {pair[0] for pair in table}
    if len(table) > MOST_STEPS or not lengths <= {1, 2} or len(lengths) > 1:
        raise ValueError(text)
    if any(not 0 <= pair[-1] <= MOST_POINTS for pair in table):
        raise ValueError(text)
    if lengths != {2}:
        return [points for [points] in table]
    if len(steps) < len(table) or min(steps) < 1 or max(steps) > MOST_POINTS:
        raise ValueError(text)
    return sorted(table)


def written(table: list) -> str:
    """Return a table as ``read`` reads it."""
    return ", ".join(": ".join(map(str, row)) if is_pair(row) else str(row) for row in table)


def is_pair(row) -> bool:
    """Say whether a row of a table names its step."""
    return isinstance(row, list)
