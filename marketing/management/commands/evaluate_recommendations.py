"""Ask the recommendations about the past and compare with what people bought next."""

import json
from datetime import date
from itertools import chain

from django.core.management.base import BaseCommand, CommandError

from marketing.recommendations import evaluation, purchases


class Command(BaseCommand):
    """Print hit rate @5 and @10 and coverage of three ways: popular, last category, ours."""

    help = (
        "Compare recommendations (popular, last category, ours) on a time split of all "
        "orders, imported ones included."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--split",
            type=date.fromisoformat,
            metavar="DATE",
            help="first day to be guessed (default: 80 %% of purchases)",
        )
        parser.add_argument(
            "--json", action="store_true", dest="as_json", help="one JSON object instead of a table"
        )

    def handle(self, *args, split, as_json, **options):
        found = evaluation.evaluate(chain.from_iterable(purchases.by_person()), split=split)
        if not found.people:
            raise CommandError(
                f"Nobody bought both before and from {found.split} on: name another day with "
                f"--split, or import_history first."
            )
        self.stdout.write(_as_json(found) if as_json else _as_table(found))


def _as_json(found):
    results = {
        result.name: {
            **{f"hit@{cut}": round(share, 6) for cut, share in result.hits.items()},
            "coverage": round(result.coverage, 6),
        }
        for result in found.results
    }
    return json.dumps(
        {
            "split": found.split.isoformat(),
            "people": found.people,
            "items": found.items,
            "results": results,
        }
    )


def _as_table(found):
    cuts = evaluation.CUTS
    head = f"split {found.split}, {found.people} people, {found.items} items"
    columns = f"{'way':<16}" + "".join(f"{f'hit@{cut}':>8}" for cut in cuts) + f"{'coverage':>10}"
    rows = [
        f"{result.name:<16}"
        + "".join(f"{result.hits[cut]:>8.1%}" for cut in cuts)
        + f"{result.coverage:>10.1%}"
        for result in found.results
    ]
    return "\n".join([head, columns, *rows])
