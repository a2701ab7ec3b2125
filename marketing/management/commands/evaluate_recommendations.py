"""Ask the recommendations about the past and compare with what people bought next."""

import json
from datetime import date
from itertools import chain

from django.core.management.base import BaseCommand, CommandError

from marketing.recommendations import purchases

SHELVES = {
    "new": "new: goods never had before",
    "again": "again: goods had before",
    "all": "all: one mixed list, without what was bought in the thirty days before",
}


class Command(BaseCommand):
    """Print hit rates, NDCG and coverage of every way, for each shelf, and say where ours loses."""

    help = (
        "Compare recommendations (popular, last category, own frequency, item-knn, ease, ours) on "
        "a time split of all orders, imported ones included."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--split",
            type=date.fromisoformat,
            metavar="DATE",
            help="first day to be guessed (default: 80 %% of purchases)",
        )
        parser.add_argument(
            "--json", action="store_true", dest="as_json", help="one JSON object instead of tables"
        )

    def handle(self, *args, split, as_json, **options):
        from marketing.recommendations import evaluation  # numpy is loaded where it is needed

        found = evaluation.evaluate(chain.from_iterable(purchases.by_person()), split=split)
        if not found.people:
            raise CommandError(
                f"Nobody bought both before and from {found.split} on: name another day with "
                f"--split, or import_history first."
            )
        self.stdout.write(_as_json(found) if as_json else _as_text(found))


def _as_json(found):
    shelves = {
        shelf: {
            way: {name: round(value, 6) for name, value in figures.items()}
            for way, figures in ways.items()
        }
        for shelf, ways in found.shelves.items()
    }
    told = {
        "split": found.split.isoformat(),
        "people": found.people,
        "items": found.items,
        **shelves,
        "asked": found.asked,
        "loses": found.losses(),
    }
    return json.dumps(told)


def _as_text(found):
    tables = [
        f"{SHELVES[shelf]} ({found.asked[shelf]} people)\n{_as_table(ways)}"
        for shelf, ways in found.shelves.items()
    ]
    losses = found.losses() or ["No way finds more than ours on any shelf."]
    head = f"split {found.split}, {found.people} people, {found.items} items"
    return "\n\n".join([head, *tables, "\n".join(losses)])


def _as_table(ways):
    names = list(next(iter(ways.values())))
    wide = max(map(len, ways)) + 2
    head = f"{'way':<{wide}}" + "".join(f"{name:>10}" for name in names)
    rows = [
        f"{way:<{wide}}" + "".join(f"{figures[name]:>10.1%}" for name in names)
        for way, figures in ways.items()
    ]
    return "\n".join([head, *rows])
