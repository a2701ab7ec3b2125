"""Draws by page, API and back office: what is shown, one button, a prize sent, the ten lines."""

import json
import re
import subprocess
import sys
from datetime import timedelta
from html import unescape

import pytest

from accounts import addresses
from mall.core import clock
from mall.core.models import AuditRow
from marketing.draws import board, programme
from marketing.models import Draw, DrawTicket
from orders.models import Order
from tests.factories.draws import FIFTY, announced, draft, pull
from tests.factories.orders import address_of, give_points, physical_sku
from tests.pages import form_of

pytestmark = pytest.mark.django_db
SURE, RARE = {"weight": 999_999}, {"kind": "thanks", "weight": 1}
SECOND = timedelta(seconds=1)


def button_of(page: str) -> dict:
    """Return what the page's one button sends."""
    form = page.split('class="stack" method="post"')[1]
    return dict(re.findall(r'name="(key|points)" value="([^"]*)"', form))


def checked(lines: str, proof: bytes) -> subprocess.CompletedProcess:
    """Run the lines as a member does."""
    return subprocess.run(
        [sys.executable, "-I", "-c", lines], input=proof, capture_output=True, timeout=60
    )


# --- pages ------------------------------------------------------------------------
def test_page_when_the_button_is_pressed_then_the_answer_stands_in_words_and_once(
    signed_in, member
):
    draw = announced({**FIFTY, **SURE}, RARE, price_points=20, free_per_day=1)
    address = draw.get_absolute_url()
    page = signed_in.get(address).content.decode()
    sent = button_of(page)

    answers = [signed_in.post(f"{address}tickets/", sent) for _ in range(2)]

    assert [(one.status_code, one["Location"]) for one in answers] == [
        (302, f"{address}?ticket=1#result")
    ] * 2
    page = signed_in.get(f"{address}?ticket=1").content.decode()
    result = re.search(r'<div id="result".*?</div>', page, re.DOTALL)[0]
    assert ('aria-live="polite"' in result, "奖品 1" in result) == (True, True)
    assert "99.9999 %" in page
    assert button_of(page)["points"] == "20"
    assert DrawTicket.objects.count() == 1
    strange = signed_in.post(f"{address}tickets/", {"key": "", "points": "-1"})
    unpaid = signed_in.post(f"{address}tickets/", {"key": "another", "points": "0"})
    assert (strange.status_code, unpaid.status_code) == (400, 409)
    assert 'role="alert"' in unpaid.content.decode()
    assert signed_in.get("/draws/none/").status_code == 404


def test_statement_when_points_went_and_came_then_every_door_names_the_draw(
    signed_in, signed_in_api, operator, member
):
    give_points(member, 100)
    draw = announced(
        {**FIFTY, **SURE}, RARE, price_points=20, free_per_day=0, title_en="Autumn wheel"
    )
    pull(member, draw, points=20)
    signed_in.cookies["mall_language"] = "en"
    paid, won = "Redeemed: Lucky draw “Autumn wheel”", "Lucky draw “Autumn wheel”"

    page = signed_in.get("/points/").content.decode()
    entries = signed_in_api.get("/api/v1/points/entries", HTTP_ACCEPT_LANGUAGE="en").json()
    table = b"".join(signed_in.get("/points/statement.csv").streaming_content).decode()

    assert [one["description"] for one in entries["results"]][:2] == [won, paid]
    assert (page.count(won), page.count(paid)) == (2, 1)
    assert (table.count(won), table.count(paid)) == (2, 1)
    signed_in.force_login(operator)
    signed_in.cookies["mall_language"] = "en"
    assert signed_in.get("/admin/points/ledgerentry/").content.decode().count(won) == 2


def test_pages_when_a_visitor_looks_then_everything_is_shown_but_the_button(client, member):
    hidden, draw = draft(), announced()
    pull(member, draw)
    programme.call_off(announced(), actor="staff:1", reason={"zh-hans": "no", "en": "no"})

    listed = client.get("/draws/").content.decode()
    page = client.get(draw.get_absolute_url()).content.decode()

    assert (draw.code in listed, hidden.code in listed) == (True, False)
    assert (draw.commitment in page, draw.seed in page) == (True, False)
    assert client.post(f"{draw.get_absolute_url()}tickets/").status_code == 302
    assert "data-" not in page.split('class="wheel')[1].split("</svg>")[0]


