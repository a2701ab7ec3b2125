"""Goods and shelves as others show them: where a link is shared, and in a search engine's results.

Source: schema.org Product, Offer, BreadcrumbList; Google's "Product structured data". A currency
that is no state's has its name there (schema.org/priceCurrency): points are "Points".
"""

from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from mall.core import face
from mall.core.links import whole

LONGEST_DESCRIPTION = 160


def of_shop() -> dict:
    """Return the card of the home page: who the shop is."""
    shop = face.current()
    told = {"@type": "Organization", "name": shop.name, "url": whole("/")}
    if shop.logo:
        told["logo"] = whole(shop.logo)
    if shop.email or shop.phone:
        contact = {"email": shop.email, "telephone": shop.phone}
        point = {name: value for name, value in contact.items() if value}
        told["contactPoint"] = {"@type": "ContactPoint", "contactType": "customer service", **point}
    search = {
        "@type": "SearchAction",
        "target": whole("/products/?search={search}"),
        "query-input": "required name=search",
    }
    site = {"@type": "WebSite", "name": shop.name, "url": whole("/"), "potentialAction": search}
    return {"title": shop.name, "address": "/", "data": [told, site]}


def of_shelf(here) -> dict:
    """Return the card of a list: all goods, or one category (facts of ``storefront.category``)."""
    address = f"/products/?category={here['slug']}" if here else "/products/"
    title = here["name"] if here else _("Goods")
    trail = [(_("Goods"), "/products/"), *([(here["name"], address)] if here else [])]
    return {"title": title, "address": address, "data": [_trail(trail)]}


def of_product(product: dict, pictures: list, said) -> dict:
    """Return the card of a product: its facts (``storefront.detail``), its pictures, and the sum of
    its reviews.
    """
    address = product["url"]
    words = product["summary"] or strip_tags(product["description"]) or product["name"]
    images = [whole(one["image_url"]) for one in pictures]
    told = {
        "@type": "Product",
        "name": product["name"],
        "description": words,
        "sku": str(product["id"]),
        "url": whole(address),
        "category": product["category"]["name"],
        "offers": [_offer(sku, address) for sku in product["skus"]],
    }
    if images:
        told["image"] = images
    if said.count:
        told["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": str(said.average),
            "reviewCount": said.count,
        }
    shelf = product["category"]
    trail = [
        (_("Goods"), "/products/"),
        (shelf["name"], f"/products/?category={shelf['slug']}"),
        (product["name"], address),
    ]
    return {
        "type": "product",
        "title": product["name"],
        "description": words[:LONGEST_DESCRIPTION],
        "image": images[0] if images else "",
        "address": address,
        "data": [told, _trail(trail)],
    }


def _offer(sku, address) -> dict:
    stock = "InStock" if sku["stock"] else "OutOfStock"
    parts = [
        {"price": str(amount), "priceCurrency": currency}
        for amount, currency in ((sku["points_price"], "Points"), (sku["cash_price"], "CNY"))
        if amount
    ]
    if len(parts) > 1:
        together = [{"@type": "UnitPriceSpecification", **part} for part in parts]
        sum_of = {"@type": "CompoundPriceSpecification", "priceComponent": together}
        parts = [{"priceSpecification": sum_of}]
    return {
        "@type": "Offer",
        "name": sku["name"],
        **(parts[0] if parts else {}),
        "availability": f"https://schema.org/{stock}",
        "itemCondition": "https://schema.org/NewCondition",
        "url": whole(address),
    }


def _trail(steps) -> dict:
    items = [
        {"@type": "ListItem", "position": place, "name": name, "item": whole(address)}
        for place, (name, address) in enumerate(steps, 1)
    ]
    return {"@type": "BreadcrumbList", "itemListElement": items}
