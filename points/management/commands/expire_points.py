"""manage.py expire_points [--as-of DATE] [--no-input]."""

import sys
from datetime import date

from django.core.management.base import BaseCommand, CommandError

from mall.core import clock
from points import expiry


class Command(BaseCommand):
    """Let points die whose day has passed. Can be stopped and run again."""

    help = "Expire points whose last day lies before today (or --as-of)."

    def add_arguments(self, parser):
        parser.add_argument(
            "--as-of",
            type=date.fromisoformat,
            help="a day, 2027-01-01: expire what is good for earlier days only; for one in the "
            "future you are asked first",
        )
        parser.add_argument("--no-input", action="store_true", help="ask nothing")

    def handle(self, *args, as_of=None, no_input=False, **options):
        if as_of and as_of > clock.today() and not no_input and sys.stdin.isatty():
            self._ask(as_of)
        shown = sys.stderr.isatty()
        swept = expiry.expire_due(
            as_of,
            on_batch=lambda so_far: self.stderr.write(f"\r{so_far}", ending="") if shown else None,
        )
        self.stdout.write(f"{'' if not shown else chr(10)}{swept}")

    def _ask(self, as_of):
        members = expiry.losing(as_of)
        said = f"{as_of} lies in the future. {members} members would lose points that are still"
        answer = input(f"{said} good, for good. Type 'yes' to go on: ")
        if answer.strip().lower() != "yes":
            raise CommandError("Nothing was expired.")