def test_claim_when_goods_were_won_then_the_page_asks_where_and_an_order_brings_them(
    signed_in, member, other_member
):
    prize = {"kind": "goods", "sku": physical_sku(points=50, stock=3), "stock": 2, **SURE}
    draw = announced(prize, RARE)
    ticket = pull(member, draw)
    others = pull(other_member, draw)
    address = f"{draw.get_absolute_url()}tickets/{ticket.number}/"
    assert address in signed_in.get(draw.get_absolute_url()).content.decode()
    assert signed_in.post(address).status_code == 400  # no address yet
    home = address_of(member)
    shown = form_of(signed_in.get(address).content.decode(), "place")
    addresses.change(home, phone="13900139000")

    old = signed_in.post(address, shown)
    answer = signed_in.post(address, {"address": home.pk})

    assert (old.status_code, old.context["refusal"].code) == (409, "changed_meanwhile")
    order = Order.objects.get(user=member)
    assert (answer.status_code, answer["Location"]) == (302, order.get_absolute_url())
    assert signed_in.get(address)["Location"] == order.get_absolute_url()
    theirs = f"{draw.get_absolute_url()}tickets/{others.number}/"
    assert signed_in.get(theirs).status_code == 404


# --- the proof ----------------------------------------------------------------------
def test_check_when_taken_off_the_page_then_its_ten_lines_check_what_the_api_answers(
    signed_in, signed_in_api, member
):
    lucky = {**FIFTY, "weight": 30, "stock": 2, "is_pity": True}
    draw = announced(
        lucky, {**FIFTY, "weight": 200, "stock": 3}, RARE | {"weight": 770},
        pity_after=2, free_per_day=30,
    )  # fmt: skip
    for _ in range(30):
        pull(member, draw)
    before = signed_in_api.get(f"/api/v1/draws/{draw.code}/proof").json()
    programme.settle_due(draw.ends_at)

    with clock.at(draw.ends_at + timedelta(minutes=1)):
        page = signed_in.get(draw.get_absolute_url()).content.decode()
        proof = signed_in_api.get(f"/api/v1/draws/{draw.code}/proof")
        file = signed_in.get(f"{draw.get_absolute_url()}proof.json")
    lines = unescape(re.search(r'<code id="check">(.*?)</code>', page, re.DOTALL)[1])

    assert (before["seed"], before["commitment"]) == (None, draw.commitment)
    assert len(lines.strip().split("\n")) == 10
    shown = proof.json()
    assert (shown["status"], len(shown["tickets"])) == ("over", 30)
    assert file.json() == shown
    ran = checked(lines, proof.content)
    assert (ran.returncode, ran.stderr) == (0, b"")
    # and they do find out
    for name, change in {
        "seed": lambda lie: lie.update(seed="00" * 32),
        "table": lambda lie: lie.update(table=lie["table"].replace('"weight":30', '"weight":31')),
        "ticket": lambda lie: lie["tickets"][7].update(prize=lie["tickets"][7]["prize"] % 3 + 1),
    }.items():
        lie = json.loads(proof.content)
        change(lie)
        assert checked(lines, json.dumps(lie).encode()).returncode == 1, name


# --- API ------------------------------------------------------------------------------
def test_api_when_a_ticket_is_drawn_then_the_answer_says_all_and_a_repeat_the_same(
    signed_in_api, api, member
):
    draw = announced({**FIFTY, **SURE}, RARE, price_points=20)
    path = f"/api/v1/draws/{draw.code}"
    give_points(member, 20)

    made = [
        signed_in_api.post(f"{path}/tickets", {}, format="json", HTTP_IDEMPOTENCY_KEY="a-key")
        for _ in range(2)
    ]
    none = signed_in_api.post(f"{path}/tickets", {}, format="json", HTTP_IDEMPOTENCY_KEY="b")
    unkeyed = signed_in_api.post(f"{path}/tickets", {"points": 20}, format="json")
    odd = [
        signed_in_api.post(
            f"{path}/tickets", {"points": sent}, format="json", HTTP_IDEMPOTENCY_KEY="c"
        ).status_code
        for sent in (-1, "20", True, 1.5, 10**30, None, [1])
    ]

    assert [one.status_code for one in made] == [201, 201]
    assert made[0].json() == made[1].json()
    assert made[1]["Idempotent-Replayed"] == "true"
    assert made[0].json()["prize"] == {"no": 1, "kind": "points", "name": "奖品 1", "points": 50}
    assert (none.status_code, none.json()["errors"][0]["code"]) == (409, "no_ticket")
    assert unkeyed.status_code == 400
    assert odd == [400] * 7
    shown = api.get(path).json()
    assert (shown["mine"], shown["drawn"], shown["prizes"][0]["left"]) == (None, 1, 4)
    assert [one["code"] for one in api.get("/api/v1/draws").json()["results"]] == [draw.code]
    assert signed_in_api.get(path).json()["mine"] == {
        "free": 0, "given": 0, "drawn_today": 1, "left_today": 99,
    }  # fmt: skip
    assert api.get("/api/v1/draws/none").status_code == 404


