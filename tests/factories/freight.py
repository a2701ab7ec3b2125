"""Freight templates, written as operators write them."""

from decimal import Decimal

from catalog import freight_templates
from tests.factories.orders import physical_sku

PLAIN = {"charged_by": "piece", "first_units": 1, "more_units": 1}


def template(name="Parcels", *, regions=(), **terms):
    """A template; regions are dicts of places and terms."""
    fields = {**PLAIN, "name": name, **_money(terms)}
    rows = [{"delivers": True, **_money(region)} for region in regions]
    return freight_templates.write(fields, rows, by=None)


def sku_by(row, *, grams=0, **sku):
    """A SKU sent by post that goes by a template (None: names none)."""
    made = physical_sku(**sku)
    made.product.freight_template = row
    made.product.save(update_fields=["freight_template"])
    made.weight_grams = grams
    made.save(update_fields=["weight_grams"])
    return made


def _money(terms):
    return {
        name: Decimal(value) if isinstance(value, str) and name.endswith(("fee", "cash")) else value
        for name, value in terms.items()
    }
