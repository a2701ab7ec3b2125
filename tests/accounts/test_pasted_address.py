"""Whole addresses as people paste them: taken apart, and nothing guessed."""

from pathlib import Path

import pytest

from accounts.models import Address
from accounts.pasted_address import LONGEST, TooLong, Unreadable, take_apart

PARSE = "/api/v1/me/addresses/parse"
PAGE = "/account/addresses/read/"
MOBILE = "13812345678"

TABLE = Path(__file__).parent.parent / "data" / "addresses.txt"
CASES = [
    [cell.strip() for cell in line.replace("\\n", "\n").split("|")]
    for line in TABLE.read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize(("text", "recipient", "phone", "region", "detail"), CASES)
def test_take_apart_when_pasted_then_what_is_certain(text, recipient, phone, region, detail):
    parts = take_apart(text)

    assert (parts.recipient, parts.phone, parts.region, parts.detail) == (
        recipient, phone, region, detail,
    )  # fmt: skip
    empty = {
        name for name in ("recipient", "phone", "region", "detail") if not getattr(parts, name)
    }
    assert empty <= set(parts.notes)


@pytest.mark.parametrize(
    "text",
    ["Zhang San, 13812345678, Nanshan District, Shenzhen", "zhang san", "13812345678", "?"],
)
def test_take_apart_when_not_in_chinese_then_refused(text):
    with pytest.raises(Unreadable):
        take_apart(text)


def test_take_apart_when_doubtful_then_says_so():
    several = take_apart("张三 13812345678 13912345678 朝阳区建国路88号")
    names = take_apart("张三 李四 13812345678 王五 广东省深圳市南山区科技园路1号")

    assert several.phone == MOBILE
    assert "139 1234 5678" in several.notes["phone"]
    assert several.candidates == ("110105", "220104")
    assert names.recipient == ""
    with pytest.raises(TooLong):
        take_apart("路" * (LONGEST + 1))


@pytest.mark.parametrize(
    ("region", "missing"), [("香港旺角", "区县"), ("澳門氹仔", "区县"), ("台灣九份", "城市")]
)
def test_take_apart_when_only_the_territory_is_read_then_its_note_names_what_is_missing(
    region, missing
):
    note = take_apart(f"陈大文 {MOBILE} {region}中街1号").notes["region"]

    assert missing in str(note)


@pytest.mark.django_db
def test_parse_when_asked_by_app_and_page_then_shown_and_nothing_kept(signed_in, signed_in_api):
    text = "张三 13812345678 上海市南京东路100号"

    app = signed_in_api.post(PARSE, {"text": text}, format="json")
    page = signed_in.post(PAGE, {"text": text, "next": "/orders/new/?sku=1"})
    refused = signed_in_api.post(PARSE, {"text": "Zhang San"}, format="json")
    kept = signed_in.post(PAGE, {"text": "Zhang San"})

    assert app.json()["region"] == "上海市"
    assert [note["field"] for note in app.json()["notes"]] == ["region"]
    body = page.content.decode()
    assert page.status_code == 200
    assert 'value="张三"' in body and 'value="南京东路100号"' in body
    assert 'action="/account/addresses/new/"' in body
    assert body.count('value="/orders/new/?sku=1"') == 2
    assert (refused.status_code, refused.json()["errors"][0]["attr"]) == (400, "text")
    assert kept.status_code == 400 and "Zhang San</textarea>" in kept.content.decode()
    assert not Address.objects.exists()


@pytest.mark.django_db
def test_boxes_when_chosen_then_what_is_inside_is_offered_and_written_in_words(
    signed_in, signed_in_api
):
    part = signed_in.get("/account/regions/?place=440000&place=440300&place=110105")
    looked = signed_in.post(
        "/account/addresses/new/", {"recipient": "张三", "place": ["110000", ""], "look": "on"}
    )
    typed = {"region": "浙江省杭州市", "place": "", "look": "on"}
    unchosen = signed_in.post("/account/addresses/new/", typed)
    inside = signed_in_api.get("/api/v1/regions?inside=110000").json()
    gone = signed_in_api.get("/api/v1/regions?inside=999999")

    assert 'value="广东省深圳市"' in part.content.decode()
    assert '<option value="440305">南山区</option>' in part.content.decode()
    assert looked.status_code == 200 and 'value="张三"' in looked.content.decode()
    assert 'value="北京市"' in looked.content.decode()
    assert 'value="浙江省杭州市"' in unchosen.content.decode()
    chaoyang = {"code": "110105", "name": "朝阳区", "words": "北京市朝阳区", "is_last": True}
    assert chaoyang in inside["results"]
    assert (gone.status_code, gone.json()["errors"][0]["attr"]) == (400, "inside")


def test_region_code_when_words_name_one_region_then_its_code():
    codes = {words: Address(region=words).region_code for words in ("广东省深圳市南山区", "朝阳区")}

    assert codes == {"广东省深圳市南山区": "440305", "朝阳区": ""}
