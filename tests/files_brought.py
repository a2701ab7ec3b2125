"""Files of every kind that the clock looks over, for tests of what holds for all of them."""

from collections.abc import Callable
from dataclasses import dataclass

from accounts.models import User
from catalog.goods_file import imports as goods
from catalog.models import Category, Product, StockMovement
from mall.core import file_jobs
from marketing.analytics import history_imports
from marketing.models import HistoryOrder
from orders.dispatch import files as numbers
from orders.models import Shipment
from points.models import MovedMember
from points.moving_in import imports as members
from points.moving_in import kind as members_kind
from tests.factories.orders import address_of, physical_sku, place
from tests.factories.points import member_with

MANY = 120  # lines; of goods more than a batch
FEW = 60  # orders; more than a batch


@dataclass
class Brought:
    """A kind of files: a table of it, bringing it, letting it in, and how much was written."""

    kind: file_jobs.Kind
    table: Callable
    bring: Callable
    let_in: Callable
    written: Callable[[], int]

    def row(self, operator, content=None):
        """Bring a file."""
        said = {"note": "x"} if self.kind is members_kind.KIND else {}
        content = content or self.table()
        return self.bring(content, name="a.csv", operator=operator, **said)

    def at(self, row):
        """Return where a file is at by now; None where it is gone."""
        return self.kind.model.objects.filter(pk=row.pk).first()


def goods_table(tag="P", stock=7, count=MANY):
    Category.objects.get_or_create(slug="tea", defaults={"name_zh_hans": "茶"})
    rows = [f"{tag}-{n},商品 {n},茶,points,{tag}-{n}-1,{n + 1},{stock}" for n in range(count)]
    head = "product,name,category,paid with,sku,price in points,stock"
    return "\n".join([head, *rows]).encode()


def members_table(tag="M"):
    rows = [f"{tag}{n},{tag.lower()}{n}@example.com,{n + 1}" for n in range(MANY)]
    return "\n".join(["number,email,points", *rows]).encode()


def history_table(tag="H"):
    rows = [f"{tag}{n},2026-05-01,Lin,T,,,1,1,completed" for n in range(MANY)]
    head = "order_no,ordered_at,customer,sku,product,category,quantity,unit_price,status"
    return "\n".join([head, *rows]).encode()


def numbers_table(tag="SF", count=FEW):
    member = member_with(10 * count)
    address_of(member)
    sku = physical_sku(points=10, stock=count)
    orders = [place(member, sku) for _ in range(count)]
    rows = [f"{order.no},sf,{tag}{n}" for n, order in enumerate(orders)]
    return "\n".join(["no,carrier,tracking_number", *rows]).encode()


def _let_in_members(row, *, operator):
    colleague = User.objects.get(username="colleague")
    return members.let_in(row, operator=colleague, read=members.version(row))


def _as_read(module):
    return lambda row, *, operator: module.let_in(row, operator=operator, read=row.version)


KINDS = {
    "goods": Brought(
        goods.KIND, goods_table, goods.bring, _as_read(goods), Product.objects.count
    ),
    "members": Brought(
        members_kind.KIND, members_table, members_kind.bring, _let_in_members,
        MovedMember.objects.count,
    ),
    "history": Brought(
        history_imports.KIND, history_table, history_imports.bring, _as_read(history_imports),
        HistoryOrder.objects.count,
    ),
    "numbers": Brought(
        numbers.KIND, numbers_table, numbers.bring, numbers.let_in, Shipment.objects.count
    ),
}  # fmt: skip


def colleague():
    """Make whoever lets in files of members that another brought."""
    return User.objects.create_superuser("colleague", "colleague@example.com")


def booked():
    """Return how many pieces were booked by files of goods."""
    moved = StockMovement.objects.filter(reference__startswith="goods:")
    return sum(moved.values_list("delta", flat=True))
