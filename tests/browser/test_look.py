"""Every page as a reader meets it: fits the screen, asks nobody else, says nothing in the console,
can be tapped, and axe finds nothing in either theme.

Marker ``browser``: headless Chromium against the live server.
"""

from datetime import timedelta

import pytest

from catalog import price_schedule
from mall.core import clock
from marketing.models import OutageDay
from orders.basket import wishes
from orders.models import BasketLine
from orders.payments import cash_in
from points.models import TierLevel
from tests.browser.accessibility import barriers
from tests.conftest import PASSWORD
from tests.factories.catalog import SkuFactory
from tests.factories.draws import announced, pull
from tests.factories.flash import item, session
from tests.factories.marketing import CheckInFactory
from tests.factories.orders import address_of, give_points, physical_sku, place, virtual_sku
from tests.factories.referrals import invited

pytestmark = pytest.mark.browser

NAMED_PRIZE = {"name_zh_hans": "手冲咖啡分享壶六百毫升", "name_en": "Pour-over coffee server"}
PHONE, SMALL_PHONE, DESKTOP = 390, 320, 1280

# A thumb wants 44 CSS pixels (43.5: fractions are rounded).
SMALL_TARGETS = """() => [...document.querySelectorAll(
        'a[href], button, input:not([type=hidden]), select, summary, textarea')]
    .filter(one => {
        const box = one.getBoundingClientRect();
        const seen = box.width > 1 && box.height > 1
            && getComputedStyle(one).visibility !== 'hidden';
        const inSentence = one.closest('p, dd, .field__help')
            && one.tagName === 'A' && !one.matches('.btn, .chip');
        const labelled = one.matches('input') && one.closest('label');
        // A card's link covers the whole card by its ::after.
        const stretched = one.matches('.product-card__link, .order-card__title a, .whole__link');
        return seen && !inSentence && !labelled && !stretched && !one.matches('.skip-link');
    })
    .filter(one => {
        const box = one.getBoundingClientRect();
        return box.height < 43.5 || box.width < 24;
    })
    .map(one => [one, one.getBoundingClientRect().height, one.textContent.trim().slice(0, 30)])
    .map(([one, height, text]) => `${one.tagName}.${one.className} ${height}: ${text}`)
"""


# WCAG 2.2, 1.4.4: twice the text, and nothing is cut off.
TOO_WIDE_AT_DOUBLE = """() => {
    document.documentElement.style.fontSize = '200%';
    return Math.max(0, document.scrollingElement.scrollWidth - innerWidth);
}"""


# The words under the icons of the bar at the bottom grow as all others do, and none is cut off.
SMALL_WORDS = """() => [...document.querySelectorAll('.nav-link-tab')]
    .filter(one => {
        const words = one.querySelector('span');
        const box = one.getBoundingClientRect(), inner = words.getBoundingClientRect();
        return parseFloat(getComputedStyle(words).fontSize) < 23.9
            || inner.left < box.left - 1 || inner.right > box.right + 1
            || box.left < -1 || box.right > innerWidth + 1;
    })
    .map(one => one.textContent.trim())
"""

# Words squeezed into a column of letters, numbers broken in two, and what is cut off or hangs out
# of its card. What may be pushed aside is left out.
CRAMPED = """() => {
    const found = [], words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const isRail = one => /auto|scroll/.test(getComputedStyle(one).overflowX);
    while (words.nextNode()) {
        const text = words.currentNode.data.trim(), parent = words.currentNode.parentElement;
        const aside = 'svg, script, style, noscript, option, .skip-link, .visually-hidden';
        if (text.length < 2 || parent.closest(aside) || !parent.checkVisibility()) continue;
        const range = document.createRange();
        range.selectNodeContents(words.currentNode);
        const boxes = [...range.getClientRects()].filter(box => box.width > 1);
        const lines = new Set(boxes.map(box => Math.round(box.top))).size;
        const said = `${parent.tagName}.${parent.className}: ${text.slice(0, 24)}`;
        if (lines >= 4 && text.length / lines < 2.6) found.push(`squeezes ${said}`);
        if (lines > 1 && /^[+−]?[\\d,.]+$/.test(text)) found.push(`breaks ${said}`);
        let rail = parent;
        while (rail && rail !== document.body && !isRail(rail)) rail = rail.parentElement;
        if (rail !== document.body) continue;
        const card = parent.closest('td, li, .card-soft') || document.body;
        const room = card.getBoundingClientRect();
        const left = Math.max(0, room.left) - 1, right = Math.min(innerWidth, room.right) + 1;
        if (boxes.some(box => box.left < left || box.right > right)) found.push(`cuts ${said}`);
    }
    return found;
}"""

