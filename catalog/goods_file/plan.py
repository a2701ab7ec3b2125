"""What a file would make of the shop's goods: each product compared with what stands there, and
refused whole where a part of it cannot be.
"""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from catalog import assortment, price_schedule, sales
from catalog.errors import CountedByKeys, StockBelowZero
from catalog.goods_file import columns, headings, matching
from catalog.goods_file.standing import mark, picture_names
from catalog.models import Product, Sku, price_mismatch
from mall.core.errors import DomainError
from mall.core.tables.errors import BadCell
from mall.core.versions import ChangedMeanwhile

NEW, CHANGED, KNOWN, REFUSED = "new", "changed", "known", "refused"
SHOWN = 60  # characters of a value
NOTHING = "–"


@dataclass
class SkuPlan:
    """What becomes of one SKU: {attribute: [before, after]}, plain; and of its pieces."""

    sku: object
    line: int
    is_new: bool = False
    changed: dict = field(default_factory=dict)
    left: int = 0
    change: int = 0


@dataclass
class Plan:
    """What becomes of one product; its rows hold the new values already and are saved by
    catalog/goods_file/writing.py. ``why`` are (line, reason): then nothing becomes of it.
    """

    product: Product | None
    line: int
    key: str
    is_new: bool = False
    changed: dict = field(default_factory=dict)
    skus: list[SkuPlan] = field(default_factory=list)
    pictures: list | None = None  # [names before, names after]
    category: list[str] | None = None  # a path that has to be made first
    shelves: tuple = ()  # the paths of the categories before and after
    mark: str = ""
    why: list = field(default_factory=list)
    since: list[str] = field(default_factory=list)  # what stays, because it was changed since

    @property
    def state(self) -> str:
        """What it comes to."""
        if self.why:
            return REFUSED
        if self.is_new:
            return NEW
        moved = any(one.is_new or one.changed or one.change for one in self.skus)
        is_other = self.changed or self.pictures or self.category or moved
        return CHANGED if is_other else KNOWN

    def told(self) -> str:
        """Return the changes in words: each with what it was and what it becomes."""
        parts = _told(Product, self.changed, self.shelves)
        if self.category:
            parts.append(f"{headings.called(headings.CATEGORY)}: + {'/'.join(self.category)}")
        if self.pictures:
            parts.append(f"{headings.called(headings.PICTURES)}: {len(self.pictures[1])}")
        for one in self.skus:
            name = str(one.sku.code or one.sku.name or "")
            found = _told(Sku, one.changed) + _told_pieces(one)
            if one.is_new and not self.is_new:
                found.insert(0, _("new SKU"))
            parts += [f"{name} {part}".strip() if len(self.skus) > 1 else part for part in found]
        return "; ".join(parts)


def of(goods, standing, categories, *, makes_categories: bool) -> Plan:
    """Return what would become of some goods; nothing is written."""
    product = standing.product(goods.key)
    plan = Plan(product, goods.line, goods.key, product is None, why=list(goods.faults))
    if product is None:
        plan.product = Product(code=goods.key or None)
        if goods.key.startswith("#"):
            plan.why.append([goods.line, _("there is no product with this number")])
    own = [] if product is None else standing.skus.get(product.pk, [])
    gallery = [] if product is None else standing.pictures.get(product.pk, [])
    if product is not None:
        plan.mark = mark(product, own, gallery, standing.booked.get(product.pk))
    if plan.why:
        return plan
    plan.changed = _take(plan.product, columns.OF_PRODUCT, goods.said)
    _take_category(plan, goods, categories, makes_categories)
    _take_pictures(plan, goods, gallery)
    _take_skus(plan, goods, standing, own)
    _check(plan, goods, standing, own)
    return plan


def refuse_stale(plan, seen: str) -> None:
    """Refuse what somebody changed since the file was looked at."""
    if plan.state in (NEW, CHANGED) and plan.mark != seen:
        plan.why.append([plan.line, str(ChangedMeanwhile.message)])


def faults_of(product, skus) -> list[str]:
    """Return why a product could not stand in the shop as it is, with these SKUs."""
    found = []
    for sku in skus:
        wrong = price_mismatch(product.pay_mode, sku.points_price, sku.cash_price) or {}
        found += [
            f"{sku.code or sku.name or headings.called(headings.SKU)}: {why}"
            for why in wrong.values()
        ]
    if product.status == Product.Status.ON and not any(sku.is_active for sku in skus):
        found.append(str(assortment.NotReadyForSale(name=product.name_zh_hans)))
    if product.status == Product.Status.ON:
        found += [str(words) for words in sales.LACKING.ask(product) if words]
    if product.tier_to_see > product.tier_to_redeem:
        found.append(str(assortment.TiersBackwards.message))
    starts, ends = product.sale_starts_at, product.sale_ends_at
    if starts and ends and ends <= starts:
        found.append(str(assortment.SaleBackwards.message))
    return found


