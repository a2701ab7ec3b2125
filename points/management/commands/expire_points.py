"""manage.py expire_points [--as-of DATE]."""

import sys
from datetime import date

from django.core.management.base import BaseCommand

from points import expiry


class Command(BaseCommand):
    """Let points die whose day has passed. Can be stopped and run again."""

    help = "Expire points whose last day lies before today (or --as-of)."

    def add_arguments(self, parser):
        parser.add_argument(
            "--as-of",
            type=date.fromisoformat,
            help="a day, 2027-01-01: expire what is good for earlier days only",
        )

    def handle(self, *args, as_of=None, **options):
        shown = sys.stderr.isatty()
        swept = expiry.expire_due(
            as_of,
            on_batch=lambda so_far: self.stderr.write(f"\r{so_far}", ending="") if shown else None,
        )
        self.stdout.write(f"{'' if not shown else chr(10)}{swept}")
