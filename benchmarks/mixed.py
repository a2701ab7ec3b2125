"""A hot product for points and cash: order, payment, the provider's notice, one after the other on
each connection. What counts is orders paid.
"""

import json

from benchmarks.figures import door_of_load
from benchmarks.wrk import Request


def run(stage) -> list[dict]:
    """Return the door of our builds; the text-book takes no cash."""
    found = stage.compare({one.name: _request(one) for one in stage.builds})
    stage.verify()
    return [door_of_load("order with cash and its notice, hot", found)]


def _request(house):
    words = house.words
    order = json.dumps({"lines": [{"sku": words["with_cash"], "quantity": 1}]})
    more = (("BENCH_SECRET", words["payment_secret"]), ("BENCH_MERCHANT", words["merchant"]))
    return Request("POST", "/", bodies=(order,), script="pay", more=more).by(house.callers)
