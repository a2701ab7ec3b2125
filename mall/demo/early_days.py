"""What the demo shop's reports need of the past: friends who were there from the first days on, and
the orders of the shop that it was before. Few acts, far apart, for everybody waits for them
at the first start.
"""

import csv
import io
import random
from datetime import date, datetime, timedelta

from mall.core import clock
from mall.demo.lives import days_ago, moment
from mall.demo.shop import OPENED_DAYS_AGO
from mall.demo.story import Shopper, Story
from marketing.analytics import history, lots
from marketing.models import HistoryOrder
from points import expiry, ledger, machine
from points.postings import as_text

# Username, nickname, days since they joined; they come every other month.
FRIENDS = (
    ("yunshen", "云深不知处", 296),
    ("chating", "茶亭老王", 294),
    ("songguo", "松果", 291),
    ("haitang", "海棠未眠", 287),
    ("jiangnan", "江南雨", 283),
    ("banxia", "半夏", 278),
    ("muqin", "木琴", 274),
    ("zhiyu", "知鱼", 271),
)
WISHES = 4
TREAT, GOOD_FOR_MONTHS = (40, 260), 2
CUSTOMERS, LAST_DAYS_AGO = 70, 8
SOLD = (
    ("E-TEA", "明前龙井", "茶", "68.00"),
    ("E-CUP", "手作茶杯", "器", "45.00"),
    ("E-HONEY", "洋槐蜜", "食", "39.90"),
    ("E-SOAP", "手工皂", "护", "25.00"),
    ("E-INCENSE", "线香", "香", "32.00"),
)


def plan(story: Story) -> None:
    """Plan the lives of the friends: joined long ago, a treat every month that ends two months
    later, a wish now and then.
    """
    friends = [Shopper(username, nickname) for username, nickname, _days in FRIENDS]
    for friend, (_username, _nickname, days) in zip(friends, FRIENDS, strict=True):
        story.then(moment(days_ago(days), "10:15"), story.join, friend)
        for wish in range(WISHES):
            day = days_ago(days - (wish + 1) * 62 + friend.luck.randrange(40))
            story.then(moment(day, "20:40"), story.wish, friend)
    month = lots.months_on(lots.month_of(days_ago(OPENED_DAYS_AGO)), 1)
    while month <= clock.today():
        story.then(moment(month, "00:20"), expiry.expire_due)
        story.then(moment(month + timedelta(days=4), "09:00"), _treat, friends)
        month = lots.months_on(month, 1)


def _treat(friends):
    month = lots.month_of(clock.today())
    last = lots.months_on(month, GOOD_FOR_MONTHS + 1) - timedelta(days=1)
    here = [friend for friend in friends if friend.user is not None]
    ledger.post_many(
        [
            ledger.Posting(
                friend.user.pk,
                machine.Accrue(friend.luck.randrange(*TREAT, 10), as_text(last)),
                key=f"treat:{month:%Y-%m}",
                description="老友积分",
            )
            for friend in here
        ]
    )


def import_orders() -> int:
    """Read the orders of the earlier shop in, as an operator would; return how many are new. A shop
    that has such orders is left as it is.
    """
    if HistoryOrder.objects.exists():
        return 0
    return history.import_orders(_file().encode(), on_bad=_refuse).new


def _file() -> str:
    """Return the orders as the file an operator would bring."""
    written = io.StringIO()
    sheet = csv.writer(written)
    sheet.writerow(
        ["order_no", "ordered_at", "customer", "sku", "product", "category", "quantity",
         "unit_price", "status"]
    )  # fmt: skip
    orders = sorted(order for n in range(CUSTOMERS) for order in _orders_of(n))
    for number, (at, customer, goods, pieces) in enumerate(orders, 1):
        sku, product, category, yuan = goods
        when = f"{at:%Y-%m-%d %H:%M:%S}"
        sheet.writerow(
            [f"E{number:05}", when, customer, sku, product, category, pieces, yuan, "completed"]
        )
    return written.getvalue()


def _orders_of(number: int):
    """Yield the orders of one customer: every few weeks, until they come no more."""
    luck = random.Random(f"earlier-shop:{number}")
    ago = luck.randrange(90, OPENED_DAYS_AGO)
    while ago > LAST_DAYS_AGO:
        goods = luck.choices(SOLD, (5, 2, 3, 2, 1))[0]
        day: date = days_ago(ago)
        at = datetime(day.year, day.month, day.day, luck.randrange(9, 23), luck.randrange(60))
        yield at, f"earlier-{number:03}", goods, luck.choice((1, 1, 1, 2))
        if luck.random() < 0.12:
            return
        ago -= 3 + int(luck.expovariate(1 / 40))


def _refuse(line, no, reason):
    raise ValueError(f"line {line}, order {no}: {reason}")
