"""Hot redemption where a commit costs what it costs in production: binary log on, an fsync of a
millisecond.
"""

from benchmarks import redeem
from benchmarks.figures import door_of_load


def run(stage) -> list[dict]:
    """Return the door."""
    asked = redeem.requests(stage.houses, redeem.hot)
    with stage.on_slow_disk():
        found = stage.compare(asked)
        stage.verify()
    return [door_of_load("redeem, one hot, binlog and 1 ms fsync", found)]