def _take(row, attributes, said) -> dict:
    """Set attributes as they are said; return those that differ."""
    changed = {}
    for one in attributes:
        if one.name not in said:
            continue
        old, new = columns.plain(getattr(row, one.name)), said[one.name]
        if old != new and not _reads_alike(one, old, new):
            changed[one.name] = [old, new]
            setattr(row, one.name, columns.value_of(type(row), one.name, new))
    return changed


def _reads_alike(attribute, old, new) -> bool:
    """Whether what stands there, written out and read in, would be this."""
    if not isinstance(old, str) or not old:
        return False
    try:
        return attribute.read(old) == new
    except BadCell:
        return False


def _take_category(plan, goods, categories, makes):
    if goods.category is None:
        if plan.is_new:
            plan.why.append([goods.line, _("a new product needs a category")])
        return
    found, before = categories.find(goods.category), plan.product.category_id
    if before in found:
        return
    if len(found) == 1:
        plan.changed[columns.CATEGORY_NAME] = [before, found[0]]
        plan.product.category_id = found[0]
        plan.shelves = (categories.path(before), categories.path(found[0]))
    elif not found and makes:
        plan.category = goods.category
    else:
        words = _("there is no such category: %(path)s") if not found else None
        words = words or _("several categories are called %(path)s; write the path from the top")
        plan.why.append([goods.line, words % {"path": "/".join(goods.category)}])


def _take_pictures(plan, goods, gallery):
    before = picture_names(plan.product, gallery)
    if goods.pictures is not None and goods.pictures != before:
        plan.pictures = [before, goods.pictures]


def _take_skus(plan, goods, standing, own):
    taken = set()
    for choice in goods.choices:
        try:
            sku, code = matching.sku_of(choice, goods, own, taken)
        except BadCell as bad:
            plan.why.append([choice.line, str(bad)])
            continue
        if code and standing.owners.get(code, plan.product.pk) != plan.product.pk:
            plan.why.append([choice.line, _("this SKU code is another product's")])
        one = SkuPlan(sku or matching.fresh(plan.product, code, len(own) + len(taken)), choice.line)
        one.is_new = sku is None
        taken.add(sku.pk if sku else f"new {choice.line}")
        if sku and code and code != sku.code:
            one.changed["code"], sku.code = [sku.code or "", code], code
        one.changed |= _take(one.sku, columns.OF_SKU, choice.said)
        _take_pieces(plan, one, choice, standing)
        plan.skus.append(one)
    _refuse_twins(plan, own)


def _take_pieces(plan, one, choice, standing):
    if choice.stock is None:
        return
    one.left = standing.left.get(one.sku.pk, 0)
    one.change = choice.stock - one.left if choice.change is None else choice.change
    if one.change and plan.product.kind == Product.Kind.CARD_KEY:
        plan.why.append([choice.line, str(CountedByKeys.message)])
    elif one.left + one.change < 0:
        short = StockBelowZero(sku=one.sku.pk, wanted=-one.change, left=one.left)
        plan.why.append([choice.line, str(short)])


def _refuse_twins(plan, own):
    """Two SKUs of one product by one name: shoppers could not tell them apart."""
    named = [one for one in plan.skus if one.is_new or matching.NAME in one.changed]
    others = {id(one.sku) for one in named}
    names = {sku.name_zh_hans or "" for sku in own if id(sku) not in others}
    for one in named:
        name = one.sku.name_zh_hans or ""
        if name in names:
            plan.why.append([one.line, _("this product has a SKU of that name already")])
        names.add(name)


def refuse_fixed(plan, standing) -> None:
    """Refuse a kind or a pay mode that what happened, or is scheduled, does not let change."""
    product = plan.product
    if plan.is_new:
        return
    try:
        if "kind" in plan.changed:
            assortment.check_kind(product.pk, product.kind)
        if "pay_mode" in plan.changed:
            price_schedule.check_planned(standing.planned.get(product.pk, ()), product.pay_mode)
    except DomainError as refusal:
        plan.why.append([plan.line, str(refusal)])


def _check(plan, goods, standing, own):
    product = plan.product
    if plan.is_new and not product.name_zh_hans:
        plan.why.append([goods.line, _("a new product needs a name")])
    refuse_fixed(plan, standing)
    if plan.state in (NEW, CHANGED):
        rows = {id(sku): sku for sku in [*own, *(one.sku for one in plan.skus)]}
        plan.why += [[goods.line, why] for why in faults_of(product, rows.values())]


def _told(model, changed, shelves=()) -> list[str]:
    """Return changes in words; ``shelves`` are the paths of the categories before and after."""
    parts = []
    for name, values in changed.items():
        said = [_short(columns.shown(model, name, value)) for value in values]
        if name == columns.CATEGORY_NAME and shelves:
            said = [path or NOTHING for path in shelves]
        parts.append(f"{columns.called(model, name)}: {said[0]} → {said[1]}")
    return parts


def _told_pieces(one) -> list[str]:
    if not one.change:
        return []
    return [f"{headings.called(headings.STOCK)}: {one.left} → {one.left + one.change}"]


def _short(text) -> str:
    if not text:
        return NOTHING
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
