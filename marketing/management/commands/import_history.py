"""Import an earlier shop's orders, so that reports and recommendations work from the first day."""

import sys
import time
from functools import partial

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from mall.core.tables.errors import UnreadableTable
from marketing.analytics import history, rollup
from marketing.analytics.history_file import HistoryFile
from marketing.analytics.history_reading import (
    OWN,
    BadReading,
    check_headings,
    platforms,
    reading_of,
)


class Command(BaseCommand):
    help = (
        "Import orders from a CSV or .xlsx file with the columns order_no, ordered_at, customer, "
        "sku, product, category, quantity, unit_price, status, or as another platform exports "
        "them (docs/numbers.md). Safe to stop and to run again; rows that are refused are listed, "
        "nothing of their order is kept, and the exit status is 1."
    )

    def add_arguments(self, parser):
        parser.add_argument("file")
        parser.add_argument(
            "--from",
            dest="platform",
            default=OWN,
            choices=list(platforms()),
            help="whose export the file is (default: the mall's own columns)",
        )
        parser.add_argument(
            "--columns",
            action="append",
            default=[],
            metavar="THEIRS=OURS,…",
            help="which heading of the file is which column",
        )
        parser.add_argument(
            "--status",
            action="append",
            default=[],
            metavar="THEIRS=OURS,…",
            help="which of their words is completed, cancelled, refunded, or open: not over yet",
        )
        parser.add_argument(
            "--fill-down",
            action="store_true",
            help="an order's further lines leave its own fields blank",
        )
        parser.add_argument(
            "--encoding", default="", help="how the file is written (default: found out)"
        )
        parser.add_argument(
            "--replace",
            action="store_true",
            help="take the file's version of orders that were imported differently before",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be done and do nothing"
        )
        parser.add_argument(
            "--no-figures", action="store_true", help="leave counting the days to the hourly job"
        )

    def run_from_argv(self, argv):
        """Exit with 1 when rows were refused."""
        self.is_complete = True
        super().run_from_argv(argv)
        if not self.is_complete:
            sys.exit(1)

    def handle(self, *, file, replace, dry_run, encoding, no_figures, **options):
        bar = partial(tqdm, disable=not sys.stderr.isatty(), leave=False, mininterval=0.5)
        began = time.monotonic()
        try:
            reading = reading_of(
                options["platform"],
                columns=options["columns"],
                statuses=options["status"],
                fill_down=options["fill_down"],
            )
            checking = partial(bar, desc="checking", unit=" lines")
            source = HistoryFile(file, reading, encoding=encoding, progress=checking)
            check_headings(options["columns"], source.titles)
            done = history.import_orders(
                source,
                on_bad=self.list_bad,
                on_remark=self.list_remark,
                replace=replace,
                dry_run=dry_run,
                writing=partial(bar, desc="writing", unit=" orders"),
            )
        except (BadReading, UnreadableTable) as error:
            raise CommandError(str(error)) from error
        self.is_complete = not done.dropped
        took = max(time.monotonic() - began, 1e-3)
        self.stdout.write(f"{done} seconds={took:.1f} lines_per_second={done.rows / took:.0f}")
        if dry_run:
            self.stdout.write("Nothing was written (--dry-run).")
        elif done.new + done.replaced and not no_figures:
            began = time.monotonic()
            rollup.roll_up_recent(progress=partial(bar, desc="counting", unit=" days"))
            self.stdout.write(f"The reports are up to date ({time.monotonic() - began:.1f} s).")

    def list_bad(self, number, no, reason):
        """Print one row that is left out, and why."""
        self.stderr.write(f"line {number}, order {no or '?'}: {reason}")

    def list_remark(self, number, no, words):
        """Print what was put right in one order that is kept."""
        self.stdout.write(f"line {number}, order {no}: {words}")
