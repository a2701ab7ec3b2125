"""What a file changed, kept product by product, and taken back: each value that still is what the
file wrote becomes what it was; what somebody changed since stays and is named.

A product the file made is taken off sale and its pieces out again: the log of its stock names it
for ever.
"""

from django.db.models import F
from django.utils.translation import gettext as _

from catalog.goods_file import columns, findings, headings, plan, writing
from catalog.goods_file.categories import Categories
from catalog.goods_file.reading import Goods
from catalog.goods_file.standing import Standing, picture_names
from catalog.models import BY_NUMBER, GoodsChange, Product
from mall.core import file_jobs
from mall.core.transactions import transactional


def of(row, made) -> GoodsChange:
    """Return what a written plan changed, as it is kept."""
    skus = {
        str(one.sku.pk): {"is_new": one.is_new, "changed": one.changed, "change": one.change}
        for one in made.skus
    }
    told = {
        "is_new": made.is_new, "changed": made.changed, "pictures": made.pictures, "skus": skus,
    }  # fmt: skip
    return GoodsChange(job=row, product=made.product.pk, line=made.line, told=told)


class Undo:
    """The products of a file that is taken back, the last one first."""

    def __init__(self, row):
        self._row = row
        self._ids = list(row.changes.order_by("-pk").values_list("pk", flat=True))
        self.size = len(self._ids)

    @transactional
    def carry_out(self, start: int, told: list) -> list:
        """Take one batch back and return what is told of it; ``told`` is what was told before."""
        row, ids = self._row, self._ids[start : start + writing.BATCH]
        kept = list(row.changes.filter(pk__in=ids).order_by("-pk"))
        goods = [Goods(one.line, f"{BY_NUMBER}{one.product}") for one in kept]
        standing = Standing(goods, holds=True)
        standing.hold([pk for one in kept for pk in map(int, one.told["skus"])])
        categories = Categories()
        plans = [_plan(change, standing, categories) for change in kept]
        good = [made for made in plans if made.state == plan.CHANGED]
        if good:
            deed = writing.Deed(row.made_by, f"goods:{row.pk}:{start}:undo", row.name)
            writing.write(good, None, deed)
        found = [_finding(made) for made in plans if made.state != plan.KNOWN or made.since]
        refused = sum(one[2] == plan.REFUSED for one in found)
        file_jobs.go_on(
            row,
            done_to=start + len(kept),
            changed=F("changed") + len(found) - refused,
            refused=F("refused") + refused,
            findings=findings.packed(told + found),
        )
        return found


def _plan(change, standing, categories) -> plan.Plan:
    """Return what taking one product back comes to."""
    product, told = standing.product(f"{BY_NUMBER}{change.product}"), change.told
    made = plan.Plan(product, change.line, f"{BY_NUMBER}{change.product}")
    if product is None:
        made.why.append([change.line, _("the product is gone")])
        return made
    made.key = product.code or made.key
    own = standing.skus.get(product.pk, [])
    wanted = {"status": [Product.Status.DRAFT, _written_status(told)]}
    made.changed = _restore(product, wanted if told["is_new"] else told["changed"], made)
    _settle_shelf(made, categories)
    for sku in own:
        if str(sku.pk) in told["skus"]:
            made.skus.append(_sku_plan(sku, told, standing, made))
    _restore_pictures(made, told, standing.pictures.get(product.pk, []))
    plan.refuse_fixed(made, standing)
    if made.state == plan.CHANGED:
        made.why += [[change.line, why] for why in plan.faults_of(product, own)]
    return made


def _written_status(told):
    return told["changed"].get("status", [None, Product.Status.DRAFT])[1]


def _sku_plan(sku, told, standing, made) -> plan.SkuPlan:
    kept = told["skus"][str(sku.pk)]
    wanted = {"is_active": [False, True]} if kept["is_new"] else kept["changed"]
    one = plan.SkuPlan(sku, made.line, left=standing.left.get(sku.pk, 0), change=-kept["change"])
    if not told["is_new"]:  # or it is off sale altogether
        one.changed = _restore(sku, wanted, made)
    if one.left + one.change < 0:
        made.since.append(headings.called(headings.STOCK))
        one.change = 0
    return one


def _restore(row, changed, made) -> dict:
    """Set what was there before where it still is what the file wrote; return what differs."""
    restored = {}
    for name, (old, new) in changed.items():
        now = columns.plain(getattr(row, name))
        if now == new and old != new:
            restored[name] = [new, old]
            setattr(row, name, columns.value_of(type(row), name, old))
        elif now != old:
            made.since.append(columns.called(type(row), name))
    return restored


def _settle_shelf(made, categories):
    """Say which category a product goes back to; where that is gone, it stays where it is."""
    if columns.CATEGORY_NAME not in made.changed:
        return
    now, before = made.changed[columns.CATEGORY_NAME]
    made.shelves = (categories.path(now), categories.path(before))
    if not made.shelves[1]:
        del made.changed[columns.CATEGORY_NAME]
        made.product.category_id = now
        made.since.append(headings.called(headings.CATEGORY))


def _restore_pictures(made, told, gallery):
    if not told["pictures"]:
        return
    old, new = told["pictures"]
    now = picture_names(made.product, gallery)
    if now == new:
        made.pictures = [new, old]
    elif now != old:
        made.since.append(headings.called(headings.PICTURES))


def _finding(made) -> list:
    line, key, state, words = findings.of(made)
    if made.since and not made.why:
        names = ", ".join(dict.fromkeys(made.since))
        since = _("changed since, so it stays: %(names)s") % {"names": names}
        return [line, key, plan.REFUSED, "; ".join(filter(None, (since, words)))]
    return [line, key, state, words]
