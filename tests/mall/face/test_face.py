"""The shop's face: what pages show of it, its files, and the back office."""

import io
import json
import re

import pytest
from django.urls import reverse
from django.utils import translation
from PIL import Image

from mall.core import clock
from mall.core.models import AuditRow, HomeBlock, ShopFace, ShopPage
from tests.factories.catalog import SkuFactory

pytestmark = pytest.mark.django_db
EMPTY = {
    f"{name}_{code}": "" for name in ("name", "slogan", "description") for code in ("zh_hans", "en")
}
FACE = {
    **EMPTY,
    "name_zh_hans": "柿子铺",
    "name_en": "Persimmon Shop",
    "accent_light": "",
    "accent_dark": "",
    "contact_email": "hello@example.com",
    "contact_phone": "",
    "contact_address": "",
    "icp_number": "沪ICP备12345678号",
}


@pytest.fixture
def clerk(client, operator):
    client.force_login(operator)
    return client


def of_face():
    return reverse("admin:mall_shopface_change", args=[ShopFace.objects.get().pk])


def of_page(kind):
    return reverse("admin:mall_shoppage_change", args=[ShopPage.objects.get(kind=kind).pk])


def logo(colour="red", side=64):
    written = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(written, "PNG")
    written.name = "logo.png"
    written.seek(0)
    return written


def test_pages_when_the_shop_said_nothing_then_ours_stand_there_in_both_languages(client):
    shown = {kind: client.get(f"/{kind}/") for kind in ShopPage.Kind.values}
    client.cookies["mall_language"] = "en"
    english = client.get("/terms/").content.decode()

    assert {kind: page.status_code for kind, page in shown.items()} == dict.fromkeys(shown, 200)
    assert "Points are earned by the rules shown in the shop" in english
    assert "<h1" in english and english.count("<h1") == 1


def test_face_when_nothing_changed_then_costs_no_question(client, django_assert_num_queries):
    client.get("/help/")

    with django_assert_num_queries(0):
        client.get("/help/")


