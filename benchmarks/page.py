"""The table of all targets and what else was measured, for the terminal and for RESULTS.md."""

from benchmarks.figures import door
from benchmarks.stage import NOW, TEXT_BOOK, TODAY
from benchmarks.targets import DRIVER, GOALS, TARGETS, ratio

HEADS = ["door", "text-book", "today's", "now", "unit", "÷ text-book", "÷ today's", "must", "aim"]
HEADS += ["met"]
SIDES = (TEXT_BOOK, TODAY, NOW, DRIVER)


def page(results) -> str:
    """Return RESULTS.md: the table, what stands behind it, and where each part was measured."""
    doors = _doors(results)
    parts = ["# Benchmarks", "", INTRODUCTION, "", "## Targets", "", *_markdown(table(doors)), ""]
    parts += ["## Goals of the recommendations", "", *_markdown(_goals(results)), ""]
    parts += ["## Behind the doors", "", *_markdown(_behind(doors)), ""]
    for name, found in results.items():
        where = f"{found['at']} · commit {found['commit']} · {found['machine']}"
        parts += [f"## {name}", "", f"`{found['command']}` · {where}", ""]
        if found.get("note"):
            parts += [f"**{found['note']}**", ""]
        plain = [row for row in found["rows"] if "door" not in row]
        if plain:
            rows = [[row["name"], _number(row["value"]), row["unit"]] for row in plain]
            parts += [*_markdown([["what", "value", "unit"], *rows]), ""]
    return "\n".join(parts)


INTRODUCTION = """Written by `make bench`. *now* is this commit; *today's* is the build it is
compared with (the tag `bench-base`, or BENCH_BASE); *text-book* is the same door in a plain Django
project of its own (`benchmarks/textbook`). All three stand on one MariaDB, are knocked at by wrk
from another process in alternating rounds, and only one is awake at a time; all books are compared
after every door that writes. Only ratios within one run travel from one machine to another."""


def table(doors) -> list[list]:
    """Return the rows of the targets' table with its heads; a door that was not measured shows
    dashes.
    """
    return [HEADS, *[_target_row(target, doors.get(target.door)) for target in TARGETS]]


def told(results) -> str:
    """Return the table and the plain figures as a terminal shows them."""
    rows = [row for row in table(_doors(results)) if row[3] != DASH]
    widths = [max(len(str(row[at])) for row in rows) for at in range(len(HEADS))]
    lines = ["  ".join(_padded(row, widths)) for row in rows]
    for found in results.values():
        for row in found["rows"]:
            if "door" not in row:
                lines.append(f"{row['name']}: {_number(row['value'])} {row['unit']}")
            lines += [f"{row['door']}: {side} said {said}" for side, said in _complaints(row)]
    return "\n".join(lines)


DASH = "–"
MET = {True: "yes", False: "no", None: DASH}


def _padded(row, widths):
    first, *others = [str(cell) for cell in row]
    return [first.ljust(widths[0]), *(c.rjust(w) for c, w in zip(others, widths[1:], strict=True))]


def _complaints(row):
    return [(side, said) for side, said in row.get("said", {}).items() if said]


def _doors(results):
    return {row["door"]: row for part in results.values() for row in part["rows"] if "door" in row}


def _target_row(target, row):
    aim = DASH if target.aim is None else f"{target.aim:g}"
    if row is None:
        return [target.door, *[DASH] * 6, target.words, aim, DASH]
    values = row["values"]
    sides = [_number(values.get(side)) for side in (TEXT_BOOK, TODAY, NOW)]
    ratios = [_number(ratio(values, side), digits=2) for side in (TEXT_BOOK, TODAY)]
    met = MET[target.is_met(row)]
    if values.get(DRIVER):
        met += f" ({ratio(values, DRIVER):.2f} of {_number(values[DRIVER])})"
    return [target.door, *sides, row["unit"], *ratios, target.words, aim, met]


def _goals(results):
    """What the plain figures reached that have a goal."""
    plain = {row["name"]: row for one in results.values() for row in one["rows"] if "name" in row}
    rows = [["what", "reached", "unit", "must", "met"]]
    for goal in GOALS:
        if row := plain.get(goal.door):
            met = MET[goal.is_met(door(goal.door, {NOW: row["value"]}, row["unit"]))]
            rows.append([goal.door, _number(row["value"]), row["unit"], goal.words, met])
        else:
            rows.append([goal.door, DASH, DASH, goal.words, DASH])
    return rows


def _behind(doors):
    """Milliseconds, CPU and errors of every side that was knocked at."""
    rows = [["door", "side", "p50 ms", "p99 ms", "CPU ms a request", "errors"]]
    for name, row in doors.items():
        for side in SIDES:
            if side not in row["values"] or side not in row.get("p99", {}):
                continue
            spent = row.get("cpu_ms", {}).get(side, {})
            words = " + ".join(f"{who} {ms:g}" for who, ms in spent.items()) or DASH
            p50, p99 = (_number(row.get(cut, {}).get(side)) for cut in ("p50", "p99"))
            rows.append([name, side, p50, p99, words, row["errors"][side]])
    return rows


def _number(value, digits=None):
    if value is None:
        return DASH
    if digits is None:
        digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"


def _markdown(rows):
    heads, *others = rows
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return lines + [f"| {' | '.join(str(cell) for cell in row)} |" for row in others]