# What a button of the bar at the bottom takes from the sum beside it, at double text.
COVERED_TOTAL = """() => {
    const bar = document.querySelector('.sticky-action');
    const sum = bar && bar.querySelector('.sticky-action__total');
    const button = bar && bar.querySelector('.btn');
    const bars = document.querySelector('.tabbar').getBoundingClientRect();
    if (!button) return '';
    const below = button.getBoundingClientRect();
    if (below.bottom > bars.top + 1) return 'the button is under the tabs';
    if (!sum) return '';
    const words = document.createRange();
    words.selectNodeContents(sum);
    const above = words.getBoundingClientRect();
    const apart = above.right <= below.left + 1 || above.bottom <= below.top + 1;
    return apart ? '' : sum.textContent.trim();
}"""

# Goods whose picture and name a phone's first screen shows whole, above the bar at the bottom.
GOODS_SEEN = """() => {
    const end = document.querySelector('.tabbar').getBoundingClientRect().top;
    return [...document.querySelectorAll('.product-card')].filter(one => {
        const tile = one.querySelector('.product-card__tile').getBoundingClientRect();
        const name = one.querySelector('.product-card__name').getBoundingClientRect();
        return tile.left >= 0 && tile.right <= innerWidth && name.bottom <= end;
    }).length;
}"""

# WCAG 2.2, 2.4.11: what has the focus is not wholly under a bar that stays.
HIDDEN_FOCUS = """async () => {
    const one = document.activeElement;
    if (one.closest('.tabbar, .topbar, .sticky-action, .skip-link') || one === document.body) {
        return '';
    }
    let bar = null;
    for (let frame = 0; frame < 40; frame++) {  // it is scrolled to in one of the next frames
        const box = one.getBoundingClientRect();
        const x = box.left + box.width / 2, y = box.top + box.height / 2;
        const top = document.elementFromPoint(x, y);
        bar = top && top.closest('.tabbar, .topbar, .sticky-action');
        if (top && !bar) return '';
        await new Promise(done => requestAnimationFrame(done));
    }
    return `${one.tagName}.${one.className} under ${bar ? bar.className : 'the edge'}`;
}"""

NAME_SHOWN = """name => {
    const words = document.querySelector('.brand__name'), brand = document.querySelector('.brand');
    words.textContent = name;
    const box = words.getBoundingClientRect(), room = brand.getBoundingClientRect();
    return box.bottom <= room.bottom + 1 && box.right <= room.right + 1;
}"""


