"""Match a provider's daily bill with our payments and refunds."""

from datetime import date
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from mall.core.errors import DomainError
from orders.payments import billing


class Command(BaseCommand):
    """Run twice changes nothing. Exits 1 when the bill cannot be read."""

    help = "Match a provider's daily bill; without a file it is fetched from the provider."

    def add_arguments(self, parser):
        parser.add_argument("provider", help="alipay or wechat")
        parser.add_argument("day", type=date.fromisoformat, help="YYYY-MM-DD")
        parser.add_argument("file", nargs="?", type=Path)

    def handle(self, provider, day, file, **options):
        try:
            if file is None:
                bill = billing.fetch(provider, day)
            else:
                bill = billing.read_in(provider, day, file.read_bytes())
        except (DomainError, OSError) as refusal:
            raise CommandError(str(refusal)) from refusal
        different = bill.differences.filter(settled_at__isnull=True).count()
        self.stdout.write(
            f"payments={bill.payments} refunds={bill.refunds} differences={different}"
        )
