"""What a product is, as lines of "name: value"."""

import pytest
from django.core.exceptions import ValidationError

from catalog.models import attributes_of, validate_attributes


@pytest.mark.parametrize(
    ("text", "table"),
    [
        (
            "材质：纯棉\r\n产地: 上海\n\n尺码 : A：B ",
            [("材质", "纯棉"), ("产地", "上海"), ("尺码", "A：B")],
        ),
        ("no colon\n: no name\nno value:", []),
        (None, []),
    ],
)
def test_attributes_of_when_written_in_lines_then_a_table_in_their_order(text, table):
    assert attributes_of(text) == table


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("材质：纯棉\n只有一半", "invalid"),
        (f"{'名' * 41}：值", "invalid"),
        (f"名：{'值' * 201}", "invalid"),
        ("材质：棉\n材质:麻", "twice"),
        ("\n".join(f"n{n}: v" for n in range(31)), "too_many"),
    ],
)
def test_validate_when_a_line_is_no_attribute_then_told_which(text, why):
    with pytest.raises(ValidationError) as refused:
        validate_attributes(text)

    assert refused.value.code == why
