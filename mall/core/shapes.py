"""One declared shape of an answer: a serializer says what it holds, and the answer is made from the
same declaration without building its fields anew each time.

REST framework builds and copies all fields of a serializer for every answer, which costs more than
all the rest of a redemption's answer. The fields of a shape are built once a process; the OpenAPI
document reads the same ones.
"""

from functools import cache
from operator import attrgetter

from rest_framework import serializers
from rest_framework.relations import RelatedField


class Shape(serializers.Serializer):
    """A serializer that only answers. Fields that read the request are SerializerMethodFields."""

    def to_representation(self, row):
        """Return the row as plain values, by the plan of this shape."""
        return {name: show(self, row) for name, show in _plan(type(self))}


class ModelShape(Shape, serializers.ModelSerializer):
    """The same for the fields of a model."""


@cache
def _plan(shape):
    """Return (name, function of the shape and the row) for each field that is answered."""
    return [
        (name, _shower(field)) for name, field in shape().fields.items() if not field.write_only
    ]


def _shower(field):
    if isinstance(field, serializers.SerializerMethodField):
        return lambda shape, row: getattr(shape, field.method_name)(row)
    if isinstance(field, RelatedField):
        raise TypeError(f"{field.field_name}: name the id by its own column in a shape")
    get, show = attrgetter(field.source), field.to_representation
    if isinstance(field, serializers.ListSerializer):
        return _many(get, type(field.child))
    if isinstance(field, Shape):
        return _one(get, type(field))
    if isinstance(field, serializers.BaseSerializer):
        raise TypeError(f"{field.field_name}: what stands in a shape is a shape")

    def plain(_shape, row):
        value = get(row)
        value = value() if callable(value) else value
        return None if value is None else show(value)

    return plain


def _one(get, inner):
    def one(shape, row):
        value = get(row)
        return None if value is None else inner(context=shape.context).to_representation(value)

    return one


def _many(get, inner):
    def many(shape, row):
        rows, made = get(row), inner(context=shape.context)
        rows = rows.all() if hasattr(rows, "all") else rows
        return [made.to_representation(one) for one in rows]

    return many
