"""Provinces, cities and districts: the data whole, names read at the beginning of an address."""

import hashlib
import json
from pathlib import Path

import pytest
from django.utils import translation

from mall.core.regions import reading, tree

HERE = Path(tree.__file__).parent


def test_data_when_read_then_whole_and_of_the_version_that_its_note_tells():
    said = json.loads((HERE / "regions.json").read_text("utf-8"))
    note = (HERE / "REGIONS.md").read_text("utf-8")

    levels = [region.level for region in tree.everywhere().values()]
    digest = hashlib.sha256((HERE / "regions.json").read_bytes()).hexdigest()
    known = tree.everywhere()

    assert [levels.count(level) for level in (tree.PROVINCE, tree.CITY)] == [34, 369]
    assert levels.count(tree.DISTRICT) > 2900
    assert all(region.parent in known for region in known.values() if region.parent)
    assert {said["version"], said["sha256"], str(said["year"]), digest} <= set(note.split())


def test_code_of_when_the_words_of_a_region_then_that_region_for_all_there_are():
    """What the boxes choose is kept in words, so these have to lead back."""
    for code in tree.everywhere():
        region = tree.find(code)
        if not region.is_group:
            assert reading.code_of(tree.words(code)) == code, tree.words(code)


@pytest.mark.parametrize(
    ("text", "territory", "code"),
    [
        ("上海市 静安区", "CN", "310106"),
        ("上海静安区", "CN", "310106"),
        ("广东省深圳市南山区", "CN", "440305"),
        ("广东 深圳 南山区", "CN", "440305"),
        ("广东/深圳/南山", "CN", "440305"),
        ("北京市市辖区朝阳区", "CN", "110105"),
        ("北京市北京市朝阳区", "CN", "110105"),
        ("浙江省义乌市", "CN", "330782"),
        ("内蒙古自治区呼和浩特市新城区", "CN", "150102"),
        ("内蒙 呼和浩特", "CN", "150100"),
        ("新疆", "CN", "650000"),
        ("西藏自治区", "CN", "540000"),
        ("香港特别行政区", "HK", "810000"),
        ("九龙", "HK", "810200"),
        ("臺北市大安區", "TW", "710105"),
        ("朝阳区", "CN", ""),  # there are two
        ("上海市静安区南京西路", "CN", ""),  # says more
        ("Pudong, Shanghai", "CN", ""),
        ("x", "CN", ""),
        ("", "CN", ""),
    ],
)
def test_code_of_when_words_are_written_as_people_do_then_read_or_left_alone(text, territory, code):
    assert reading.code_of(text, territory) == code


def test_shown_when_read_in_english_then_the_province_is_known_by_its_name():
    with translation.override("en"):
        english = [tree.shown(code) for code in ("540000", "320500", "110105")]
    with translation.override("zh-hans"):
        chinese = tree.shown("320500")

    assert english == ["Tibet", "Jiangsu 苏州市", "Beijing 朝阳区"]
    assert chinese == "江苏省苏州市"
