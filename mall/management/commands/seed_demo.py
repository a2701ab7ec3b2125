"""Fill the demo shop: shelves, members and their history. Safe to run at any time and twice."""

import sys
import time
from functools import partial

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from accounts.models import User
from catalog.models import Product
from mall.demo import (
    banners,
    boards,
    campaigns,
    coupons,
    draws,
    early_days,
    figures,
    flash,
    invitations,
    members,
    notices,
    points,
    refunds,
    rules,
    shelves,
    shop,
)
from mall.demo.crowd import invite_crowd
from marketing.recommendations import nightly
from orders.models import Order


class Command(BaseCommand):
    help = (
        "Fill the demo shop once; with --members, let a crowd of more members live through "
        "some days."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--members", type=int, default=0, help="members beside the cast of the demo shop"
        )
        parser.add_argument(
            "--days", type=int, default=30, help="days over which they joined and came by"
        )
        parser.add_argument(
            "--orders", type=int, default=0, help="orders they wish to place among them"
        )

    def handle(self, *, members: int, days: int, orders: int, **options):
        if min(members, orders) < 0 or days < 1:
            raise CommandError("--members and --orders count from 0, --days from 1.")
        started, bar = time.monotonic(), partial(tqdm, disable=not sys.stderr.isatty(), leave=False)
        new_goods = shop.lay_out(partial(bar, desc="pictures"))
        new_members = self._seed_members(members, days, orders, bar)
        if new_members:
            early_days.import_orders()
        banners.lay_out()
        coupons.lay_out()
        flash.lay_out()
        draws.lay_out()
        points.lay_out()
        rules.lay_out()
        refunds.lay_out()
        invitations.lay_out()
        boards.lay_out()
        notices.lay_out()
        if new_members:
            nightly.refresh()
            shelves.lay_out()
        campaigns.lay_out()  # the figures count what it gives
        figures.count(anew=new_members > 0, progress=partial(bar, desc="figures"))
        self.stdout.write(
            f"products={Product.objects.count()} (+{new_goods}) members={User.objects.count()} "
            f"(+{new_members}) "
            f"orders={Order.objects.count()} seconds={time.monotonic() - started:.1f}"
        )
        if not settings.DEMO_SIGN_INS:
            self.stdout.write(
                "The sign-ins demo and admin have public passwords and are not made in this "
                "profile."
            )

    def _seed_members(self, crowd, days, orders, bar) -> int:
        cast = members.open_with_cast(partial(bar, desc="history"))
        return cast + invite_crowd(
            crowd, days=days, orders=orders, progress=partial(bar, desc="members")
        )
