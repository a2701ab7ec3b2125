"""What a member reads of their own: the newest 20 orders, and what moved the points."""

from benchmarks.figures import door_of_load
from benchmarks.stage import TEXT_BOOK
from benchmarks.wrk import Request

DOORS = {
    "order history, 20": ("/api/v1/orders", "/redemptions"),
    "points statement": ("/api/v1/points/entries", "/points"),
}


def run(stage) -> list[dict]:
    """Return both doors."""
    rows = []
    for name, (ours, theirs) in DOORS.items():
        requests = {
            side: Request("GET", theirs if side == TEXT_BOOK else ours).by(
                house.callers[: house.words["readers"]]
            )
            for side, house in stage.houses.items()
        }
        rows.append(door_of_load(name, stage.compare(requests)))
    return rows
