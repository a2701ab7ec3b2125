"""What people paste is folded before anything is asked, by one rule for every door."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from mall.core import pasted, phones
from mall.core.form_fields import DayField, InstantField


@pytest.mark.parametrize(
    ("fold", "typed", "meant"),
    [
        (pasted.line, "\u202d 张\u00a0小明\u200b\u202c ", "张 小明"),
        (pasted.line, "文三路１００号（东门），Ａ座", "文三路100号（东门），A座"),
        (pasted.line, "👨\u200d👩\u200d👧 crème", "👨\u200d👩\u200d👧 crème"),
        (pasted.line, "a\u202eb", "a\u202eb"),  # text that reads backwards is for doors to refuse
        (pasted.name, "\ufeffＡｌｉｃｅ ", "alice"),
        (pasted.name, "jose\u0301", "jos\u00e9"),
        (pasted.email, "Ｂｏｂ＠Example。com", "bob@example.com"),
        (pasted.email, "bob@exam\u00adple.com\u200b", "bob@example.com"),
        (pasted.number, "ＳＦ １２３４‐5678\u200c", "SF1234-5678"),
        (pasted.number, "运单号：SF123-456。", "SF123-456"),
        (pasted.number, " 「20261129－7KQ2M9」， ", "20261129-7KQ2M9"),
        (pasted.number, "Tracking No: 1Z 999 AA1...", "1Z999AA1"),
        (pasted.number, "+86 138 1234 5678", "+8613812345678"),
        (pasted.number, "09:30", "09:30"),
        (pasted.code, " ｓｐｒｉｎｇ—２０ 26 ", "SPRING2026"),
        (pasted.code, "SPRING2026。", "SPRING2026"),
        (pasted.code, "优惠码：spring 2026，", "SPRING2026"),
        (pasted.code, "【Ｓpring-2026】!", "SPRING2026"),
        (pasted.code, "（SPRING2026）；", "SPRING2026"),
    ],
)
def test_fold_when_pasted_then_as_meant(fold, typed, meant):
    assert fold(typed) == meant
    assert fold(meant) == meant


@pytest.mark.parametrize(
    ("typed", "territory", "kept", "shown"),
    [
        ("13812345678", "CN", "13812345678", "138 1234 5678"),
        ("\u202d+86 138-1234-5678\u202c", "CN", "13812345678", "138 1234 5678"),
        ("0086 13812345678", "CN", "13812345678", "138 1234 5678"),
        ("８６　１３８　１２３４　５６７８", "CN", "13812345678", "138 1234 5678"),
        ("14112345678", "CN", "14112345678", "141 1234 5678"),  # no plan of numbers knows it yet
        ("(0571) 8888-6666", "CN", "057188886666", "0571 8888 6666"),
        ("010-65551234", "CN", "01065551234", "010 6555 1234"),
        ("0571-88886666-802", "CN", "057188886666-802", "0571 8888 6666-802"),
        ("0571-88886666 转 802", "CN", "057188886666-802", "0571 8888 6666-802"),
        ("(0755) 8668-8888（转）8012", "CN", "075586688888-8012", "0755 8668 8888-8012"),
        ("021 6888 8888 分机：123", "CN", "02168888888-123", "021 6888 8888-123"),
        ("5123 4567", "HK", "+85251234567", "+852 5123 4567"),
        ("00852-5123-4567", "CN", "+85251234567", "+852 5123 4567"),
        ("6612 3456", "MO", "+85366123456", "+853 6612 3456"),
        ("0912-345-678", "TW", "+886912345678", "+886 912 345 678"),
        ("(02) 2345 6789", "TW", "+886223456789", "+886 2 2345 6789"),
        ("+86 138 1234 5678", "HK", "13812345678", "138 1234 5678"),
    ],
)
def test_phone_when_written_in_any_way_then_kept_in_one(typed, territory, kept, shown):
    assert phones.canonical(typed, territory) == kept
    assert phones.canonical(kept, territory if kept.startswith("+") else "CN") == kept
    assert phones.shown(kept) == shown


@pytest.mark.parametrize(
    ("typed", "territory", "mend"),
    [
        ("12812345678", "CN", "0571-88886666"),
        ("138123456789", "CN", "11"),
        ("88886666", "CN", "0571-88886666"),  # whose area code?
        ("4008208820", "CN", "11"),
        ("13812345678", "HK", "5123 4567"),
        ("0912345678", "MO", "6612 3456"),
        ("51234567", "TW", "0912 345 678"),
        ("+1 650 253 0000", "CN", "11"),
        ("138 1234 5678 张三", "CN", "11"),
    ],
)
def test_phone_when_wrong_then_the_words_name_the_mend(typed, territory, mend):
    with pytest.raises(ValidationError) as refusal:
        phones.canonical(typed, territory)

    assert refusal.value.code == "invalid_phone"
    assert mend in refusal.value.messages[0]


def test_shown_when_an_earlier_release_kept_something_odd_then_as_it_stands():
    assert [phones.shown(odd) for odd in ("", "x", "110", "-")] == ["", "x", "110", "-"]


@pytest.mark.parametrize(
    "written",
    [
        "1990-05-01", "1990年5月1日", "1990/5/1", "1990.5.1", "１９９０-０５-０１", "19900501",
        "1990 年 5 月 1 日", "May 1, 1990", "1 May 1990", "\u202d1990—05—01\u202c",
        "1990。5。1", "1990 5 1", "1990、5、1", "1990年5月1日 星期二", "1990-05-01 00:00",
        "May 1st, 1990",
    ],
)  # fmt: skip
def test_day_when_written_as_people_do_then_read_in_every_field(written):
    assert pasted.day(written) == DayField().clean(written) == date(1990, 5, 1)
    assert InstantField().clean([written, "０９：３０"]).isoformat()[:16] == "1990-05-01T09:30"


@pytest.mark.parametrize("written", ["5/1/1990", "1990-02-30", "1990年5月", "yesterday", "90-5-1"])
def test_day_when_it_would_have_to_be_guessed_then_refused(written):
    with pytest.raises(ValidationError, match="1990-05-01"):
        DayField().clean(written)
