"""manage.py verify_ledger [--account ID] [--full] [--json]."""

import json
import sys

from django.core.management.base import BaseCommand, CommandError

from mall import verification
from points import drift


class Command(BaseCommand):
    """Compare every balance with its entries; exit 1 on any mismatch and freeze the accounts
    concerned.
    """

    help = (
        "Compare every account with its ledger entries. Exits 1 on any mismatch and freezes "
        "those accounts; corrects nothing."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--account", type=int, help="only this member's account (the member's id)"
        )
        parser.add_argument(
            "--full",
            action="store_true",
            help="also every draw, lottery and campaign that is over for long and has its turn "
            "on another night",
        )
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, *args, account=None, **options):
        self.compared = 0
        findings = verification.verify(account, full=options["full"], on_batch=self.progress)
        if account is not None and not self.compared:
            raise CommandError(f"There is no account {account}.")
        frozen = drift.freeze(findings)
        if options["json"]:
            found = [finding.as_dict() for finding in findings]
            self.stdout.write(
                json.dumps(
                    {
                        "ok": not findings,
                        "accounts": self.compared,
                        "mismatches": found,
                        "frozen": frozen,
                    }
                )
            )
        else:
            for finding in findings:
                self.stdout.write(
                    f"account {finding.account}: {finding.check}; expected {finding.expected}, "
                    f"found {finding.found}"
                )
            self.stdout.write(
                f"{self.compared} accounts compared, {len(findings)} mismatches, {len(frozen)} "
                f"accounts frozen"
            )
        if findings:
            sys.exit(1)

    def progress(self, compared):
        self.compared = compared
        if sys.stderr.isatty():
            self.stderr.write(f"\r{compared} accounts", ending="")
