"""What a program sends, taken exactly: unknown fields and near misses are refused.

What comes as it is declared, as nearly everything does, is checked without REST framework's fields,
which cost more than all else that is asked of a request; what does not is theirs to judge and to
word.
"""

from collections.abc import Callable
from functools import cache

from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.fields import SkipField, empty

BOUNDS = (MinValueValidator, MaxValueValidator)


class StrictSerializer(serializers.Serializer):
    """A serializer that refuses unknown fields instead of ignoring them."""

    def to_internal_value(self, sent):
        if isinstance(sent, dict):
            unknown = set(sent) - {
                name for name, field in self.fields.items() if not field.read_only
            }
            if unknown:
                refusal = [serializers.ErrorDetail(_("Unknown field."), "unknown_field")]
                raise serializers.ValidationError(dict.fromkeys(sorted(unknown), refusal))
        return super().to_internal_value(sent)


class StrictIntegerField(serializers.IntegerField):
    """A whole number written as a JSON number: no booleans, no floats, no numbers in strings."""

    def to_internal_value(self, sent):
        if isinstance(sent, bool) or not isinstance(sent, int):
            self.fail("invalid")
        return super().to_internal_value(sent)


def read(serializer_class, sent, **context):
    """Return the checked serializer of what was sent. Raises: ValidationError.

    REST framework copies all fields for every request, which costs more than checking. Fields of a
    strict serializer keep nothing of what they check, so where nothing else is said they are built
    once a process.
    """
    is_strict = not context and issubclass(serializer_class, StrictSerializer)
    found = read_plain(serializer_class, sent) if is_strict else None
    if found is not None:
        return found
    serializer = serializer_class(data=sent, **context)
    if is_strict:
        serializer.fields = _sample(serializer_class).fields
    serializer.is_valid(raise_exception=True)
    return serializer


def read_plain(serializer_class, sent):
    """Return the checked serializer of what was sent exactly as it is declared; None of anything
    else.
    """
    try:
        values = _checker(_sample(serializer_class))(sent)
    except Odd:
        return None
    serializer = serializer_class(data=sent)
    serializer._validated_data, serializer._errors = values, {}
    return serializer


@cache
def _sample(serializer_class):
    return serializer_class()


# --- as it is declared -----------------------------------------------------------
class Odd(Exception):
    """A value is not beyond doubt what its field takes."""


@cache
def _checker(field) -> Callable:
    """Return what makes of a sent value what ``field.run_validation`` makes of it, or raises
    Odd.
    """
    if isinstance(field, serializers.ListSerializer):
        return _many(field) if type(field) is serializers.ListSerializer else _asked(field)
    if isinstance(field, serializers.BaseSerializer):
        return _mapping(field) if _is_declared_only(field) else _asked(field)
    if type(field) is serializers.BooleanField and not field.validators:
        return _of_kind(bool, None, None)
    if type(field) is StrictIntegerField and all(type(v) in BOUNDS for v in field.validators):
        return _of_kind(int, field.min_value, field.max_value)
    return _asked(field)


def _is_declared_only(serializer) -> bool:
    """Say whether nothing but the declared fields decides what a serializer takes."""
    own = type(serializer)
    return (
        own.to_internal_value is StrictSerializer.to_internal_value
        and own.run_validation is serializers.Serializer.run_validation
        and own.validate is serializers.Serializer.validate
        and not serializer.validators
        and not any(hasattr(serializer, f"validate_{name}") for name in serializer.fields)
        and all(f.source == name and not f.read_only for name, f in serializer.fields.items())
    )


def _mapping(serializer) -> Callable:
    fields = [(name, field, _checker(field)) for name, field in serializer.fields.items()]
    names = {name for name, _field, _check in fields}

    def check(sent):
        if type(sent) is not dict or not sent.keys() <= names:
            raise Odd
        values = {}
        for name, field, checked in fields:
            if name in sent:
                values[name] = checked(sent[name])
            elif field.required:
                raise Odd
            elif field.default is not empty:
                values[name] = field.get_default()
        return values

    return check


def _many(field) -> Callable:
    checked, least, most = _checker(field.child), field.min_length or 0, field.max_length
    least = least if field.allow_empty else max(least, 1)

    def check(sent):
        if type(sent) is not list or len(sent) < least or (most is not None and len(sent) > most):
            raise Odd
        return [checked(one) for one in sent]

    return check


def _of_kind(kind, least, most) -> Callable:
    def check(sent):
        if type(sent) is not kind:
            raise Odd
        if (least is not None and sent < least) or (most is not None and sent > most):
            raise Odd
        return sent

    return check


def _asked(field) -> Callable:
    def check(sent):
        try:
            return field.run_validation(sent)
        except (serializers.ValidationError, SkipField):
            raise Odd from None

    return check