@pytest.fixture
def shop(live_server, member, settings):
    """Goods of every kind, and a member with an order of every kind."""
    give_points(member, 20_000)
    home = address_of(member)
    card = virtual_sku(points=150, name_zh_hans="柿柿如意贺卡", name_en="Persimmon card")
    long_name = {
        "name_zh_hans": "手冲咖啡分享壶六百毫升耐热玻璃家用套装",
        "name_en": "Pour-over coffee server, 600 ml, heat-resistant glass",
    }
    long_name |= {
        "attributes_zh_hans": "材质：高硼硅玻璃\n容量：600 毫升",
        "market_price": "129.00",
    }
    long_name |= {"limit_per_period": 4, "limit_period": "month", "sold": 12_345}
    pictures = [
        f"vendor/fluent-emoji-3d/pictures/{name}.webp" for name in ("tea", "house", "party")
    ]
    long_name |= {"illustration": pictures[0]}
    pot = physical_sku(points=600, cash="29.00", **long_name)
    SkuFactory(product=pot.product, name_zh_hans="带盖", points_price=700, cash_price=29, stock=3)
    for picture in pictures[1:]:
        pot.product.images.create(illustration=picture)
    price_schedule.plan(
        pot.pk,
        points=500,
        cash=19,
        starts_at=clock.now(),
        ends_at=clock.now() + timedelta(days=3),
        by=None,
    )
    virtual_sku(points=90, name_zh_hans="老友专享礼", name_en="For old friends", tier_to_redeem=3)
    lamp = physical_sku(
        cash="399.00",
        pay_mode="cash_points",
        name_zh_hans="头戴式主动降噪耳机",
        name_en="Noise-cancelling headphones",
    )
    settings.PAYMENT_PROVIDERS, settings.PAYMENT_WECHAT = ["sandbox", "wechat"], {"mchid": "19"}
    pending = place(member, pot, quantity=2)
    paying = cash_in.start(pending, "wechat")
    paying.ticket, paying.ticket_until = "weixin://wxpay/bizpayurl?pr=4rOzbS9zz", pending.pay_by
    paying.save()
    gone = virtual_sku(points=80, stock=0, name_zh_hans="藤编收纳篮", name_en="Rattan basket")
    lines = {card.pk: (2, False), pot.pk: (1, False), gone.pk: (1, False), lamp.pk: (1, True)}
    for sku, (quantity, is_saved) in lines.items():
        BasketLine.objects.create(user=member, sku_id=sku, quantity=quantity, is_saved=is_saved)
    wishes.aim(member, gone.product_id)
    prize = {"kind": "goods", "sku": pot, "stock": 1, "weight": 999_900, **NAMED_PRIZE}
    spare_prize = {"kind": "points", "points": 5, "weight": 1, "is_pity": True}
    draw = announced(prize, spare_prize, price_points=20, pity_after=9)
    _miss_days(member)
    invited(member, "friend")
    return {
        "home": home,
        "draw": draw.get_absolute_url(),
        "won": pull(member, draw).number,
        "lots": item(of=session(by_lot=True), stock=3).get_absolute_url(),
        "gone": gone,
        "spare": virtual_sku(points=5, name_zh_hans="明信片", name_en="Postcard"),
        "card": card,
        "pot": pot,
        "lamp": lamp,
        "paid": place(member, card),
        "pending": pending,
        "paying": paying,
    }


def _miss_days(member):
    """Let a member have days of every kind behind them, and one that may be made up."""
    TierLevel.objects.update(shields_a_month=2)
    member.date_joined -= timedelta(days=30)
    member.save()
    today = clock.today()
    for ago, kind, streak in (
        (7, "checked", 5), (6, "made_up", 6), (5, "shielded", 6), (3, "checked", 7),
    ):  # fmt: skip
        CheckInFactory(user=member, on=today - timedelta(days=ago), kind=kind, streak=streak)
    for ago in (4, 30):
        OutageDay.objects.create(on=today - timedelta(days=ago), reason="Storm")


def visitor_pages(shop):
    return [
        "/",
        "/products/",
        "/products/?search=nothing-at-all",
        f"/products/{shop['pot'].product_id}/",
        "/cart/",
        "/recently-seen/",
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/phone/",
        "/accounts/password/reset/",
        "/setup/",
        "/draws/",
        shop["draw"],
        shop["lots"],
        "/help/",
        "/terms/",
        "/nowhere/",
    ]


def member_pages(shop):
    return [
        "/",
        "/products/?affordable=on&min_points=100",
        f"/products/{shop['card'].product_id}/",
        f"/orders/new/?sku={shop['card'].pk}&quantity=1",
        f"/orders/new/?sku={shop['pot'].pk}&quantity=2",
        f"/orders/new/?sku={shop['lamp'].pk}&quantity=1",
        "/cart/",
        f"/cart/?removed={shop['spare'].pk}&n=1",
        "/wishlist/",
        "/wishlist/goal/",
        f"/wishlist/{shop['gone'].product_id}/",
        f"/products/{shop['gone'].product_id}/",
        "/recently-seen/",
        "/recommendations/",
        "/orders/",
        f"/orders/{shop['paid'].no}/",
        f"/orders/{shop['pending'].no}/",
        f"/orders/{shop['pending'].no}/pay/",
        f"/orders/{shop['pending'].no}/pay/{shop['paying'].no}/",
        f"/orders/{shop['pending'].no}/cancellation/",
        "/draws/",
        f"{shop['draw']}?ticket={shop['won']}",
        f"{shop['draw']}tickets/{shop['won']}/",
        shop["lots"],
        "/points/",
        "/checkin/",
        f"/checkin/make-up/?on={clock.today() - timedelta(days=2)}",
        "/referral/",
        "/leaderboard/",
        "/badges/",
        "/year/",
        "/inbox/",
        "/account/notifications/",
        "/missions/",
        "/points/ways/",
        "/points/explain/",
        "/share/",
        "/account/",
        "/account/profile/",
        "/account/addresses/",
        "/account/addresses/new/",
        f"/account/addresses/{shop['home'].pk}/",
        "/account/consent/",
        "/account/phone/",
        "/accounts/3rdparty/",
        "/accounts/sessions/",
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/2fa/",
        "/accounts/logout/",
    ]


