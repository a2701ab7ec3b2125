"""Which SKU of a product a row means: the one with its code, else the one with its name, else the
only one.
"""

from django.utils.translation import gettext as _

from catalog.models import BY_NUMBER, Sku
from mall.core import pasted
from mall.core.tables.errors import BadCell

NAME = "name_zh_hans"


def sku_of(choice, goods, own, taken) -> tuple[Sku | None, str]:
    """Return the SKU a row means (None: a new one) and the code it has from now on.

    Raises: BadCell with the reason where the row does not say which.
    """
    if choice.code.startswith(BY_NUMBER):
        found = [sku for sku in own if choice.code == f"{BY_NUMBER}{sku.pk}"]
        if not found:
            raise BadCell(_("this product has no SKU with this number"))
        return _once(found[0], taken), ""
    if choice.code:
        found = [sku for sku in own if sku.code == choice.code]
        named = [] if found else [sku for sku in _named(choice, goods, own) if not sku.code]
        found = named if len(named) == 1 else found
        return (_once(found[0], taken) if found else None), choice.code
    found = _named(choice, goods, own)
    if len(found) > 1 or (not found and own and not choice.said.get(NAME)):
        raise BadCell(_("this product has several SKUs: write the code or the choice"))
    return (_once(found[0], taken) if found else None), ""


def fresh(product, code: str, position: int) -> Sku:
    """Return a SKU that is not there yet."""
    return Sku(product=product, code=code or None, name_zh_hans="", name_en="", position=position)


def _named(choice, goods, own) -> list[Sku]:
    """Return the SKUs by a row's name; of a row without one the only SKU there is."""
    name = choice.said.get(NAME)
    if name:
        return [sku for sku in own if name in map(_line, (sku.name_zh_hans, sku.name_en))]
    alone = len(own) == 1 and len(goods.choices) == 1
    return own if alone else [sku for sku in own if not sku.name_zh_hans]


def _once(sku, taken) -> Sku:
    if sku.pk in taken:
        raise BadCell(_("this SKU stands in the file twice"))
    return sku


def _line(name) -> str:
    return pasted.line(name or "")
