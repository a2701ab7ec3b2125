"""The home page: CPU a request, web and database together, for a stranger and for members."""

from benchmarks.figures import door
from benchmarks.wrk import Request


def run(stage) -> list[dict]:
    """Return both doors in milliseconds of CPU."""
    rows = []
    for name, by_members in (("home, anonymous", False), ("home, member", True)):
        requests = {
            one.name: Request("GET", "/").by(one.cookies if by_members else ())
            for one in stage.builds
        }
        found = stage.compare(requests)
        spent = {side: sum(one["cpu_ms"].values()) for side, one in found.items()}
        more = {
            what: {side: one[what] for side, one in found.items()} for what in ("errors", "p99")
        }
        rows.append(door(name, spent, "ms CPU", **more))
    return rows
