"""Search by the narrow row of words: whatever writes a product draws it, nothing that was found
before is lost, and what many goods say is found in every order.
"""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Q

from catalog import finding, shelf_prices, storefront
from catalog.finding import Filters
from catalog.models import Product, ProductWords, Sku, folded
from mall.core import clock
from tests.factories.catalog import ProductFactory, SkuFactory

pytestmark = pytest.mark.django_db
PLACES = ("name_zh_hans", "name_en", "summary_zh_hans", "summary_en", "tags")


def found(search, **asked):
    return [fact["id"] for fact in storefront.listing(Filters(search=search, **asked))]


def like(search, ordering="-id"):
    """What the shelf itself says: LIKE over every place, as search read it before."""
    products = Product.objects.for_sale().filter(choices__gt=0)
    for word in search.split():
        products = products.filter(
            Q(*[(f"{place}__icontains", word) for place in PLACES], _connector=Q.OR)
        )
    return list(products.order_by(ordering).values_list("pk", flat=True))


# --- what is found -------------------------------------------------------------------
@pytest.mark.parametrize(
    "search",
    ["马克", "瓷马", "杯", "CAFÉ", "cafe", "Ｃａｆé", "かふぇ", "カフェ", "ｶﾌｪ", "100%", "straße"],
)
def test_search_when_a_word_is_typed_otherwise_then_found(shelve, search):
    mug = shelve(
        name_zh_hans="陶瓷马克杯", name_en="Café mug カフェ", summary_en="100% porcelain, Straße"
    )
    shelve(name_zh_hans="雨伞", name_en="Umbrella")

    assert found(search) == [mug.pk]


@pytest.mark.parametrize("word", ["杯 伞", "mugumbrella", "杯c", "100 %%", "克陶"])
def test_search_when_no_place_holds_the_word_then_not_found(shelve, word):
    shelve(name_zh_hans="陶瓷马克杯", name_en="cup", summary_en="100% porcelain")

    assert found(word) == []


def test_search_when_like_would_find_it_then_found(shelve):
    names = [
        "Øresund Łódź",
        "ＡＢＣ１２３",
        "Ångström ÉTÉ",
        "ひらがな カタカナ",
        "Ёлка ТОРГ",
        "Ὀδυσσεύς",
    ]
    goods = [shelve(name_zh_hans=name, name_en=f"{name} x") for name in names]
    words = {name[at : at + 2].strip() for name in names for at in range(len(name))} | {"a", "1"}

    for word in filter(None, words | {word.lower() for word in words}):
        assert set(like(word)) <= set(found(word)), word

    assert len(goods) == len(like("x"))


@pytest.mark.mariadb
def test_fold_when_letters_are_one_to_the_server_then_they_are_one_to_the_shop():
    """Every letter of the alphabets our members use; what only a scholar writes may differ."""
    ranges = [(0x20, 0x250), (0x386, 0x3D0), (0x400, 0x460), (0x3041, 0x30FB), (0xFF01, 0xFFBF)]
    letters = [chr(at) for first, end in ranges for at in range(first, end)]
    letters = [letter for letter in letters if letter not in "Ŀŀ"]  # two letters to us
    weight = "WEIGHT_STRING(CONVERT(%s USING utf8mb4) COLLATE utf8mb4_unicode_520_ci)"
    one_to_the_server = {}
    with connection.cursor() as cursor:
        for at in range(0, len(letters), 200):
            some = letters[at : at + 200]
            cursor.execute(f"SELECT {', '.join([weight] * len(some))}", some)
            for letter, weighs in zip(some, cursor.fetchone(), strict=True):
                if weighs.strip(b"\0"):  # else the server passes over it
                    one_to_the_server.setdefault(weighs, set()).add(letter)

    differ = [
        letters
        for letters in one_to_the_server.values()
        if len({folded(letter) for letter in letters} - {""}) > 1
    ]

    assert differ == []


