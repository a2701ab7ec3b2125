"""Search finds what people type, the best first, the same on every database."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command

from catalog import finding, search, shelf_prices, spelling, storefront, word_index
from catalog.finding import Filters
from catalog.models import ProductWords
from catalog.search import Search
from mall.core import clock
from tests.factories.catalog import CategoryFactory, ProductFactory, SkuFactory

pytestmark = pytest.mark.django_db
# name, English name, tags
SHELF = {
    "earbuds": ("无线蓝牙耳机 主动降噪", "Wireless Bluetooth Earbuds", "数码,音频"),
    "headset": ("索尼 WH-1000XM5 头戴式耳机", "Sony WH-1000XM5 Headphones", "降噪"),
    "projector": ("家用投影仪", "Home Projector", "影院"),
    "power_bank": ("充电宝 10000 mAh 快充", "Power Bank 10,000 mAh", "移动电源"),
    "power_20": ("充电宝 20000mAh", "Power Bank 20000mAh", "移动电源"),
    "coffee": ("云南小粒咖啡豆 500 克", "Yunnan Coffee Beans 500 g", "咖啡"),
    "coffee_250": ("云南小粒咖啡豆 250 克", "Yunnan Coffee Beans 250 g", "咖啡"),
    "coffee_cup": ("咖啡杯 陶瓷 350ml", "Café Mug, ceramic", "杯子"),
    "mic": ("USB 麦克风 桌面直播", "USB Microphone", "直播"),
    "cable": ("Type-C 数据线 1.5 米", "USB-C Cable 1.5 m", "配件"),
    "disk": ("U盘 128GB", "USB Flash Drive 128 GB", "存储"),
    "mouse": ("无线鼠标 静音", "Silent Wireless Mouse", "电脑"),
    "tea": ("龙井绿茶 礼盒", "Longjing Green Tea Gift Box", "茶叶"),
    "lighter_tea": ("茉莉花茶 250g", "Jasmine Tea 250g", "茶叶"),
    "hotpot": ("重庆火锅底料 三包", "Chongqing Hotpot Base", "调料"),
    "shampoo": ("控油洗发水 750 毫升", "Oil-Control Shampoo 750ml", "个护"),
    "dryer": ("负离子吹风机 1800 瓦", "Ionic Hair Dryer 1800W", "个护"),
    "batteries": ("5号电池 24 节", "AA Batteries, 24 pcs", "电池"),
    "kana": ("抹茶蛋糕 ケーキ", "Matcha Cake ケーキ", "甜点"),
    "umbrella": ("全自动折叠雨伞", "Automatic Folding Umbrella", "雨具"),
    "case": ("手机保护壳 透明", "Clear Phone Case", "配件"),
    "music": ("音乐会门票", "Concert Ticket", "演出"),
    "gift": ("京东 E卡 100 元", "JD Gift Card 100", "礼品卡"),
    "kettle": ("电热水壶 1.7 升", "Electric Kettle 1.7 L", "厨房"),
    "towel": ("纯棉毛巾 3 条装", "Cotton Towels, pack of 3", "家纺"),
}
EVERYDAY = {
    "蓝牙耳机": "earbuds", "藍牙耳機": "earbuds", "无线 耳机": "earbuds", "耳机蓝牙": "earbuds",
    "蓝芽耳机": "earbuds", "bluetooth earbuds": "earbuds", "BLUETOOTH": "earbuds",
    "bluetoth": "earbuds", "blutooth": "earbuds", "ｂｌｕｅｔｏｏｔｈ": "earbuds",
    "索尼耳机": "headset", "耳机索尼": "headset", "sony headphone": "headset",
    "headphones": "headset", "wh1000xm5": "headset", "头戴式耳機": "headset",
    "500克": "coffee", "500 克 咖啡": "coffee", "咖啡豆500g": "coffee", "coffee 500g": "coffee",
    "10000mAh": "power_bank", "10,000 mAh": "power_bank", "充電寶 10000毫安": "power_bank",
    "chongdianbao 20000": "power_20", "USB麦克风": "mic", "usb麥克風": "mic", "麦克风usb": "mic",
    "maikefeng": "mic", "typec": "cable", "Type C 数据线": "cable", "隨身碟": "disk",
    "滑鼠": "mouse", "lvcha": "tea", "lücha": "tea", "longjing": "tea", "茶叶礼盒": "tea",
    "chongqing": "hotpot", "cqhg": "hotpot", "750ml 洗发水": "shampoo", "洗髮水": "shampoo",
    "chuifengji": "dryer", "吹风机1800w": "dryer", "hair dryers": "dryer", "battery": "batteries",
    "cafe mug": "coffee_cup", "CAFÉ": "coffee_cup", "mugs": "coffee_cup", "けーき": "kana",
    "ｹｰｷ": "kana", "umbrela": "umbrella", "雨伞折叠": "umbrella", "手机壳": "case",
    "yinyue": "music", "e卡": "gift", "JD卡": "gift", "\u200b水壶\u00a0": "kettle",
    "1.7L": "kettle", "１．７升": "kettle", "towel": "towel", "maojin": "towel",
    "耳机、蓝牙": "earbuds", "【蓝牙耳机】": "earbuds", "《音乐会》": "music",
    "500克咖啡豆": "coffee", "咖啡+500g": "coffee", "1.7升水壶": "kettle", "毛巾三条装": "towel",
    "火锅底料3包": "hotpot",
}  # fmt: skip


@pytest.fixture
def shelf(db):
    """The shelf by its short names."""
    category = CategoryFactory()
    goods = {}
    for short, (name, english, tags) in SHELF.items():
        made = ProductFactory(name_zh_hans=name, name_en=english, tags=tags, category=category)
        SkuFactory(product=made)
        goods[short] = made.pk
    return goods


def found(typed, **asked):
    return [fact["id"] for fact in storefront.listing(Filters(search=typed, **asked))]


def test_search_when_people_type_as_they_do_then_the_right_thing_first(shelf):
    missed = {
        typed: [short for short, pk in shelf.items() if pk in found(typed)]
        for typed, meant in EVERYDAY.items()
        if found(typed)[:1] != [shelf[meant]]
    }

    assert missed == {}


def test_search_when_the_name_is_what_was_typed_then_first_whatever_is_newer(shelve):
    tagged = shelve(name_zh_hans="保温杯", name_en="Flask", tags="茶")
    within = shelve(name_zh_hans="花茶", name_en="Flower tea")
    begins = shelve(name_zh_hans="茶壶", name_en="Pot")
    exact = shelve(name_zh_hans="茶", name_en="Tea")
    newer = shelve(name_zh_hans="红茶", name_en="Black tea")

    assert found("茶") == [product.pk for product in (exact, begins, newer, within, tagged)]
    assert found("茶", ordering="newest")[0] == newer.pk
    assert found("tea")[0] == exact.pk


def test_search_when_letters_stand_inside_of_words_only_then_what_sounds_so_comes_first(shelf):
    cream = ProductFactory(name_zh_hans="面霜", name_en="Rejuvenating cream")
    SkuFactory(product=cream)

    assert found("ej") == [shelf["headset"], shelf["earbuds"], cream.pk]
    assert found("juven") == [cream.pk]


@pytest.mark.parametrize(
    "typed",
    ["有线键盘", "qwertz", "600克", "99999mAh", "茶c", "zz", "-", "，", "、", "两条装 耳机"],
)
def test_search_when_nothing_comes_close_then_nothing_is_made_up(shelf, typed):
    assert found(typed) == []


def test_search_when_only_guessed_at_then_the_page_says_so(shelf, client):
    client.cookies["mall_language"] = "en"
    sure = client.get("/products/?search=bluetooth").content.decode()
    guessed = client.get("/products/?search=bluetoth")

    assert storefront.listing(Filters(search="bluetoth")).is_guess
    assert not storefront.listing(Filters(search="lanya")).is_guess
    assert "Nothing says exactly that." in guessed.content.decode()
    assert "Nothing says exactly that." not in sure
    assert list(client.get("/api/v1/products?search=bluetoth").json())[0] == "count"


@pytest.mark.parametrize(
    ("typed", "statements"), [("蓝牙", 4), ("lanya", 4), ("bluetoth", 5), ("nothing like it", 3)]
)
def test_search_when_it_has_to_guess_then_a_statement_or_two_more(
    shelf, django_assert_num_queries, typed, statements
):
    storefront.tree()

    # who says it, their words, sounds so, nearly says it, page, stock
    with django_assert_num_queries(statements):
        found(typed)


@pytest.mark.parametrize(("named", "statements"), [(5, 2), (4, 3)])
def test_search_when_very_many_say_it_then_the_newest_are_shown_and_all_are_counted(
    shelve, django_assert_num_queries, monkeypatch, named, statements
):
    monkeypatch.setattr(finding, "FEW", 2)
    monkeypatch.setattr(search, "MOST_NAMED", named)
    made = [shelve(name_zh_hans=f"台灯 {n}").pk for n in range(5)]
    shelve(name_zh_hans="雨伞")
    filters = Filters(search="台灯")

    # who says it, how many if they are too many to name, page
    with django_assert_num_queries(statements):
        asked = finding.ask(finding.offered(), filters)
        page = asked.page(filters, "id")

    assert (asked.count, [row["id"] for row in page]) == (5, made[::-1])
    popular = Filters(search="台灯", ordering="points_price")
    rows = finding.ask(finding.offered(), popular).page(popular, "id")
    assert sorted(row["id"] for row in rows) == made


def test_mend_when_the_release_before_drew_a_row_then_it_is_drawn_whole(shelve):
    product = shelve(name_zh_hans="無線充電器")
    ProductWords.objects.update(pressed=None, sounds=None, pressed_from=None)  # as it inserts
    assert found("无线充电器") == []

    assert shelf_prices.mend() == 1
    assert found("wuxian") == found("无线充电器") == [product.pk]


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_migration_when_a_shop_has_goods_then_pressed_and_it_goes_back(shelve):
    product = shelve(name_zh_hans="無線充電器 500 克", tags="數碼,禮物")
    row = ProductWords.objects.values().get(pk=product.pk)

    call_command("migrate", "catalog", "0009", verbosity=0)
    try:
        call_command("migrate", "catalog", "0010", verbosity=0)
    finally:
        call_command("migrate", verbosity=0)

    assert ProductWords.objects.values().get(pk=product.pk) == row


@pytest.mark.parametrize("word", ["bluetooth", "headphones", "umbrella", "battery", "kettle"])
def test_guess_when_one_letter_is_wrong_then_the_rows_are_asked_for_and_known(word):
    text = spelling.pressed(f"New {word} model")
    mistakes = {word[:at] + "q" + word[at + step :] for at in range(len(word)) for step in (0, 1)}
    mistakes |= {word[:at] + word[at + 1 :] for at in range(len(word))}
    ends = (0, 1, len(word) - 3, len(word) - 2)  # of two letters that changed places
    mistakes |= {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in ends}

    for typed in mistakes - {word}:
        assert spelling.is_misspelt(typed, text), typed
        groups = spelling.parts_of(typed)
        assert any(all(part in text for part in group) for group in groups), typed
    assert not spelling.is_misspelt(word[:-2] + "qq", text)


def test_search_when_words_are_kept_then_the_same_is_found_in_the_same_order(shelf):
    off = ProductFactory(name_zh_hans="蓝牙耳机", status="off")
    later = ProductFactory(name_zh_hans="蓝牙耳机", sale_starts_at=clock.now() + timedelta(days=1))
    for product in (off, later):
        SkuFactory(product=product)
    kept = word_index.KeptWords(word_index.read_all())
    typed = [*EVERYDAY, "有线键盘", "qwertz", "ej", "juven", "bluetoth 耳机", "5g", "-", "茶c"]

    differ = [
        one
        for one in typed
        if Search(one, shelf=kept).few(20) != Search(one, shelf=word_index.AskedWords()).few(20)
    ]

    assert differ == []
    assert not {off.pk, later.pk} & set(Search("蓝牙耳机", shelf=kept).few(20).ids)
    assert Search("a", shelf=kept).few(3) is None
    with time_machine.travel(clock.now() + timedelta(days=2)):
        assert later.pk in Search("蓝牙耳机", shelf=kept).few(20).ids


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("5kg", ["five", "glued"]), ("5 公斤", ["five", "glued"]), ("15kg", ["fifteen"]),
        ("1.5kg", ["half"]), ("大米 5kg", ["five"]), ("5kg大米", ["five"]), ("0.5kg", []),
    ],
)  # fmt: skip
def test_search_when_it_names_a_number_then_no_other_number_is_found(shelve, typed, meant):
    made = {
        "five": shelve(name_zh_hans="东北大米 5 千克", name_en="Rice 5 kg"),
        "fifteen": shelve(name_zh_hans="东北大米 15kg", name_en="Rice 15 kg"),
        "half": shelve(name_zh_hans="东北大米 1.5公斤", name_en="Rice 1.5kg"),
        "glued": shelve(name_zh_hans="称重 15 5kg", name_en="Scale"),
    }
    short = {product.pk: name for name, product in made.items()}

    for shelf in (word_index.AskedWords(), word_index.KeptWords(word_index.read_all())):
        assert sorted(short[pk] for pk in Search(typed, shelf=shelf).few(20).ids) == sorted(meant)


@pytest.mark.django_db(transaction=True)
def test_words_when_an_edit_is_committed_then_the_kept_ones_end(client, shelve):
    shelve(name_zh_hans="雨伞", name_en="Umbrella")
    storefront.forget()
    assert len(found("雨伞")) == 1
    assert isinstance(word_index.current(), word_index.KeptWords)

    shelve(name_zh_hans="晴雨伞", name_en="Parasol")
    storefront.forget()

    assert len(found("雨伞")) == 2
