"""Import an earlier shop's orders, so that reports and recommendations work from the first day."""

import sys
import time
from functools import partial

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from marketing.analytics import history, history_file, rollup

LISTED = 1_000


class Command(BaseCommand):
    help = (
        "Import orders from a CSV file with the columns order_no, ordered_at, customer, sku, "
        "product, category, quantity, unit_price, "
        "status. Safe to stop and to run again; bad rows are listed and nothing of their order is "
        "kept."
    )

    def add_arguments(self, parser):
        parser.add_argument("file")
        parser.add_argument(
            "--replace",
            action="store_true",
            help="take the file's version of orders that were imported differently before",
        )
        parser.add_argument(
            "--encoding",
            default="utf-8-sig",
            help="how the file is written, for example gb18030 (default: UTF-8)",
        )
        parser.add_argument(
            "--no-figures", action="store_true", help="leave counting the days to the hourly job"
        )

    def handle(self, *, file, replace, encoding, no_figures, **options):
        bar = partial(tqdm, disable=not sys.stderr.isatty(), leave=False, mininterval=0.5)
        began, self.listed = time.monotonic(), 0
        try:
            done = history.import_orders(
                file,
                on_bad=self.list_bad,
                replace=replace,
                encoding=encoding,
                reading=partial(bar, desc="checking", unit=" lines"),
                writing=partial(bar, desc="writing", unit=" orders"),
            )
        except (history_file.UnreadableFile, LookupError) as error:
            raise CommandError(str(error)) from error
        took = max(time.monotonic() - began, 1e-3)
        self.stdout.write(f"{done} seconds={took:.1f} lines_per_second={done.rows / took:.0f}")
        if done.new + done.replaced and not no_figures:
            began = time.monotonic()
            rollup.roll_up_recent(progress=partial(bar, desc="counting", unit=" days"))
            self.stdout.write(f"The reports are up to date ({time.monotonic() - began:.1f} s).")

    def list_bad(self, number, no, reason):
        """Print one refused row; a file of nothing else must not fill the disk with them."""
        self.listed += 1
        if self.listed <= LISTED:
            self.stderr.write(f"line {number}, order {no or '?'}: {reason}")
        elif self.listed == LISTED + 1:
            self.stderr.write("… more bad rows are only counted.")
