"""The daily check-in: each member once, fresh members every round."""

from functools import partial

from benchmarks.figures import door_of_load
from benchmarks.stage import TEXT_BOOK
from benchmarks.wrk import Request

SECONDS = 2  # the members of a round must not run out


def run(stage) -> list[dict]:
    """Return the door."""
    rounds = stage.size.rounds
    requests = {
        side: partial(_request, side, house, rounds) for side, house in stage.houses.items()
    }
    found = stage.compare(requests, seconds=SECONDS)
    stage.verify()
    return [door_of_load("check-in", found)]


def _request(side, house, rounds, turn):
    callers = house.callers
    share = len(callers) // rounds
    path = "/visits" if side == TEXT_BOOK else "/api/v1/checkins"
    return Request("POST", path, bodies=("{}",)).by(callers[turn * share : (turn + 1) * share])
