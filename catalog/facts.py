"""What the shop tells of its goods: plain values, made of rows and kept by catalog/kept.py. Points
are whole numbers, cash is yuan with two places.
"""

from django.urls import reverse

from catalog import kept
from catalog.models import Category, Product, attributes_of, picture_url, priced
from mall.core import richtext
from mall.core.money import yuan

SHOWN = (
    "id", "name", "summary", "kind", "pay_mode", "category_id", "image", "illustration",
    "lowest_points", "lowest_cash", "choices", "price_varies", "market_price", "sold",
    "tier_to_see", "tier_to_redeem", "limit_per_person", "limit_per_period",
)  # fmt: skip
SOLD_LEAST = 10  # fewer pieces tell nobody anything


def tree() -> list[dict]:
    """Return all categories, parents before children: id, slug, name, icon, parent, depth, and the
    ids beneath.
    """
    return kept.fact("tree", _grow)


def listed(rows) -> list[dict]:
    """Return what a list shows of products, from the SHOWN values of their rows.

    The categories come from the kept tree (or a new one, where they are younger). Joined, MariaDB
    would begin with the few categories and sort all their goods.
    """
    rows = list(rows)
    shelves = {shelf["id"]: shelf for shelf in tree()}
    if any(row["category_id"] not in shelves for row in rows):
        shelves = {shelf["id"]: shelf for shelf in _grow()}
    return [_fact(row, shelves[row["category_id"]]) for row in rows]


def detailed(product_id: int) -> dict | None:
    """Return all that is told of one product and its offered SKUs, their prices as of now; None
    where nothing of it is offered.
    """
    product = (
        Product.objects.filter(pk=product_id, status=Product.Status.ON)
        .select_related("category")
        .prefetch_related("images")
        .first()
    )
    skus = list(priced(product.skus.filter(is_active=True))) if product else []
    if not skus:
        return None
    shelf = {name: getattr(product.category, name) for name in ("id", "slug", "name")}
    prices = sorted((sku.points_now, sku.cash_now) for sku in skus)
    row = {name: getattr(product, name) for name in SHOWN}
    row |= {"price_varies": prices[0] != prices[-1]}  # as of now; lists follow in seconds
    row["lowest_points"], row["lowest_cash"] = prices[0]
    return {
        **_fact(row, shelf),
        "pay_mode_label": str(product.get_pay_mode_display()),
        "description": richtext.safe(product.description),
        "attributes": attributes_of(product.attributes),
        "freight_template": product.freight_template_id,
        "limit_per_order": product.limit_per_order,
        "limit_per_person": product.limit_per_person,
        "limit_per_period": product.limit_per_period,
        "limit_period": product.limit_period,
        "limit_period_label": str(product.get_limit_period_display()),
        "sale_starts_at": product.sale_starts_at,
        "sale_ends_at": product.sale_ends_at,
        "pictures": [
            {"image_url": image.image_url, "alt": image.alt or ""} for image in product.images.all()
        ],
        "skus": [_sku(sku) for sku in skus],
    }


def gallery(product: dict) -> list[dict]:
    """Return all pictures of a product's facts, the main one first: image_url and alt."""
    own = {"image_url": product["image_url"], "alt": product["name"]}
    return [own, *product["pictures"]] if product["image_url"] else product["pictures"]


def _fact(row, shelf) -> dict:
    market, cash = row["market_price"], row["lowest_cash"]
    return {
        "id": row["id"],
        "url": reverse("catalog:detail", args=[row["id"]]),
        "name": row["name"],
        "summary": row["summary"] or "",
        "kind": row["kind"],
        "pay_mode": row["pay_mode"],
        "category": {name: shelf[name] for name in ("id", "slug", "name")},
        "image_url": picture_url(str(row["image"] or ""), row["illustration"]),
        "points_price": row["lowest_points"],
        "cash_price": cash,
        "has_choices": row["choices"] > 1,
        "price_varies": row["price_varies"],
        "market_price": market if market > cash else None,
        "sold": row["sold"] if row["sold"] >= SOLD_LEAST else None,
        "tier_to_see": row["tier_to_see"],
        "tier_to_redeem": row["tier_to_redeem"],
        "is_limited": bool(row["limit_per_person"] or row["limit_per_period"]),
    }


def _sku(sku) -> dict:
    is_scheduled = (sku.points_now, sku.cash_now) != (sku.points_price, sku.cash_price)
    return {
        "id": sku.pk,
        "name": sku.name or "",
        "points_price": sku.points_now,
        "cash_price": yuan(sku.cash_now),  # SQLite tells what is computed by fifteen digits
        "weight_grams": sku.weight_grams,
        "usual_points_price": sku.points_price if is_scheduled and sku.until else None,
        "usual_cash_price": sku.cash_price if is_scheduled and sku.until else None,
        "price_until": sku.until if is_scheduled else None,
    }


def _grow() -> list[dict]:
    below: dict[int | None, list[Category]] = {}
    for shelf in Category.objects.all():
        below.setdefault(shelf.parent_id, []).append(shelf)

    def branch(parent, depth):
        for shelf in below.get(parent, []):
            inner = list(branch(shelf.pk, depth + 1))
            node = {
                "id": shelf.pk,
                "slug": shelf.slug,
                "name": shelf.name,
                "icon": shelf.icon,
                "parent": parent,
                "depth": depth,
            }
            yield {**node, "beneath": [shelf.pk, *(child["id"] for child in inner)]}
            yield from inner

    return list(branch(None, 0))
