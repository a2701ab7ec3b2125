"""Telephone numbers of the territories the shop delivers to, by libphonenumber's plan of numbers.

A number has one form when kept: a mainland one its digits (13812345678, 057188886666), any other
one + and its country code (+85291234567), each with "-" and the extension where it has one.
"""

import re

import phonenumbers
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from mall.core import pasted

LONGEST_TYPED = 40
_EXTENSION = re.compile(
    r"[(,]?(?:转接?|轉接?|分机号?|分機號?|ext(?:ension)?\.?|[xp#*,-])[):.]?(\d{1,6})\)?$",
    re.I | re.ASCII,
)
_KINDS = phonenumbers.PhoneNumberType
_CALLED = (_KINDS.MOBILE, _KINDS.FIXED_LINE, _KINDS.FIXED_LINE_OR_MOBILE)  # with an area code
_ABROAD = re.compile(r"^(?:00|\(00\))(?=[1-9])")


class Territory(models.TextChoices):
    """Where goods go; decides how a number without country code is read."""

    MAINLAND = "CN", _("Mainland China")
    HONG_KONG = "HK", _("Hong Kong, China")
    MACAU = "MO", _("Macau, China")
    TAIWAN = "TW", _("Taiwan, China")


REFUSALS = {
    Territory.MAINLAND: _(
        "Enter a mobile number of 11 digits, such as 13812345678, or a landline with its area "
        "code, such as 0571-88886666. For a number elsewhere choose its region."
    ),
    Territory.HONG_KONG: _("Enter a Hong Kong number of 8 digits, such as 5123 4567."),
    Territory.MACAU: _("Enter a Macau number of 8 digits, such as 6612 3456."),
    Territory.TAIWAN: _(
        "Enter a Taiwan number, such as 0912 345 678, or a landline with its area code, such as "
        "02 2345 6789."
    ),
}
NO_MOBILE = _(
    "Enter a mobile number of 11 digits, such as 13812345678, or one of Hong Kong, Macau or Taiwan "
    "with its country code, such as +852 5123 4567."
)


def canonical(typed: str, territory: str = Territory.MAINLAND) -> str:
    """Return the kept form of a number; one that names its country code (+852 …, 00852 …) may be
    any of the territories', whichever was chosen.

    Raises: ValidationError (invalid_phone), in words that name the mend.
    """
    plain = _ABROAD.sub("+", pasted.number(typed))
    number, extension = _read(plain, territory), ""
    if number is None:
        found = _EXTENSION.search(plain)
        if found:
            number, extension = _read(plain[: found.start()], territory), found[1]
    if number is None:
        raise ValidationError(REFUSALS[Territory(territory)], code="invalid_phone")
    kept = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if number.country_code == 86:
        kept = phonenumbers.national_significant_number(number)
        kept = kept if _is_mobile(number) else f"0{kept}"
    extension = extension or number.extension or ""
    return f"{kept}-{extension}" if extension else kept


def found_in(typed: str) -> str:
    """Return the kept form of a number, "" of what is none."""
    try:
        return canonical(typed)
    except ValidationError:
        return ""


def shown(kept: str) -> str:
    """Return a kept number as people read it: 138 1234 5678, 0571 8888 6666, +852 9123 4567."""
    plain, dash, extension = kept.partition("-")
    try:
        number = phonenumbers.parse(plain, Territory.MAINLAND)
    except phonenumbers.NumberParseException:
        return kept
    if not phonenumbers.is_possible_number(number):
        return kept  # what an earlier release kept
    ours = number.country_code == 86
    form = phonenumbers.PhoneNumberFormat
    said = phonenumbers.format_number(number, form.NATIONAL if ours else form.INTERNATIONAL)
    return f"{said}{dash}{extension}"


def typed(kept: str, territory: str) -> str:
    """Return a kept number as it is typed where a territory is chosen: one of the mainland with its
    country code where goods go elsewhere.
    """
    is_abroad = territory != Territory.MAINLAND and not kept.startswith("+")
    return f"+86{kept.removeprefix('0')}" if is_abroad else kept


def _read(plain, territory):
    """Return the number if it is one of a territory's that a person may be called on."""
    try:
        number = phonenumbers.parse(plain, territory)
    except phonenumbers.NumberParseException:
        return None
    region = phonenumbers.region_code_for_number(number)
    is_named = plain.startswith("+")
    if region not in Territory.values or not (is_named or region == territory):
        return None
    return number if phonenumbers.number_type(number) in _CALLED or _is_mobile(number) else None


def _is_mobile(number) -> bool:
    """Whether it looks like a mainland mobile number: ranges are opened faster than libraries are
    brought up to date.
    """
    digits = phonenumbers.national_significant_number(number)
    return number.country_code == 86 and re.fullmatch(r"1[3-9][0-9]{9}", digits) is not None


def international(kept: str) -> str:
    """Return a kept number with its country code, as machines dial it: +8613812345678."""
    number = phonenumbers.parse(kept.partition("-")[0], Territory.MAINLAND)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def mobile(typed: str) -> str:
    """Return the kept form of a number that takes text messages: a mainland mobile one, or one of
    another territory with its country code.

    Raises: ValidationError (invalid_phone), in words that name the mend.
    """
    try:
        kept = canonical(typed)
    except ValidationError as refusal:
        raise ValidationError(NO_MOBILE, code="invalid_phone") from refusal
    number = phonenumbers.parse(kept, Territory.MAINLAND)
    kinds = (_KINDS.MOBILE, _KINDS.FIXED_LINE_OR_MOBILE)
    if "-" in kept or not (_is_mobile(number) or phonenumbers.number_type(number) in kinds):
        raise ValidationError(NO_MOBILE, code="invalid_phone")
    return kept
