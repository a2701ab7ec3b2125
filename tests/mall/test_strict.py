"""What is sent as declared is read as REST framework itself reads it, and nothing else is."""

import pytest
from rest_framework import serializers

from mall.core.strict import StrictIntegerField, StrictSerializer, read, read_plain


class Inner(StrictSerializer):
    number = StrictIntegerField(min_value=1, max_value=9)


class Outer(StrictSerializer):
    many = Inner(many=True, min_length=1, max_length=2)
    word = serializers.CharField(max_length=3, required=False)
    is_so = serializers.BooleanField(default=False)
    may_miss = StrictIntegerField(required=False, allow_null=True)
    named = Inner(required=False)


class Checked(Outer):
    def validate(self, said):
        raise serializers.ValidationError("never")


MANY = [{"number": 3}]


@pytest.mark.parametrize(
    "sent",
    [
        {"many": MANY},
        {"many": [{"number": 1}, {"number": 9}], "word": " a ", "is_so": True, "may_miss": 4},
        {"many": MANY, "named": {"number": 2}},
    ],
)
def test_read_plain_when_sent_as_declared_then_as_rest_framework_reads_it(sent):
    whole = Outer(data=sent)
    whole.is_valid(raise_exception=True)

    assert read_plain(Outer, sent).validated_data == whole.validated_data
    assert read(Outer, sent).validated_data == whole.validated_data


@pytest.mark.parametrize(
    "sent",
    [
        None,
        [],
        {},
        {"many": []},
        {"many": MANY * 3},
        {"many": [{"number": 10}]},
        {"many": [{"number": True}]},
        {"many": [{"number": "3"}]},
        {"many": [{"number": 3.0}]},
        {"many": [{"number": 3, "more": 1}]},
        {"many": MANY, "word": "long"},
        {"many": MANY, "word": ""},
        {"many": MANY, "named": None},
        {"many": MANY, "unknown": 1},
    ],
)
def test_read_plain_when_anything_is_otherwise_then_rest_framework_refuses_it(sent):
    assert read_plain(Outer, sent) is None
    with pytest.raises(serializers.ValidationError):
        read(Outer, sent)


def test_read_plain_when_more_than_the_fields_decides_then_rest_framework_is_asked():
    assert read_plain(Checked, {"many": MANY}) is None
    with pytest.raises(serializers.ValidationError):
        read(Checked, {"many": MANY})


def test_read_plain_when_near_to_what_is_declared_then_left_to_rest_framework():
    near = {"many": MANY, "is_so": "true", "may_miss": None}

    assert read_plain(Outer, near) is None
    assert read(Outer, near).validated_data["is_so"] is True
