"""The embedded profile: hot redemption by eight connections from one process of eight threads, on
one SQLite file.
"""

from benchmarks import house, redeem
from benchmarks.figures import door_of_load

CONNECTIONS = 8
MEMBERS = 600


def run(stage) -> list[dict]:
    """Return the door of our builds."""
    builds = {one.name: house.embedded(one, stage.servers.folder) for one in stage.builds}
    furniture = stage.furniture | {"members": min(MEMBERS, stage.size.members)}
    for wait in [one.furnish(**furniture) for one in builds.values()]:
        wait()
    for one in builds.values():
        stage.stack.callback(one.close)
        one.open()
        one.sleep()
    asked = redeem.requests(builds, redeem.hot)
    found = stage.compare(asked, houses=builds, connections=CONNECTIONS)
    for one in builds.values():
        one.close()
        one.ask("benchmarks.inside.verify")
    return [door_of_load("redeem on SQLite, 8 threads", found)]
