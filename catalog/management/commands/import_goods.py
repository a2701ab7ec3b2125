"""Import products with SKUs, prices, stock and pictures from a table, or from a ZIP with one."""

import sys
from functools import partial

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from catalog.goods_file import imports, plan
from mall.core import file_jobs
from mall.core.tables.errors import UnreadableTable


class Command(BaseCommand):
    help = (
        "Import goods from a CSV or .xlsx file, or from a ZIP with such a table and the pictures "
        "it names (docs/goods-file.md). What is done is listed product by product, and can be "
        "taken back in the back office; the exit status is 1 when products were refused."
    )

    def add_arguments(self, parser):
        parser.add_argument("file")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be done and do nothing"
        )
        parser.add_argument(
            "--create-categories", action="store_true", help="make categories that are not there"
        )
        parser.add_argument(
            "--clear-empty-cells", action="store_true", help="an empty cell empties what is there"
        )
        parser.add_argument(
            "--by", default="", help="the operator's user name (default: the first administrator)"
        )

    def run_from_argv(self, argv):
        """Exit with 1 when products were refused."""
        self.is_complete = True
        super().run_from_argv(argv)
        if not self.is_complete:
            sys.exit(1)

    def handle(self, *, file, dry_run, by, create_categories, clear_empty_cells, **options):
        operator = _operator(by)
        try:
            with open(file, "rb") as source:
                row = imports.look_through(
                    source,
                    name=file.rpartition("/")[2],
                    operator=operator,
                    clears=clear_empty_cells,
                    makes_categories=create_categories,
                    saves=not dry_run,
                )
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        except UnreadableTable as error:
            raise CommandError(str(error)) from error
        if not dry_run and row.new + row.changed:
            row = self._carry_out(row, operator)
        self.is_complete = not row.refused
        self._tell(row)
        if dry_run:
            self.stdout.write("Nothing was written (--dry-run).")

    def _carry_out(self, row, operator):
        imports.let_in(row, operator=operator, read=row.version)
        row = file_jobs.claimed(type(row), only=row.pk)
        if row is None:
            raise CommandError(
                "The worker has this file, or another one first; look at it in the back office."
            )
        with tqdm(
            total=row.goods, disable=not sys.stderr.isatty(), leave=False, unit=" products"
        ) as bar:
            imports.run(row, progress=lambda done: bar.update(done - bar.n))
        row.refresh_from_db()
        return row

    def _tell(self, row):
        for remark in row.remarks:
            self.stdout.write(remark)
        for line, key, state, words in file_jobs.findings_of(row):
            said = partial(self.stderr.write if state == plan.REFUSED else self.stdout.write)
            said(f"line {line}, product {key or '?'}: {state}: {words}")
        self.stdout.write(
            f"lines={row.rows} new={row.new} changed={row.changed} known={row.known} "
            f"refused={row.refused} pictures={row.pictures}"
        )


def _operator(name):
    users = get_user_model().objects.filter(is_active=True, is_staff=True)
    found = users.filter(username=name) if name else users.filter(is_superuser=True)
    operator = found.order_by("pk").first()
    if operator is None:
        raise CommandError("There is no such operator; name one with --by.")
    return operator
