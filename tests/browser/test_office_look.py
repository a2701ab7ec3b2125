"""The pages of the back office on which members are brought back, as an operator meets them: on a
dark phone in Chinese and a light desk in English, and read without JavaScript.
"""

from datetime import timedelta

import pytest

from catalog.goods_file import imports as goods
from mall.core import clock, file_jobs
from marketing.campaigns import lifecycle, sweep
from marketing.leaderboard import counting
from marketing.models import Board, Campaign, Referral
from points import budgets, rules
from points.models import RiskCase, RiskRule, Rule, TierLevel
from tests.browser.accessibility import barriers
from tests.browser.test_look import DESKTOP, PHONE, faults_here, faults_of, show
from tests.factories.campaigns import SegmentFactory, started, tagged
from tests.factories.draws import announced, draft
from tests.factories.flash import item, session
from tests.factories.points import member_with
from tests.factories.referrals import invited
from tests.files_brought import goods_table

pytestmark = [pytest.mark.browser, pytest.mark.long]
ROOMS = """marketing/campaign marketing/segment marketing/membertag marketing/campaignmember
    marketing/draw marketing/drawticket marketing/referral marketing/board marketing/memberbadge
    marketing/outageday marketing/webhookendpoint marketing/webhookdelivery marketing/message
    marketing/monthstatement points/rule points/backtest points/budget points/riskrule
    points/risksighting points/tierlevel marketing/mission marketing/missionprogress
    marketing/checkin marketing/checkinpolicy marketing/contactpolicy marketing/boardscore
    marketing/contestant marketing/yearshare marketing/sharelanding marketing/delivery
    marketing/notification marketing/dailyrollup marketing/customevent points/riskcase
    orders/flashsession orders/registration""".split()
FORMS = "marketing/campaign marketing/segment marketing/membertag marketing/draw".split()
FORMS += "marketing/webhookendpoint marketing/outageday points/rule".split()
REPORTS = ("liability", "points", "forecast", "recommendations", "repurchase", "retention")


@pytest.fixture
def files(db, operator, waits):
    """Files of goods that were looked over, and that could not be (others load again meanwhile)."""
    bad = goods_table(count=3).replace(b"points,P-1-1,2", b"points,P-1-1,dear")
    broken = b"PK\x03\x04" + bytes(file_jobs.UNPACKED_WHOLE_BYTES)
    found = [goods.bring(content, name="g.csv", operator=operator) for content in (bad, broken)]
    goods.carry_on()
    return [(row, "change") for row in found]


@pytest.fixture
def rooms(db, member, files):
    """Addresses of lists, forms, rows and reports, each with something on it."""
    tagged(6)
    over = started(points=10, budget_points=1000)
    sweep.carry_on()
    lifecycle.end(Campaign.objects.get(pk=over.pk), actor=member)
    wheel = announced()
    held = Referral.objects.get(invitee=invited(member, "friend"))
    budget = budgets.set_up("draw:autumn", 500, actor=member)
    case = _paused("too-much")
    checkin = Rule.objects.get(code="checkin")
    lots = item(of=session(by_lot=True)).session
    rows = [
        (over, "change"), (over, "report"), (SegmentFactory(), "change"), (wheel, "figures"),
        (wheel, "call-off"), (draft(), "change"), (draft(), "announce"), (held, "change"),
        (held, "release"), (budget, "change"), (budget, "raise"), (checkin, "change"),
        (checkin, "back-test"), (RiskRule.objects.first(), "change"), (case, "change"),
        (case, "release"), (TierLevel.objects.last(), "change"), (lots, "change"),
        (counting.board_of(Board.Period.WEEK, clock.today() - timedelta(7)), "change"),
        *files,
    ]  # fmt: skip
    own = [f"/admin/{row._meta.label_lower.replace('.', '/')}/{row.pk}/{page}/"
           for row, page in rows]  # fmt: skip
    lists = [f"/admin/{room}/" for room in (*ROOMS, "catalog/goodsimport")]
    forms = [f"/admin/{room}/add/" for room in FORMS]
    return [*lists, *forms, *own, *(f"/admin/reports/{name}/" for name in REPORTS)]


def _paused(name):
    """A case of a member who earned more in a day than the policy lets pass."""
    farmer = member_with(0)
    rules.award(farmer.pk, "mission", key=f"mission:{name}", amount=1500, reference="mission:x")
    return RiskCase.objects.get(account_id=farmer.pk)


def test_rooms_when_an_operator_opens_them_then_fit_and_nothing_is_barred(
    open_page, english, sign_in_page, rooms, admin_user
):
    phone = sign_in_page(open_page(width=PHONE, dark=True), admin_user)
    desk = sign_in_page(english(open_page(width=DESKTOP)), admin_user)

    faults = []
    for path in rooms:
        answer = phone.goto(path)
        faults += [f"{path} answers {answer.status}"] * (answer.status != 200)
        faults += [one for one in faults_here(phone) if "h1" not in one] + barriers(phone)
        faults += [one for one in faults_of(desk, path) if "h1" not in one] + barriers(desk)

    assert len(rooms) >= 60
    assert faults == [], "\n".join(faults)


def test_rooms_when_read_without_javascript_then_their_words_are_seen(
    open_page, sign_in_page, rooms, admin_user
):
    page = sign_in_page(open_page(width=PHONE, javascript=False), admin_user)

    hidden = {}
    for path in rooms:
        page.goto(path)
        show(page, width=PHONE)
        covers = page.locator("[x-show=filterOpen]:visible, [x-show=openCommandResults]:visible")
        hidden[path] = not page.locator("#content").is_visible() or covers.count()

    assert {path: found for path, found in hidden.items() if found} == {}
