"""One declared shape of an answer: a serializer says what it holds, and the answer is made from the
same declaration without building its fields anew each time.

REST framework builds and copies all fields of a serializer for every answer, which costs more than
all the rest of a redemption's answer. The fields of a shape are built once a process; the OpenAPI
document reads the same ones. What most answers hold - whole numbers, words, yuan, instants - is
written without asking the field, as the field would have written it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from operator import attrgetter, itemgetter

from django.utils.timezone import get_default_timezone
from rest_framework import serializers
from rest_framework.relations import RelatedField


class Shape(serializers.Serializer):
    """A serializer that only answers: rows with attributes, or mappings. Fields that read the
    request are SerializerMethodFields.
    """

    def to_representation(self, row):
        """Return the row as plain values, by the plan of this shape."""
        plan = _plan(type(self), isinstance(row, Mapping))
        answer = plan.empty.copy()
        answer.update(zip(plan.names, plan.read(row), strict=True))
        for name, show in plan.shown:
            value = answer[name]
            if value is not None:
                answer[name] = show(self, value)
        for name, method in plan.methods:
            answer[name] = getattr(self, method)(row)
        return answer

    def within(self, inner):
        """Return a shape that stands in this one, made once for all rows."""
        made = self.__dict__.setdefault("_within", {})
        if inner not in made:
            made[inner] = bare(inner, self.context)
        return made[inner]


class ModelShape(Shape, serializers.ModelSerializer):
    """The same for the fields of a model."""


def bare(shape, context: dict):
    """Return a shape that only answers, in a context: without what REST framework's fields take
    note of when they are made, which costs as much as a third of an order's answer.
    """
    made = object.__new__(shape)
    made.parent, made._context = None, context
    return made


@dataclass(frozen=True, slots=True)
class _Plan:
    """``names`` are read of the row at once, those in ``shown`` written otherwise than they stand
    there, ``methods`` asked with the row; ``empty`` holds all, in the declared order.
    """

    empty: dict
    names: list
    read: object
    shown: list
    methods: list


@cache
def _plan(shape, is_mapping):
    fields = [field for field in shape().fields.values() if not field.write_only]
    asked = [field for field in fields if isinstance(field, serializers.SerializerMethodField)]
    read = [field for field in fields if field not in asked]
    return _Plan(
        dict.fromkeys(field.field_name for field in fields),
        [field.field_name for field in read],
        _reader([field.source for field in read], itemgetter if is_mapping else attrgetter),
        [(field.field_name, _shower(field)) for field in read],
        [(field.field_name, field.method_name) for field in asked],
    )


class RowShape:
    """The answer of a shape, made of bare rows (``mall.core.bare_rows``) instead of
    instances.

    ``made`` are the fields no column holds: {name: function of the row and what the caller hands
    over}. All others stand in a column, as their field has it.
    """

    def __init__(self, shape, columns, **made):
        places = {name: place for place, name in enumerate(columns)}
        places["pk"] = places.get("id")
        fields = [field for field in shape().fields.values() if not field.write_only]
        told = [(field, field.field_name) for field in fields]
        self._names = [name for _field, name in told]
        self._pick = itemgetter(*(0 if n in made else places[f.source] for f, n in told))
        shown = [(name, _bare(field)) for field, name in told if name not in made]
        self._shown = [(name, show) for name, show in shown if show]
        self._made = list(made.items())

    def __call__(self, row, given) -> dict:
        """Return a row as plain values."""
        answer = dict(zip(self._names, self._pick(row), strict=True))
        for name, show in self._shown:
            value = answer[name]
            if value is not None:
                answer[name] = show(value)
        for name, make in self._made:
            answer[name] = make(row, given)
        return answer


def _bare(field):
    """Return how a column's value is written, None where it may stand as it is."""
    if isinstance(field, serializers.DecimalField):
        return str  # a column has its places
    if isinstance(field, serializers.DateTimeField):
        return _bare_instant
    return date.isoformat if isinstance(field, serializers.DateField) else None


def _bare_instant(value):
    """Write an instant in the shop's time; without a zone it is the database's, UTC."""
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return value.astimezone(get_default_timezone()).isoformat()


def _reader(sources, getter):
    """Return a function from a row to its values, in the order of the sources."""
    if len(sources) > 1:
        return getter(*sources)
    return lambda row: [getter(source)(row) for source in sources]


def _shower(field):
    """Return a function from the shape and a value that is there to what is answered."""
    if isinstance(field, RelatedField):
        raise TypeError(f"{field.field_name}: name the id by its own column in a shape")
    if isinstance(field, serializers.ListSerializer):
        return _many(type(field.child))
    if isinstance(field, Shape):
        return _one(type(field))
    if isinstance(field, serializers.BaseSerializer):
        raise TypeError(f"{field.field_name}: what stands in a shape is a shape")
    show = field.to_representation
    if isinstance(field, serializers.DecimalField) and getattr(field, "coerce_to_string", True):
        return _amount(show, field.decimal_places)
    if type(field) is serializers.DateTimeField and not hasattr(field, "format"):
        return _instant(show)
    if isinstance(field, serializers.CharField | serializers.ChoiceField):
        return _plain(show, str)
    return _plain(show, int if isinstance(field, serializers.IntegerField) else None)


def _plain(show, kind):
    """Write a value of this kind as it stands; another, or what a method returns, as the field
    does.
    """

    def plain(_shape, value):
        if type(value) is kind:
            return value
        value = value() if callable(value) else value
        return None if value is None else show(value)

    return plain


def _amount(show, places):
    """Write a decimal number with its places, as the field does by the shop's settings."""

    def amount(_shape, value):
        return f"{value:.{places}f}" if type(value) is Decimal else show(value)

    return amount


def _instant(show):
    """Write an instant in the shop's time."""

    def instant(_shape, value):
        if not isinstance(value, datetime) or value.tzinfo is None:
            return show(value)
        said = value.astimezone(get_default_timezone()).isoformat()
        return said.removesuffix("+00:00") + "Z" if said.endswith("+00:00") else said

    return instant


def _one(inner):
    return lambda shape, value: shape.within(inner).to_representation(value)


def _many(inner):
    def many(shape, rows):
        show = shape.within(inner).to_representation
        return [show(one) for one in (rows.all() if hasattr(rows, "all") else rows)]

    return many
