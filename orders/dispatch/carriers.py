"""The shop's carriers, kept in the process: found by what people and files call them."""

from mall.core import pasted
from mall.core.kept import kept
from orders.models import Carrier


def offered() -> list[Carrier]:
    """Return the carriers a parcel may be given to, in the shop's order."""
    return [carrier for carrier in _all()[0] if carrier.is_active]


def find(called: str, *, code: str = "") -> Carrier | None:
    """Return the carrier of a code, else the one that goes by a name or code in any language, on
    offer or not; None for one the list does not know.
    """
    _carriers, by_code, by_name = _all()
    return by_code.get(code) or by_name.get(pasted.alike(called))


def called(text: str, *, code: str = "") -> str:
    """Return what a carrier is called in the reader's language; as it was written where the list
    does not know it, or where it was written by its code.
    """
    found = find(text, code=code)
    is_named = found and found.name and pasted.alike(text) != found.code
    return found.name if is_named else text


def tracking_of(parcel) -> str:
    """Return the address where a parcel is followed; empty where there is none."""
    found = find(parcel.carrier, code=parcel.carrier_code)
    return found.tracking_of(parcel.tracking_number) if found else ""


@kept
def _all():
    carriers = list(Carrier.objects.all())
    by_code = {carrier.code: carrier for carrier in carriers}
    by_name = {}
    for carrier in reversed(carriers):  # of two that share a name the first is meant
        names = (carrier.code, carrier.name_zh_hans, carrier.name_en)
        by_name |= {pasted.alike(name): carrier for name in names if name}
    return carriers, by_code, by_name