def test_face_when_changed_then_shows_at_once(
    clerk, client, settings, django_capture_on_commit_callbacks, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    visitor = type(client)()
    before = [visitor.get(path).content.decode() for path in ("/", "/help/")]

    with django_capture_on_commit_callbacks(execute=True):
        saved = clerk.post(of_face(), {**FACE, "accent_light": "#1677FF", "logo": logo()})
    after = [visitor.get(path).content.decode() for path in ("/", "/help/")]

    assert saved.status_code == 302
    assert not any("柿子铺" in page for page in before)
    for page in after:
        assert "<title>" in page and "柿子铺" in page and "沪ICP备12345678号" in page
        assert 'href="https://beian.miit.gov.cn/"' in page
        assert "/face.css?light=1677ff&amp;dark=f27c4b" in page
    kept = ShopFace.objects.get().logo
    assert Image.open(kept.open()).format == "WEBP" and kept.url in after[0]
    assert AuditRow.objects.filter(action="mall.policy_change").count() == 1
    icon = Image.open(io.BytesIO(visitor.get("/icons/icon-192.png").content))
    red, green, blue = icon.getpixel((96, 96))
    assert icon.size == (192, 192) and red > 250 and green < 5 and blue < 5


@pytest.mark.parametrize(
    ("field", "colour", "nearest"),
    [
        ("accent_light", "#ffff00", "#939300"),
        ("accent_light", "#FFFFFF", "#8f8f8f"),
        ("accent_dark", "#000000", "#6a6a6a"),
    ],
)
def test_colour_when_it_cannot_be_read_then_refused_with_the_nearest(clerk, field, colour, nearest):
    clerk.cookies["mall_language"] = "en"

    answer = clerk.post(of_face(), {**FACE, field: colour})

    [said] = answer.context["adminform"].form.errors[field]
    assert said.endswith(f"The nearest colour that can: {nearest}.") and colour.lower() in said
    assert ShopFace.objects.get().name_en in (None, "")
    assert clerk.post(of_face(), {**FACE, field: nearest}).status_code == 302


@pytest.mark.parametrize("query", ["", "?light=zzz&dark=f27c4b", "?light=ffff00&dark=f27c4b"])
def test_style_when_the_colours_are_none_of_ours_then_404(client, query):
    assert client.get(f"/face.css{query}").status_code == 404


def test_style_when_asked_then_css_that_is_kept_for_good(client):
    answer = client.get("/face.css?light=1677ff&dark=f27c4b")

    assert answer.headers["Content-Type"].startswith("text/css")
    assert "immutable" in answer.headers["Cache-Control"]
    assert "--accent:#1677ff" in answer.content.decode()


def test_page_when_saved_then_cleaned_counted_and_kept(clerk, client):
    words = {"title_zh_hans": "条款", "title_en": "", "body_en": "", "asks_again": "on"}
    sent = {**words, "body_zh_hans": "<h1>一</h1><p>甲</p><script>x</script>"}

    first = clerk.post(of_page("terms"), sent)
    again = clerk.post(of_page("terms"), sent)
    second = clerk.post(of_page("terms"), {**sent, "body_zh_hans": "<p>乙</p>", "asks_again": ""})

    assert [answer.status_code for answer in (first, again, second)] == [302, 302, 302]
    page = ShopPage.objects.get(kind="terms")
    assert (page.version, page.binding_version) == (2, 1)
    kept = page.history.filter(version=1).latest()
    assert kept.body_zh_hans == "<h3>一</h3><p>甲</p>"
    assert "<p>乙</p>" in client.get("/terms/").content.decode()
    told = client.get("/api/v1/pages/terms").json()
    assert (told["title"], told["body"], told["version"]) == ("条款", "<p>乙</p>", 2)


def test_preview_when_asked_for_then_shown_and_nothing_saved(clerk):
    face = clerk.post(of_face(), {**FACE, "logo": logo(), "_preview": ""})
    page = clerk.post(
        of_page("help"),
        {
            "title_zh_hans": "怎么办",
            "title_en": "",
            "body_zh_hans": "",
            "body_en": "",
            "_preview": "",
        },
    )
    block = {"kind": "banner", "title_zh_hans": "双十一", "position": 0, "is_on": "on"}
    banner = clerk.post(reverse("admin:mall_homeblock_add"), {**block, "_preview": ""})

    shown = face.content.decode()
    assert "柿子铺" in shown and "data:image/webp;base64," in shown and "preview-bar" in shown
    assert "怎么办" in page.content.decode()
    assert "双十一" in banner.content.decode()
    assert ShopFace.objects.get().icp_number == ""
    assert ShopPage.objects.get(kind="help").version == 0
    assert not HomeBlock.objects.exists()


def test_blocks_when_arranged_then_the_home_page_has_them_in_order_and_time(client, settings):
    SkuFactory(stock=1)
    now = clock.now()
    kinds = HomeBlock.Kind
    HomeBlock.objects.create(kind=kinds.PICKS, title_zh_hans="本周精选", position=1)
    HomeBlock.objects.create(kind=kinds.BANNER, title_zh_hans="早鸟", position=0, link="/flash/")
    HomeBlock.objects.create(kind=kinds.BANNER, title_zh_hans="关着", position=0, is_on=False)
    HomeBlock.objects.create(kind=kinds.BANNER, title_zh_hans="昨天", position=0, ends_at=now)

    page = client.get("/").content.decode()

    main = page[page.index("<main") : page.index("</main>")]
    assert main.index("早鸟") < main.index("本周精选")
    assert "关着" not in main and "昨天" not in main and "home-shelves" not in main


def test_shop_when_an_app_asks_then_its_face_and_blocks_in_its_language(api, clerk):
    bare = api.get("/api/v1/shop", headers={"Accept-Language": "en"}).json()
    clerk.post(of_face(), {**FACE, "accent_dark": "#ffd2a0", "logo": logo()})
    now, kinds = clock.now(), HomeBlock.Kind
    HomeBlock.objects.create(kind=kinds.PICKS, position=2)
    HomeBlock.objects.create(kind=kinds.BANNER, position=1, title_en="Early", link="/flash/")
    HomeBlock.objects.create(kind=kinds.BANNER, position=0, title_en="Over", ends_at=now)

    own = api.get("/api/v1/shop", headers={"Accept-Language": "en"}).json()
    chinese = api.get("/api/v1/shop", headers={"Accept-Language": "zh-hans"}).json()

    assert (bare["name"], bare["logo"]) == ("Points Mall", None)
    assert [block["kind"] for block in bare["home"]] == ["picks", "categories"]
    assert (own["name"], chinese["name"]) == ("Persimmon Shop", "柿子铺")
    assert own["logo"].startswith("http://testserver/media/face/")
    assert own["colours"] == {**bare["colours"], "dark": "#ffd2a0"}
    assert own["contact"]["email"] == "hello@example.com"
    assert own["icp_number"] == FACE["icp_number"]
    assert [(block["kind"], block["title"], block["link"]) for block in own["home"]] == [
        ("banner", "Early", "/flash/"),
        ("picks", "", ""),
    ]


@pytest.mark.parametrize(
    "link", ["//evil.example", "javascript:alert(1)", "/\\evil.example", "x y"]
)
def test_block_when_its_link_leads_astray_then_refused_beside_the_field(clerk, link):
    sent = {"kind": "banner", "title_zh_hans": "a", "position": 0, "is_on": "on", "link": link}

    answer = clerk.post(reverse("admin:mall_homeblock_add"), sent)

    assert set(answer.context["adminform"].form.errors) == {"link"}


def test_missing_when_the_shop_is_new_then_the_back_office_says_what(clerk):
    clerk.cookies["mall_language"] = "en"
    before = clerk.get(of_face()).content.decode()
    clerk.post(of_face(), FACE)
    after = clerk.get(of_face()).content.decode()

    assert "The shop has no name of its own." in before and "no ICP number" in before
    assert "The shop has no name of its own." not in after and "no ICP number" not in after
    assert "The shop has no logo." in after


# --- what others read -----------------------------------------------------------
def linked_data(page):
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    return {data["@type"]: data for data in map(json.loads, found)}


def test_cards_when_a_product_is_shared_then_its_own(client, settings):
    settings.SHOP_URL = "https://shop.example"
    sku = SkuFactory(
        points_price=50,
        cash_price="9.90",
        product__pay_mode="points_cash",
        product__name_zh_hans="</script><b>杯",
        stock=3,
    )

    page = client.get(f"/products/{sku.product_id}/?from=x").content.decode()

    address = f"https://shop.example/products/{sku.product_id}/"
    assert f'<link rel="canonical" href="{address}">' in page
    assert '<meta property="og:type" content="product">' in page
    data = linked_data(page)
    assert data["Product"]["name"] == "</script><b>杯"
    [offer] = data["Product"]["offers"]
    assert offer["availability"] == "https://schema.org/InStock"
    assert [part["price"] for part in offer["priceSpecification"]["priceComponent"]] == [
        "50",
        "9.90",
    ]
    trail = data["BreadcrumbList"]["itemListElement"]
    assert [step["position"] for step in trail] == [1, 2, 3] and trail[2]["item"] == address
    assert linked_data(client.get("/").content.decode())["Organization"]["url"] == (
        "https://shop.example/"
    )


def closed_to_robots(client, address):
    """Whether robots.txt keeps an address out. Source: RFC 9309, 2.2.3 (``*`` is any text)."""
    rules = re.findall(r"^Disallow: (\S+)$", client.get("/robots.txt").content.decode(), re.M)
    return any(re.match(re.escape(rule).replace(r"\*", ".*"), address) for rule in rules)


@pytest.mark.parametrize(
    ("address", "is_closed"),
    [
        ("/", False),
        ("/products/", False),
        ("/products/?category=tea", False),
        ("/products/?category=tea&page=2", False),
        ("/products/?category=tea&search=cup", True),
        ("/products/?min_points=5", True),
        ("/products/?ordering=sold", True),
        ("/products/suggestions/?search=cup", True),
        ("/cart/", False),
        ("/accounts/login/", False),
        ("/accounts/login/?next=/products/", True),
        ("/accounts/password/reset/key/1-abc/", True),
        ("/admin/login/", True),
        ("/api/v1/products", True),
    ],
)
def test_robots_when_an_address_is_asked_for_then_closed_where_nothing_is_found(
    client, db, address, is_closed
):
    assert closed_to_robots(client, address) is is_closed


@pytest.mark.parametrize(
    "address", ["/orders/", "/orders/new/?sku=1", "/points/", "/checkin/", "/inbox/", "/account/"]
)
def test_robots_when_a_page_asks_to_sign_in_then_the_way_there_ends(client, db, address):
    answer = client.get(address)

    assert answer.status_code == 302
    assert closed_to_robots(client, answer["Location"])
    assert not closed_to_robots(client, address)  # or nobody would learn that it leads elsewhere


def test_files_when_search_engines_and_phones_ask_then_there(client, settings):
    settings.SHOP_URL = "https://shop.example"
    on, off = SkuFactory(stock=1), SkuFactory(product__status="off")

    robots = client.get("/robots.txt").content.decode()
    sitemap = client.get("/sitemap.xml")
    favicon = client.get("/favicon.ico")
    with translation.override("en"):
        manifest = client.get("/site.webmanifest").json()

    assert "Sitemap: https://shop.example/sitemap.xml" in robots
    assert "<loc>https://shop.example/terms/</loc>" in sitemap.content.decode()
    assert f"/products/{on.product_id}/</loc>" in sitemap.content.decode()
    assert f"/products/{off.product_id}/</loc>" not in sitemap.content.decode()
    assert Image.open(io.BytesIO(favicon.content)).format == "ICO"
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    assert all(manifest[name] for name in ("id", "name", "short_name", "start_url", "scope"))
    assert client.get("/icons/none.png").status_code == 404