def watch(page, live_server):
    """Return the list that everything gets written to which a calm page does not do."""
    complaints = []

    def asked(request):
        if not request.url.startswith((live_server.url, "data:")):
            complaints.append(f"asks {request.url}")

    def answered(response):
        if response.status >= 400 and response.request.resource_type != "document":
            complaints.append(f"{response.status} {response.url}")

    def said(message):
        if message.type in {"error", "warning"} and "404" not in message.text:
            complaints.append(message.text)

    def failed(request):
        # The next page may be asked for before the last one's icon has come: that request is given
        # up, not broken.
        if request.failure != "net::ERR_ABORTED":
            complaints.append(f"fails {request.url}: {request.failure}")

    page.on("request", asked)
    page.on("requestfailed", failed)
    page.on("response", answered)
    page.on("console", said)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


def faults_of(page, path):
    """Open a page and return what is wrong with its layout."""
    page.goto(path)
    return faults_here(page)


def faults_here(page):
    """Return what is wrong with the layout of the page as it is shown now."""
    faults = []
    over = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
    if over > 0:
        faults.append(f"{page.url} is {over} px too wide")
    if page.locator("h1").count() != 1:
        faults.append(f"{page.url} has {page.locator('h1').count()} h1")
    return faults


def show(page, *, width, dark=False):
    """Show the page that is open to a reader with another screen and taste."""
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme="dark" if dark else "light")


def faults_on_screens(page, path):
    """Open a page once and return what is wrong with it on a dark phone and a light desktop, under
    a thumb, and with double text.
    """
    show(page, width=PHONE, dark=True)
    faults = faults_of(page, path) + barriers(page)
    faults += [f"{path} {found}" for found in page.evaluate(SMALL_TARGETS)]
    show(page, width=DESKTOP)
    faults += faults_here(page)
    show(page, width=PHONE)
    return faults + faults_of_double_text(page)


def faults_of_double_text(page):
    """Return what is wrong with the page that is open once its text is twice as large."""
    over, covered = page.evaluate(TOO_WIDE_AT_DOUBLE), page.evaluate(COVERED_TOTAL)
    faults = [f"{page.url} is {over} px too wide with double text"] * bool(over)
    small = page.evaluate(SMALL_WORDS)
    faults += [f"{page.url} writes small at double text: {small}"] * bool(small)
    return faults + [f"{page.url} covers with double text: {covered}"] * bool(covered)


def sign_in(page, member):
    page.goto("/accounts/login/")
    page.fill("[name=login]", member.username)
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/")


def test_pages_when_opened_by_a_visitor_then_fit_and_ask_nobody_else(
    open_page, live_server, shop, settings
):
    settings.SETUP_CODE = "a1b2c3d4e5"  # nobody is behind the counter yet
    page = open_page()
    complaints = watch(page, live_server)

    faults = []
    for path in visitor_pages(shop):
        faults += faults_of(page, path) + barriers(page)
        show(page, width=DESKTOP, dark=True)
        faults += faults_here(page)
        show(page, width=PHONE)

    assert faults == []
    assert complaints == []


def test_pages_when_opened_by_a_member_then_fit_for_eye_and_thumb_and_ask_nobody_else(
    open_page, live_server, shop, member
):
    page = open_page()
    complaints = watch(page, live_server)
    sign_in(page, member)

    faults = [fault for path in member_pages(shop) for fault in faults_on_screens(page, path)]

    assert faults == []
    assert complaints == []


