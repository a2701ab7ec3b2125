"""To whom an order goes, as marks that it is found by: the phone, its last four digits, the
recipient; and where to, as a mark that is compared.
"""

import json
import re

from django.core.exceptions import ValidationError

from mall.core import pasted, phones

MARKS = ("phone_mark", "phone_tail_mark", "recipient_mark", "address_mark")
TAIL = 4
LONGEST_EXTENSION = 6
_DIGITS = re.compile(r"\d+", re.ASCII)
_NO_WORD = re.compile(r"[\W_]+")


def marks_of(order_model, address: dict) -> dict[str, str]:
    """Return the marks of an address by their columns; without one they are empty."""
    if not address:
        return dict.fromkeys(MARKS, "")
    phone = fold_phone(address.get("phone", ""))
    folded = {
        "phone_mark": phone,
        "phone_tail_mark": phone[-TAIL:],
        "recipient_mark": fold_name(address.get("recipient", "")),
        "address_mark": fold_place(address),
    }
    field_of = order_model._meta.get_field
    return {name: field_of(name).mark(value) for name, value in folded.items()}


def marks_of_sealed(order_model, sealed: str) -> dict[str, str]:
    """Return the marks of an address as an order keeps it."""
    return marks_of(order_model, json.loads(sealed) if sealed else {})


def fold_phone(kept: str) -> str:
    """Return the digits of a kept number without its extension; an earlier release kept a hyphen
    behind the area code.
    """
    plain = pasted.number(kept)
    number, _hyphen, extension = plain.rpartition("-")
    has_extension = len(extension) <= LONGEST_EXTENSION and len(number) > LONGEST_EXTENSION
    return "".join(_DIGITS.findall(number if has_extension else plain))


def fold_name(name: str) -> str:
    """Return a person's name as names are compared, without the dots between its parts."""
    return pasted.alike(name).replace("·", "").replace("•", "")


def fold_place(address: dict) -> str:
    """Return region, street and number as places are compared: without blanks and signs between
    them, "" without a street.
    """
    street = pasted.alike(address.get("detail", ""))
    whole = pasted.alike(address.get("region", "")) + street if street else ""
    return _NO_WORD.sub("", whole)


def phone_forms(word: str) -> set[str]:
    """Return what a typed number may be, wherever it belongs."""
    forms = set()
    for territory in phones.Territory.values:
        try:
            forms.add(fold_phone(phones.canonical(word, territory)))
        except ValidationError:
            continue
    return forms


def tail_forms(word: str) -> set[str]:
    """Return the last four digits, where four are typed."""
    digits = pasted.number(word)
    return {digits} if len(digits) == TAIL and _DIGITS.fullmatch(digits) else set()


def name_forms(word: str) -> set[str]:
    """Return a typed name, folded."""
    return {fold_name(word)}