# --- the back office --------------------------------------------------------------------
def test_admin_when_a_draft_lacks_something_then_it_says_so_and_announcing_fixes_it_all(
    client, operator
):
    client.force_login(operator)
    thin = draft({"kind": "thanks", "weight": 1}, pity_after=3)
    page = f"/admin/marketing/draw/{thin.pk}"
    refused = client.post(f"{page}/announce/", {})
    ready = draft({**FIFTY, "is_pity": True}, pity_after=3)

    answer = client.post(f"/admin/marketing/draw/{ready.pk}/announce/", {})

    assert "请至少添加一个奖品。" in refused.content.decode()
    thin.refresh_from_db()
    assert (thin.announced_at, thin.seed) == (None, "")
    assert answer.status_code == 302
    ready.refresh_from_db()
    assert (len(ready.seed), len(ready.commitment)) == (64, 64)
    changed = client.get(f"/admin/marketing/draw/{ready.pk}/change/").content.decode()
    assert 'name="pity_after"' not in changed
    assert client.get(f"/admin/marketing/draw/{ready.pk}/figures/").status_code == 200


def test_admin_when_a_draw_is_called_off_then_results_and_file_stay(client, operator, member):
    client.force_login(operator)
    draw = announced({**FIFTY, **SURE}, RARE)
    pull(member, draw)
    page = f"/admin/marketing/draw/{draw.pk}"

    client.post(f"{page}/call-off/", {"zh-hans": "奖品表有误。", "en": ""})

    assert Draw.objects.get(pk=draw.pk).status == "cancelled"
    lines = b"".join(client.get(f"{page}/results/").streaming_content).decode().splitlines()
    assert (len(lines), lines[1].split(",")[0]) == (2, "1")
    assert client.get("/admin/marketing/drawticket/").status_code == 200


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            {"zh-hans": "奖品受潮。", "en": "The prizes got wet."},
            ["奖品受潮。", "The prizes got wet."],
        ),
        ({"zh-hans": "奖品受潮。", "en": " "}, ["奖品受潮。", "奖品受潮。"]),
        ({"zh-hans": "", "en": "The prizes got wet."}, ["The prizes got wet."] * 2),
    ],
)
def test_call_off_when_a_reason_is_given_then_members_read_it_in_their_language(
    client, api, operator, said, shown
):
    draw = announced()
    address = f"/admin/marketing/draw/{draw.pk}/call-off/"
    client.force_login(operator)
    silent = client.post(address, {"zh-hans": "", "en": " "})
    assert silent.status_code == 400 and Draw.objects.get(pk=draw.pk).cancelled_at is None

    client.post(address, said)

    client.logout()
    for language, words in zip(("zh-hans", "en"), shown, strict=True):
        client.cookies["mall_language"] = language
        for address in (draw.get_absolute_url(), "/draws/"):
            assert words in client.get(address).content.decode()
        told = api.get(f"/api/v1/draws/{draw.code}", HTTP_ACCEPT_LANGUAGE=language).json()
        assert (told["status"], told["cancellation_reason"]) == ("cancelled", words)
    listed = [board.every(as_of=at) for at in (draw.ends_at - SECOND, draw.ends_at)]
    assert [[one.status for one in shown] for shown in listed] == [["cancelled"], []]
    assert AuditRow.objects.get(action="marketing.call_off_draw").reason == " / ".join(
        dict.fromkeys(shown)
    )


@pytest.mark.parametrize("number", [1, 3])
def test_api_when_draws_are_listed_then_in_as_many_statements_for_three_as_for_one(
    api, number, django_assert_num_queries
):
    for _ in range(number):
        announced()

    with django_assert_num_queries(2):  # draws, prizes
        found = api.get("/api/v1/draws").json()

    assert found["count"] == number
