"""Rows as every part returns them: a door (a promise of targets.py with a value for each side) or a
plain figure ``{"name", "value", "unit"}``.
"""

from benchmarks.stage import NOW


def door(name, values, unit, **more) -> dict:
    """Return a door's row: ``values`` is {side: figure}; ``more`` are p99, errors, cpu_ms by
    side.
    """
    return {
        "door": name,
        "unit": unit,
        "values": {side: round(value, 3) for side, value in values.items()},
        **more,
    }


def door_of_load(name, found) -> dict:
    """Return the row of a door that was knocked at: ok/s, milliseconds, errors, CPU."""
    return door(
        name,
        {side: one["ok_per_second"] for side, one in found.items()},
        "ok/s",
        p50={side: round(one["p50"], 1) for side, one in found.items()},
        p99={side: round(one["p99"], 1) for side, one in found.items()},
        errors={side: one["errors"] for side, one in found.items()},
        said={side: one["said"] for side, one in found.items() if one["said"].strip()},
        cpu_ms={
            side: {name: round(ms, 2) for name, ms in one["cpu_ms"].items()}
            for side, one in found.items()
        },
    )


def figure(name, value, unit) -> dict:
    """Return one plain figure."""
    return {"name": name, "value": round(value, 3), "unit": unit}


def slowest(rows) -> dict:
    """Return the door of the slowest list among rows in milliseconds."""
    milliseconds = [row["value"] for row in rows if row["unit"] == "ms"]
    return door("slowest list of the back office", {NOW: max(milliseconds)}, "ms")
