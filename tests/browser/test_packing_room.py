"""Twenty parcels of a morning in a real browser, from the list of orders until they are sent: each
click is counted by the page itself.
"""

import pytest
from playwright.sync_api import expect

from orders.models import Order, Shipment
from tests.browser.test_operators_day import send
from tests.factories.accounts import MemberFactory
from tests.factories.orders import address_of, give_points, physical_sku, place

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("books_close"),
]
PARCELS, MOST_CLICKS = 20, 25
# Each press of the mouse, and one more for what is chosen of a menu that opened: such a menu is the
# system's, no page hears of the press. Kept from page to page of the tab.
COUNTER = """for (const kind of ['mousedown', 'change']) addEventListener(kind, event => {
    if (kind === 'mousedown' || event.target.tagName === 'SELECT')
        sessionStorage.clicks = 1 + Number(sessionStorage.clicks ?? 0);
}, true)"""


@pytest.fixture
def twenty(transactional_db):
    """Paid orders of as many members, each to an address of its own."""
    tea = physical_sku(points=10, stock=PARCELS)
    members = [MemberFactory() for _ in range(PARCELS)]
    for one in members:
        give_points(one, 10)
        address_of(one)
    return [place(one, tea) for one in members]


@pytest.fixture
def packing_room(twenty, open_page, english, sign_in_page, clerk):
    """The list of twenty orders before an operator, its clicks counted."""
    page = sign_in_page(english(open_page(width=1280, height=900)), clerk("operator"))
    page.add_init_script(COUNTER)
    page.goto("/admin/orders/order/")
    return page


def clicks(page) -> int:
    """Return how often the mouse was pressed on this tab."""
    return page.evaluate("Number(sessionStorage.clicks ?? 0)")


def choose(page, name, words):
    """Open a menu and choose of it."""
    menu = page.locator(f"select[name={name}]")
    menu.click()
    menu.select_option(label=words)


def do_with_all(page, action):
    """Tick every order of the list and have something done with them."""
    page.locator("#action-toggle").click()
    choose(page, "action", action)
    page.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_load_state()


def test_twenty_orders_when_printed_and_scanned_then_sent_in_few_clicks(packing_room, twenty):
    page = packing_room

    do_with_all(page, "Print packing slips")
    expect(page.get_by_role("heading", name="Packing slip")).to_have_count(PARCELS)
    page.get_by_role("link", name="Back").click()
    do_with_all(page, "Send these")
    choose(page, "carrier", "SF Express")
    page.locator("[data-tracking]").first.click()
    for n in range(PARCELS):  # a scanner types the number, and Enter behind it
        page.keyboard.insert_text(f"SF{n:012}")
        page.keyboard.press("Enter")
    send(page, "Send the rows with a number")

    expect(page.locator("body")).to_contain_text(f"{PARCELS} orders are sent.")
    assert clicks(page) <= MOST_CLICKS
    assert {order.status for order in Order.objects.all()} == {"shipped"}
    assert sorted(Shipment.objects.values_list("order_id", "tracking_number")) == [
        (order.pk, f"SF{n:012}") for n, order in enumerate(twenty)
    ]
