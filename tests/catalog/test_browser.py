"""The shelves in a real browser: smooth with JavaScript, complete without."""

import pytest
from playwright.sync_api import expect

from catalog.models import HotWord
from tests.factories.catalog import CategoryFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def mug(shelve):
    shelve(name_zh_hans="雨伞", category=CategoryFactory(slug="outdoor", name_zh_hans="户外"))
    mug = shelve(
        name_zh_hans="陶瓷马克杯",
        category=CategoryFactory(slug="home", name_zh_hans="家居"),
        illustration="pictures/mug.webp",
        attributes_zh_hans="材质：陶瓷\n容量：350 毫升",
        market_price="39.00",
    )
    for position in (1, 2):
        mug.images.create(illustration="pictures/mug.webp", position=position)
    return mug


def expect_names(page, *names):
    """Wait until the shelf shows these; the address changes a moment before the cards do."""
    expect(page.locator(".product-card__name")).to_have_text(list(names))


def test_goods_when_typed_and_tapped_then_shelf_and_pictures_follow_without_a_reload(page, mug):
    page.goto("/products/")
    page.evaluate("window.sameDocument = true")

    page.locator(".chip", has_text="户外").click()
    page.wait_for_url("**category=outdoor**")
    expect_names(page, "雨伞")

    page.locator("#id_search").fill("马克杯")
    page.wait_for_url("**search=**")
    page.locator(".empty").wait_for()
    assert "category=outdoor" in page.url

    page.locator(".chip").filter(has_text="全部").click()
    page.locator(".product-card__name", has_text="陶瓷马克杯").wait_for()
    assert page.evaluate("window.sameDocument")

    page.go_back()
    page.locator(".empty").wait_for()

    page.goto(f"/products/{mug.pk}/")
    zoom = page.locator("dialog.zoom")
    page.locator(".gallery a").first.click()
    expect(zoom.locator("output")).to_have_text("1 / 3")
    page.keyboard.press("ArrowRight")
    zoom.locator("[data-step]").last.click()
    expect(zoom.locator("output")).to_have_text("3 / 3")
    page.keyboard.press("Escape")
    expect(zoom).to_be_hidden()
    page.locator(".gallery__thumbs a").last.click()
    expect(page.locator("#picture-3")).to_be_in_viewport()


def test_list_when_there_is_no_javascript_then_search_and_product_still_work(open_page, mug):
    page = open_page(javascript=False)
    page.goto("/products/")

    page.locator("#id_search").fill("马克杯")
    page.locator("#id_search").press("Enter")
    page.wait_for_url("**search=**")
    expect_names(page, "陶瓷马克杯")

    page.locator(".product-card__link").click()
    page.wait_for_url(f"**/products/{mug.pk}/")
    assert page.locator("form#redeem .btn-primary").is_visible()
    page.locator(".gallery__thumbs a").nth(1).click()
    assert page.url.endswith("#picture-2")
    assert page.locator("#picture-2").get_attribute("href").endswith(".webp")


@pytest.mark.parametrize("width", [390, 1280])
def test_pages_when_opened_on_any_screen_then_nothing_sticks_out(open_page, mug, width):
    page = open_page(width=width)

    for address in ("/products/", "/products/?search=zzz", f"/products/{mug.pk}/"):
        page.goto(address)
        assert page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        ), address


def test_search_when_typed_on_a_phone_then_suggestions_are_chosen_by_keys_and_by_tap(page, mug):
    HotWord.objects.create(word="杯子")
    box = page.locator("#id_search")
    lines = page.locator(".search [role=option]")

    page.goto("/products/")
    box.focus()
    expect(lines).to_have_text(["杯子"])
    box.press_sequentially("make")  # pinyin
    expect(lines).to_have_text(["陶瓷马克杯"])
    assert box.get_attribute("aria-expanded") == "true"
    box.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") == lines.first.get_attribute("id")
    box.press("Escape")
    expect(page.locator(".search [role=listbox]")).to_be_hidden()
    assert box.input_value() == "make"
    box.press("ArrowDown")
    expect(page.locator(".search [role=listbox]")).to_be_visible()
    box.press("ArrowDown")
    expect(lines.first).to_have_attribute("aria-selected", "true")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box.press("Enter")

    page.wait_for_url(f"**/products/{mug.pk}/")
    page.goto("/products/?search=nothing")
    page.locator("#shelf .chip", has_text="杯子").click()
    page.wait_for_url("**search=**E6%9D%AF%E5%AD%90")