def test_pages_when_read_in_english_then_fit_a_small_phone_and_double_text(
    open_page, english, shop, member
):
    page = english(open_page())  # its words are the longer ones
    sign_in(page, member)

    faults = []
    for path in member_pages(shop):
        show(page, width=SMALL_PHONE)
        faults += faults_of(page, path) + barriers(page)
        show(page, width=PHONE)
        faults += faults_of_double_text(page)

    assert faults == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_when_text_is_twice_as_large_then_no_word_is_squeezed_broken_or_cut(
    open_page, english, shop, member, language
):
    page = open_page(width=PHONE)
    page = english(page) if language == "en" else page
    sign_in(page, member)
    rooms = "checkin points missions draws leaderboard badges year referral account".split()

    faults = []
    for path in [*(f"/{room}/" for room in rooms), "/account/notifications/", shop["draw"]]:
        page.goto(path)
        page.evaluate(TOO_WIDE_AT_DOUBLE)
        faults += [f"{path} {found}" for found in page.evaluate(CRAMPED)]

    assert faults == []


def test_home_when_opened_on_a_phone_then_its_first_screen_shows_goods(
    open_page, english, shop, member
):
    page = open_page(width=PHONE)
    show(page, width=PHONE)
    seen = {}
    page.goto("/")
    seen["visitor"] = page.evaluate(GOODS_SEEN)
    sign_in(page, member)
    seen["member"] = page.evaluate(GOODS_SEEN)
    english(page).goto("/")
    seen["english"] = page.evaluate(GOODS_SEEN)

    assert {who: number for who, number in seen.items() if number < 2} == {}


def test_bars_when_a_keyboard_walks_a_phones_page_then_never_hide_where_it_is(
    open_page, shop, member
):
    page = open_page(width=PHONE)
    sign_in(page, member)

    hidden = {}
    for path in ("/cart/", "/account/"):
        page.goto(path)
        for stop in range(25):
            page.keyboard.press("Tab")
            hidden[path, stop] = page.evaluate(HIDDEN_FOCUS)

    assert {stop: where for stop, where in hidden.items() if where} == {}


def test_name_when_on_a_phone_then_whole_beside_the_logo_or_only_read_aloud(open_page, shop):
    page = open_page(width=PHONE)
    page.goto("/")

    shown = {
        name: page.evaluate(NAME_SHOWN, name) for name in ("柿子小店", "柿子积分商城官方旗舰店")
    }

    assert shown == {"柿子小店": True, "柿子积分商城官方旗舰店": False}
    assert page.get_by_role("link", name="柿子积分商城官方旗舰店").count() == 1


def test_theme_when_chosen_without_javascript_then_kept(open_page, shop):
    page = open_page(width=PHONE, javascript=False)
    page.goto("/products/")
    ground = "getComputedStyle(document.body).backgroundColor"

    page.locator(".footer details summary").click()
    page.locator(".footer [name=theme][value=dark]").click()

    assert page.url.endswith("/products/")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    page.goto("/")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    assert page.evaluate(ground) == "rgb(25, 21, 18)"


def test_theme_when_nothing_is_chosen_then_follows_the_device(open_page, shop):
    ground = "getComputedStyle(document.body).backgroundColor"
    colours = []
    for dark in (False, True):
        page = open_page(dark=dark)
        page.goto("/")
        colours.append(page.evaluate(ground))

    assert colours == ["rgb(250, 246, 238)", "rgb(25, 21, 18)"]


def test_language_when_switched_without_javascript_then_the_page_speaks_it(open_page, shop):
    page = open_page(width=PHONE, javascript=False)
    page.goto("/products/")
    assert page.locator("html").get_attribute("lang") == "zh-hans"

    page.locator(".footer [name=language][value=en]").click()

    assert page.url.endswith("/products/")
    assert page.locator("html").get_attribute("lang") == "en"


def test_keyboard_when_used_then_the_first_stop_skips_to_the_content_and_focus_shows(
    open_page, shop
):
    page = open_page(width=DESKTOP)
    page.goto("/products/")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")

    outline = page.evaluate(
        "(({outlineStyle, outlineWidth}) => [outlineStyle, "
        "outlineWidth])(getComputedStyle(document.activeElement))"
    )
    assert outline == ["solid", "3px"]


def test_tab_bar_when_on_a_phone_then_says_where_we_are(open_page, shop, member):
    page = open_page(width=PHONE)
    sign_in(page, member)
    here = ".tabbar [aria-current=page]"

    places = {}
    for path in (
        "/",
        "/products/",
        "/checkin/",
        "/orders/",
        "/account/",
        "/points/",
        "/accounts/email/",
    ):
        page.goto(path)
        places[path] = page.locator(here).get_attribute("href")

    tabs = {"/points/": "/account/", "/accounts/email/": "/account/"}
    assert places == {path: tabs.get(path, path) for path in places}
