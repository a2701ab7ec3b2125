"""Sign in and sign up with eight connections: each side's own way to keep a password."""

import json

from benchmarks.figures import door_of_load
from benchmarks.stage import TEXT_BOOK
from benchmarks.wrk import Request

CONNECTIONS = 8


def run(stage) -> list[dict]:
    """Return both doors."""
    password = stage.furniture["password"]
    new = json.dumps({"username": "new{n}", "email": "new{n}@example.com", "password": password})
    sign_ins, sign_ups = {}, {}
    for side, house in stage.houses.items():
        old = tuple(
            json.dumps({"username": name, "password": password}) for name in house.words["names"]
        )
        headless = "/api/auth/app/v1/auth/"
        theirs = side == TEXT_BOOK
        sign_ins[side] = Request("POST", "/sign-in" if theirs else f"{headless}login", bodies=old)
        sign_ups[side] = Request(
            "POST", "/sign-up" if theirs else f"{headless}signup", bodies=(new,)
        )
    rows = []
    for name, asked in (("sign in", sign_ins), ("sign up", sign_ups)):
        found = stage.compare(asked, connections=CONNECTIONS)
        stage.verify()
        rows.append(door_of_load(f"{name}, {CONNECTIONS} connections", found))
    return rows