@pytest.mark.parametrize("ordering", list(finding.ORDERINGS))
@pytest.mark.parametrize("few", [2, 1000])
def test_search_when_few_or_many_say_it_then_the_same_in_every_order(
    shelve, monkeypatch, few, ordering
):
    monkeypatch.setattr(finding, "FEW", few)
    goods = [
        shelve(points=10 * n + 10, name_zh_hans=f"商品{n % 3}", popularity=n) for n in range(6)
    ]
    shelve(name_zh_hans="别的", name_en="other")
    shelve(name_zh_hans="商品 off", status=Product.Status.OFF)
    ProductFactory(name_zh_hans="商品 without a choice")
    expected = {"newest": goods[::-1], "popular": goods[::-1], "points_price": goods}
    expected["-points_price"] = goods[::-1]

    listed = storefront.listing(Filters(search="商品", ordering=ordering))

    assert [fact["id"] for fact in listed] == [product.pk for product in expected[ordering]]
    assert listed.paginator.count == 6
    assert len(found("商品", max_points=30, ordering=ordering)) == 3
    assert found("商品1 thing", ordering=ordering, pay_mode="cash") == []


# --- drawn whoever writes --------------------------------------------------------------
def test_words_when_a_product_is_written_by_any_door_then_drawn(shelve):
    product = shelve(name_zh_hans="旧名")
    later = clock.now().replace(year=2099)

    product.name_zh_hans = "存名"
    product.save()
    assert (found("旧名"), found("存名")) == ([], [product.pk])
    Product.objects.filter(pk=product.pk).update(name_zh_hans="改名")
    assert (found("存名"), found("改名")) == ([], [product.pk])
    Product.objects.filter(pk=product.pk).update(name="又改")
    assert found("又改") == [product.pk]
    Sku.objects.filter(product=product).update(is_active=False)
    assert found("又改") == []
    SkuFactory(product=product)
    assert found("又改") == [product.pk]
    Product.objects.filter(pk=product.pk).update(sale_starts_at=later)
    assert found("又改") == []
    Product.objects.bulk_create([ProductFactory.build(category=product.category)])
    made = Product.objects.latest("pk")  # MySQL does not tell it
    pk = made.pk
    assert ProductWords.objects.filter(pk=pk).exists()
    made.delete()
    assert not ProductWords.objects.filter(pk=pk).exists()


def test_mend_when_an_earlier_release_wrote_a_product_then_found(shelve):
    product, unknown = shelve(name_zh_hans="旧名"), shelve(name_zh_hans="新品")
    with connection.cursor() as cursor:
        changed = "UPDATE catalog_product SET name_zh_hans = %s, updated_at = %s WHERE id = %s"
        cursor.execute(changed, ["新名", "2030-01-01 00:00:00", product.pk])
        cursor.execute("DELETE FROM catalog_productwords WHERE product_id = %s", [unknown.pk])
    assert found("新名") == found("新品") == []

    mended = shelf_prices.mend()

    assert mended == 2
    assert (found("新名"), found("新品")) == ([product.pk], [unknown.pk])
    assert shelf_prices.mend() == 0


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_migration_when_goods_are_there_then_their_words_are_drawn_and_it_goes_back(shelve):
    product = shelve(name_zh_hans="陶瓷马克杯")
    row = ProductWords.objects.values().get(pk=product.pk)

    call_command("migrate", "catalog", "0007", verbosity=0)
    try:
        assert "catalog_productwords" not in connection.introspection.table_names()
    finally:
        call_command("migrate", verbosity=0)

    assert ProductWords.objects.values().get(pk=product.pk) == row


def test_search_when_it_is_for_words_alone_then_finding_and_counting_read_no_product(
    shelve, django_assert_num_queries, monkeypatch
):
    for n in range(3):
        shelve(name_zh_hans=f"商品{n}")
    storefront.tree()

    with django_assert_num_queries(4):  # which, their words, page, stock
        found("商品")
    monkeypatch.setattr(finding, "FEW", 2)
    with django_assert_num_queries(3) as asked:  # which and so how many, page, stock
        found("商品")

    assert all(
        "catalog_product" + quote not in one["sql"]
        for one in asked.captured_queries[:1]
        for quote in '`"'
    )
