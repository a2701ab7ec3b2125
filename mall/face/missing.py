"""What a shop has not said of itself yet, before its first customer comes."""

from django.urls import reverse
from django.utils.translation import gettext as _

from mall.core import face
from mall.core.models.face import ShopPage


def missing() -> list[tuple[str, str]]:
    """Return what is missing as (sentence, where in the back office it is said)."""
    shop = face.current()
    here = reverse("admin:mall_shopface_changelist")
    told = [
        (bool(shop.names), _("The shop has no name of its own.")),
        (bool(shop.logo), _("The shop has no logo.")),
        (bool(shop.email or shop.phone), _("Nobody can tell how to reach you.")),
        (bool(shop.icp), _("There is no ICP number (needed on the mainland).")),
    ]
    gaps = [(sentence, here) for is_told, sentence in told if not is_told]
    pages = reverse("admin:mall_shoppage_changelist")
    for kind in (ShopPage.Kind.TERMS, ShopPage.Kind.PRIVACY):
        if not face.page_of(kind).bodies:
            sentence = _("“%(page)s” is still the text that came with the software.")
            gaps.append((sentence % {"page": ShopPage.Kind(kind).label}, pages))
    return gaps
