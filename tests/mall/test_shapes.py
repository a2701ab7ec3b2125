"""A shape answers as REST framework's own serializer with the same fields does, quicker."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace

import pytest
from rest_framework import serializers

from catalog.models import Product
from mall.core.shapes import Shape
from orders.serializers import YuanField

MOMENTS = [
    datetime(2026, 11, 29, 16, 0, tzinfo=UTC),
    datetime(2026, 11, 29, 16, 0, 0, 123456, tzinfo=timezone(timedelta(hours=-3))),
    datetime(2026, 11, 29, 16, 0),
    "2026-11-29",
    None,
]
AMOUNTS = [
    Decimal(said) for said in ("0", "-0.00", "12.5", "0.125", "0.135", "99999999.99", "1E+2")
]
AMOUNTS += [3, "4.5", None]


class _Inner(serializers.Serializer):
    word = serializers.CharField()


class _Fields(serializers.Serializer):
    number = serializers.IntegerField()
    word = serializers.CharField()
    kind = serializers.ChoiceField(Product.Kind.choices)
    is_it = serializers.BooleanField()
    price = serializers.DecimalField(12, 2)
    yuan = YuanField()
    at = serializers.DateTimeField()
    on = serializers.DateField()
    deep = serializers.CharField(source="inner.word")
    told = serializers.SerializerMethodField()

    def get_told(self, row):
        return "told"


class _AsShape(Shape, _Fields):
    inner = type("_InnerShape", (Shape, _Inner), {})()
    several = type("_SeveralShape", (Shape, _Inner), {})(many=True)


class _AsBefore(_Fields):
    inner = _Inner()
    several = _Inner(many=True)


def row(**changes):
    inner = SimpleNamespace(word="in it")
    made = {
        "number": 7,
        "word": "杯",
        "kind": Product.Kind.VIRTUAL,
        "is_it": True,
        "price": Decimal("1.00"),
        "yuan": Decimal("2.00"),
        "at": MOMENTS[0],
        "on": MOMENTS[0].date(),
        "inner": inner,
        "several": [inner, inner],
    }
    return made | changes


ROWS = [
    *[{"at": moment} for moment in MOMENTS],
    *[{"price": amount, "yuan": amount} for amount in AMOUNTS],
    {"number": True},
    {"number": "7", "word": 7},
    {"word": lambda: "asked"},
    {"word": None, "number": None, "kind": None, "is_it": None, "on": None},
    {"kind": "unheard of", "several": []},
]


@pytest.mark.parametrize("changes", ROWS)
def test_shape_when_a_row_is_answered_then_as_the_fields_say_and_in_their_order(changes):
    asked = SimpleNamespace(**row(**changes))

    answer = _AsShape(asked).data

    assert list(answer.items()) == list(_AsBefore(asked).data.items())


def test_shape_when_a_row_is_a_mapping_then_the_same():
    class Flat(Shape):
        number = serializers.IntegerField()
        said = serializers.CharField(source="word")

    assert Flat([row(), row(number=8)], many=True).data == [
        {"number": 7, "said": "杯"},
        {"number": 8, "said": "杯"},
    ]


def test_shape_when_one_field_is_all_then_answered():
    class Only(Shape):
        word = serializers.CharField()

    assert Only(SimpleNamespace(word="杯")).data == {"word": "杯"}
