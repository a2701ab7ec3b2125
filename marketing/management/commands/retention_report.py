"""Print who came, came back and bought again: for people as tables, for programs as JSON."""

import json
from datetime import date

from django.core.management.base import BaseCommand, CommandError

from mall.core import clock
from marketing.analytics import retention, rollup

PERCENT = 100


def _day(text):
    return date.fromisoformat(text)


class Command(BaseCommand):
    help = "Retention, cohorts and repurchase as of a shop day; definitions in docs/numbers.md."

    def add_arguments(self, parser):
        parser.add_argument(
            "--from",
            dest="since",
            type=_day,
            help="first shop day shown (default: the first action)",
        )
        parser.add_argument(
            "--to",
            dest="as_of",
            type=_day,
            help="the report is as of this shop day (default: today)",
        )
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *, since, as_of, as_json, **options):
        as_of = as_of or clock.today()
        if since and since > as_of:
            raise CommandError("--from must not lie after --to.")
        rollup.catch_up()
        figures = retention.walk(as_of, since=since).as_dict()
        self.stdout.write(json.dumps(figures, indent=2) if as_json else "\n".join(told(figures)))


def told(figures):
    """Yield the report line by line, for a terminal."""
    yield (
        f"As of {figures['as_of']}: {figures['members']} members, {figures['buyers']} buyers, "
        f"{figures['orders']} completed orders"
    )
    yield f"Stickiness (last 30 days): {_share(figures['stickiness'])}"
    yield (
        f"Bought again within 30 / 90 / 365 days / ever: "
        f"{' / '.join(map(_share, figures['repurchase'].values()))}"
    )
    interval = figures["repurchase_interval_days"]
    yield (
        f"Days between orders: median {_number(interval['median'])}, p90 {_number(interval['p90'])}"
    )
    yield from ("", "month     active")
    yield from (f"{month}  {count:>7}" for month, count in figures["mau"].items())
    yield from ("", "cohort     members     d1     d7    d30")
    for day, row in figures["retention"].items():
        yield f"{day}  {row['size']:>6}  " + " ".join(
            f"{_share(row[name]):>6}" for name in ("d1", "d7", "d30")
        )
    yield from ("", "month    members  with a completed order 0, 1, 2 … months later")
    for month, row in figures["cohorts"].items():
        yield f"{month}  {row['size']:>7}  " + " ".join(
            f"{_share(share):>6}" for share in row["months"]
        )


def _share(share):
    return "–" if share is None else f"{share * PERCENT:.1f}%"


def _number(number):
    return "–" if number is None else f"{number:g}"
