"""The wheel: names in lines a slice has room for."""

import pytest

from marketing.draws.wheel import LINE_WIDTH, lines_of


@pytest.mark.parametrize(
    ("name", "most", "lines"),
    [
        ("50 points", 3, ["50 points"]),
        ("500 积分", 3, ["500 积分"]),
        ("Pour-over coffee server", 3, ["Pour-over", "coffee server"]),
        ("Noise-cancelling headphones", 3, ["Noise-", "cancelling", "headphones"]),
        ("手冲咖啡分享壶六百毫升", 3, ["手冲咖啡分享壶", "六百毫升"]),
        ("Coffee server, 600 ml, of glass", 2, ["Coffee server,", "600 ml, of…"]),
        ("Pour-over server", 1, ["Pour-over…"]),
        ("一二三四五六七八九十一二三四五六七八九十", 2, ["一二三四五六七", "八九十一二三四…"]),
    ],
)
def test_lines_when_a_name_is_long_then_its_words_stay_whole(name, most, lines):
    assert lines_of(name, most) == lines


def test_lines_when_a_word_is_longer_than_a_line_then_it_goes_on_in_the_next():
    assert lines_of("W" * (LINE_WIDTH + 3), 3) == ["W" * LINE_WIDTH, "WWW"]
