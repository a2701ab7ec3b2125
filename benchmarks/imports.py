"""An earlier shop's orders come in: lines a second and memory, first time and again.

Promise: flat memory; the same file twice changes nothing.
"""

from benchmarks.figures import door, figure
from benchmarks.stage import NOW


def run(stage) -> list[dict]:
    """Return the door and the promise's figures."""
    found = stage.take_turns("benchmarks.inside.imports", lines=stage.size.lines)
    pace = {side: one["lines"] / one["seconds"] for side, one in found.items()}
    cpu = {side: round(1e6 * one["cpu"] / one["lines"], 1) for side, one in found.items()}
    again = found[NOW]["lines"] / found[NOW]["again"]
    return [
        door("import_history", pace, "lines/s", cpu_us=cpu),
        figure("import_history: the same file again", again, "lines/s"),
        figure("import_history: most memory", found[NOW]["memory"], "MiB"),
    ]
