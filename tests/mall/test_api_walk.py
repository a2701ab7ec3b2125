"""A day of a member and a clerk that calls every operation of API v1 once with a real body: what is
sent and what comes back is as the document says, not only to what a fuzzer makes up.
"""

import io
import json
import re
from contextlib import redirect_stdout
from datetime import timedelta

import pytest
import yaml
from django.core.management import call_command
from openapi_schema_validator import OAS31Validator, oas31_format_checker

from accounts.models import User
from accounts.registration import register
from mall.core import clock
from marketing import events
from marketing.models import Referral
from orders import lifecycle
from orders.models import Payment
from orders.payments.gateways import sandbox
from points import adjustments, risk
from points.models import Rule, RuleVersion
from tests.factories.accounts import PASSWORD, MemberFactory
from tests.factories.coupons import template
from tests.factories.draws import announced
from tests.factories.flash import item, session
from tests.factories.marketing import MissionFactory
from tests.factories.orders import (
    HOME,
    ask,
    give_points,
    key_sku,
    pay,
    physical_sku,
    place,
    received,
    virtual_sku,
)
from tests.factories.referrals import invited

pytestmark = pytest.mark.django_db
POINT = (  # a browser's key: any point of P-256
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
)
OPERATIONS = {"get", "post", "put", "patch", "delete"}
THE_PRIZE = {"kind": "goods", "stock": 1, "weight": 999_999}
RARELY_THANKS = {"kind": "thanks", "weight": 1}


class Walker:
    """Calls operations and holds what they take and answer against the document."""

    def __init__(self):
        written = io.StringIO()
        call_command("spectacular", stdout=written)
        self.document = yaml.safe_load(written.getvalue())
        self.waiting = {
            (method, path)
            for path, methods in self.document["paths"].items()
            if path.startswith("/api/v1/")
            for method in OPERATIONS & set(methods)
        }
        self.wrong = []

    def go(self, caller, method, path, body=None, *, query="", raw=None, headers=None, **names):
        """Call one operation with success; return what it answered."""
        operation = self.document["paths"][path][method]
        key = {"HTTP_IDEMPOTENCY_KEY": f"walk-{len(self.waiting)}"} if _has_key(operation) else {}
        if body is not None:
            self.check(body, operation["requestBody"], f"{method} {path} takes")
        sent = {"data": raw, "content_type": "application/json"} if raw else {"data": body}
        sent |= {"format": "json"} if body is not None else {}
        sent = {} if method == "get" else sent
        address = path.format(**names) + query
        answer = getattr(caller, method)(address, **sent, **key, **(headers or {}))
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        told = operation["responses"].get(str(answer.status_code))
        if told is None or answer.status_code >= 300:
            self.wrong.append(f"{method} {path}: {answer.status_code} {content[:200]}")
            return {}
        self.waiting.discard((method, path))
        if "content" not in told:
            self.wrong += [f"{method} {path}: not empty"] if content else []
            return {}
        said = json.loads(content) if content else None
        self.check(said, told, f"{method} {path} answers")
        return said

    def check(self, value, told, where):
        """Note where a value is not what its part of the document says."""
        schema = told["content"]["application/json"]["schema"]
        rooted = {**schema, "components": self.document["components"]}
        validator = OAS31Validator(rooted, format_checker=oas31_format_checker)
        for error in validator.iter_errors(value):
            self.wrong.append(f"{where} {list(error.absolute_path)}: {error.message[:120]}")


def _has_key(operation):
    return any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", ()))


@pytest.fixture
def walker(settings):
    settings.RATELIMIT_ENABLE = False
    settings.ACCOUNT_RATE_LIMITS = False
    return Walker()


@pytest.fixture
def clerk(bearer):
    boss = register(username="boss", email="boss@example.com", password=PASSWORD)
    boss.is_staff = boss.is_superuser = True
    boss.save(update_fields=["is_staff", "is_superuser"])
    return bearer(boss)


def test_api_when_every_operation_is_called_with_a_real_body_then_as_documented(
    walker, api, signed_in_api, clerk, member, other_member, bearer
):
    give_points(member, 5_000)

    of_the_member(walker, signed_in_api, member)
    of_goods_and_orders(walker, signed_in_api, member)
    of_baskets_and_wishes(walker, signed_in_api, member)
    of_programs(walker, api, member)
    of_the_back_office(walker, clerk, member, other_member)
    leaver = bearer(register(username="leaver", email="l@example.com", password=PASSWORD))
    walker.go(leaver, "get", "/api/v1/me/deletion")
    walker.go(leaver, "post", "/api/v1/me/deletion", {"password": PASSWORD})

    assert walker.wrong == [], "\n".join(walker.wrong)
    assert walker.waiting == set(), "a new operation wants its line in this day"


def of_the_member(walker, caller, member):
    for path in (
        "me", "me/notifications", "checkins", "points", "points/entries", "points/rules",
        "missions", "draws", "coupons", "coupons/offers", "flash", "categories", "products",
        "recommendations", "orders", "notifications", "leaderboard", "badges",
    ):  # fmt: skip
        walker.go(caller, "get", f"/api/v1/{path}")
    mission = MissionFactory(is_automatic=False)
    walker.go(caller, "patch", "/api/v1/leaderboard", {"is_shown": True})
    for method, path in (("get", ""), ("put", "/link"), ("delete", "/link")):
        walker.go(caller, method, f"/api/v1/years/{{year}}{path}", year=clock.today().year)
    walker.go(caller, "post", "/api/v1/checkins")
    User.objects.filter(pk=member.pk).update(date_joined=clock.now() - timedelta(days=3))
    walker.go(caller, "get", "/api/v1/checkins/make-up")
    yesterday = str(clock.today() - timedelta(days=1))
    walker.go(caller, "post", "/api/v1/checkins/make-up", {"on": yesterday, "price": 20})
    walker.go(caller, "patch", "/api/v1/me", {"nickname": "小明", "birthday": "1990-05-01"})
    change = {"language": "en", "kinds": [{"kind": "order_shipped", "email": False}]}
    walker.go(caller, "patch", "/api/v1/me/notifications", change)
    walker.go(caller, "post", "/api/v1/notifications/read", {"ids": []})
    walker.go(caller, "get", "/api/v1/me/channels")
    walker.go(caller, "patch", "/api/v1/me/channels", {"topics": []})
    device = {"endpoint": "https://push.example/1", "keys": {"p256dh": POINT, "auth": "A" * 22}}
    walker.go(caller, "post", "/api/v1/me/push-devices", device)
    gone = {"endpoint": device["endpoint"]}
    walker.go(caller, "post", "/api/v1/me/push-devices/removal", gone)
    walker.go(caller, "post", "/api/v1/me/wechat-messages", {"templates": []})
    walker.go(caller, "post", "/api/v1/me/export", {"password": PASSWORD})
    walker.go(caller, "get", "/api/v1/shop")
    text = "/api/v1/pages/{kind}"
    kinds = ("terms", "privacy")
    versions = {kind: walker.go(caller, "get", text, kind=kind)["version"] for kind in kinds}
    walker.go(caller, "get", "/api/v1/me/consent")
    walker.go(caller, "post", "/api/v1/me/consent", versions)
    said = io.StringIO()
    with redirect_stdout(said):  # where the console's messages go
        walker.go(caller, "post", "/api/v1/me/phone", {"phone": "13912345678"})
    [code] = re.findall(r": (\d{6}) ", said.getvalue())
    walker.go(caller, "post", "/api/v1/me/phone/code", {"code": code})
    walker.go(caller, "get", "/api/v1/me/phone")
    walker.go(caller, "delete", "/api/v1/me/phone")
    made = walker.go(caller, "post", "/api/v1/me/addresses", {**HOME, "is_default": True})
    one = "/api/v1/me/addresses/{id}"
    walker.go(caller, "get", "/api/v1/me/addresses")
    walker.go(caller, "get", one, id=made["id"])
    walker.go(caller, "patch", one, {"phone": "13912345678", "territory": "CN"}, id=made["id"])
    spare = walker.go(caller, "post", "/api/v1/me/addresses", HOME)
    walker.go(caller, "delete", one, id=spare["id"])
    text = {"text": "李雷 13812345678 上海市静安区南京西路 1 号"}
    walker.go(caller, "post", "/api/v1/me/addresses/parse", text)
    walker.go(caller, "get", "/api/v1/regions", query="?inside=310000")
    walker.go(caller, "get", "/api/v1/missions")
    walker.go(caller, "post", "/api/v1/missions/{code}/claim", code=mission.code)
    buy = "/api/v1/coupons/{template}/purchase"
    walker.go(caller, "post", buy, template=template(price_points=5).pk)
    flash = item(points=5)
    grabbed = {"quantity": 1, "expect": {"points": 5, "cash": "0.00"}}
    walker.go(caller, "post", "/api/v1/flash/{item}/orders", grabbed, item=flash.pk)
    lot = item(of=session(by_lot=True), points=5)
    registration = "/api/v1/flash/{item}/registration"
    walker.go(caller, "post", registration, {}, item=lot.pk)
    walker.go(caller, "get", "/api/v1/flash/{item}/lots", item=lot.pk)
    walker.go(caller, "delete", registration, item=lot.pk)
    of_a_draw(walker, caller)


def of_a_draw(walker, caller):
    mug = physical_sku(points=5)
    one, draw = "/api/v1/draws/{code}", announced({**THE_PRIZE, "sku": mug}, RARELY_THANKS)
    walker.go(caller, "get", one, code=draw.code)
    drawn = walker.go(caller, "post", f"{one}/tickets", {"points": 0}, code=draw.code)
    walker.go(caller, "get", f"{one}/tickets", code=draw.code)
    named = {"code": draw.code, "number": drawn["number"]}
    walker.go(caller, "post", f"{one}/tickets/{{number}}/claim", **named)
    walker.go(caller, "get", f"{one}/proof", code=draw.code)


def of_invitations(walker, clerk):
    held = {"status": "held", "reason": "ring"}
    friends = [invited(MemberFactory(), name) for name in ("sister", "brother")]
    Referral.objects.filter(invitee__in=friends).update(**held)
    walker.go(clerk, "get", "/api/v1/staff/referrals", query="?status=held")
    one = "/api/v1/staff/referrals/{id}"
    first, second = Referral.objects.filter(invitee__in=friends)
    walker.go(clerk, "post", f"{one}/release", {"note": "sisters"}, id=first.pk)
    walker.go(clerk, "post", f"{one}/refuse", {"note": "one person"}, id=second.pk)


def of_goods_and_orders(walker, caller, member):
    sku = virtual_sku(points=5, cash="9.00", name_zh_hans="杯子", name_en="Mug")
    one = {"lines": [{"sku": sku.pk, "quantity": 1}]}
    named = {"product_id": sku.product_id}
    walker.go(caller, "get", "/api/v1/products/{product_id}", **named)
    walker.go(caller, "get", "/api/v1/products/suggestions", query="?search=mug")
    walker.go(caller, "post", "/api/v1/shares", {"product": sku.product_id})
    invited(member, "invited")
    walker.go(caller, "get", "/api/v1/referral")
    opened = {"shelf": "new", "code": "popular"}
    walker.go(caller, "post", "/api/v1/recommendations/{product_id}/opened", opened, **named)
    walker.go(caller, "post", "/api/v1/orders/quote", one)
    placed = walker.go(caller, "post", "/api/v1/orders", one)
    order = "/api/v1/orders/{no}"
    walker.go(caller, "get", order, no=placed["no"])
    walker.go(caller, "post", f"{order}/cancellation", no=placed["no"])
    owed = place(member, sku)
    walker.go(caller, "post", f"{order}/payments", {"provider": "sandbox"}, no=owed.no)
    raw, told = sandbox.write_notice(Payment.objects.get(order=owed), "paid")
    headers = {f"HTTP_{name.upper().replace('-', '_')}": text for name, text in told.items()}
    notify = "/api/v1/payments/{provider}/notify"
    walker.go(caller, "post", notify, raw=raw, headers=headers, provider="sandbox")
    keys = place(member, key_sku(points=5))
    walker.go(caller, "post", f"{order}/codes", {"password": PASSWORD}, no=keys.no)
    done = received(pay(place(member, sku, quantity=3)))
    line = done.lines.get().pk
    sent = pay(place(member, physical_sku(cash="9.00")))
    lifecycle.ship(sent, actor="staff:1", carrier="SF", number="1")
    walker.go(caller, "post", f"{order}/receipt", no=sent.no)
    preview = f"?line={line}&quantity=1"
    walker.go(caller, "get", f"{order}/refunds/preview", no=done.no, query=preview)
    asked = {"lines": [{"line": line, "quantity": 1}], "reason": "does not fit"}
    walker.go(caller, "post", f"{order}/refunds", asked, no=done.no)
    walker.go(caller, "get", f"{order}/refunds", no=done.no)
    back = f"{order}/refunds/{{number}}/withdrawal"
    walker.go(caller, "post", back, no=done.no, number=1)
    words = {"line": line, "stars": 4, "text": "A good mug for tea."}
    review = walker.go(caller, "post", f"{order}/reviews", words, no=done.no)
    walker.go(caller, "get", "/api/v1/products/{product_id}/reviews", **named)
    own = "/api/v1/me/reviews"
    walker.go(caller, "get", own)
    better = {"stars": 5, "text": "A very good mug for tea."}
    walker.go(caller, "put", f"{own}/{{id}}", better, id=review.get("id"))
    walker.go(caller, "delete", f"{own}/{{id}}", id=review.get("id"))
    walker.go(caller, "get", "/api/v1/orders")
    walker.go(caller, "get", "/api/v1/points/entries")


def of_baskets_and_wishes(walker, caller, member):
    sku, gone = virtual_sku(points=5), virtual_sku(points=5, stock=0)
    line = "/api/v1/cart/lines/{sku}"
    walker.go(caller, "put", line, {"quantity": 2}, sku=sku.pk)
    walker.go(caller, "put", line, {"quantity": 1, "saved": True}, sku=sku.pk)
    walker.go(caller, "get", "/api/v1/cart")
    walker.go(caller, "delete", line, sku=sku.pk)
    again = received(pay(place(member, virtual_sku(points=5, cash="9.00"))))
    walker.go(caller, "post", "/api/v1/orders/{no}/basket", no=again.no)
    wish = "/api/v1/wishlist/{product_id}"
    walker.go(caller, "put", wish, {"goal": True}, product_id=sku.product_id)
    walker.go(caller, "get", "/api/v1/wishlist")
    walker.go(caller, "delete", wish, product_id=sku.product_id)
    walker.go(caller, "put", "/api/v1/seen/{product_id}", product_id=sku.product_id)
    walker.go(caller, "get", "/api/v1/seen")
    walker.go(caller, "delete", "/api/v1/seen")
    alert = "/api/v1/stock-alerts/{sku}"
    walker.go(caller, "put", alert, sku=gone.pk)
    walker.go(caller, "get", "/api/v1/stock-alerts")
    walker.go(caller, "delete", alert, sku=gone.pk)


def of_programs(walker, caller, member):
    rule = Rule.objects.create(code="survey", action="event:survey", name="Survey", status="active")
    RuleVersion.objects.create(rule=rule, number=1, points=15, per_day=5, created_at=clock.now())
    body = {
        "event": "survey",
        "member": member.username,
        "key": "answer-1",
        "occurred_at": clock.now().isoformat(),
        "data": {"stars": 5},
    }
    raw, at = json.dumps(body).encode(), str(int(clock.now().timestamp()))
    headers = {"HTTP_X_MALL_TIMESTAMP": at, "HTTP_X_MALL_SIGNATURE": events.sign(raw, at)}
    walker.go(caller, "post", "/api/v1/events", raw=raw, headers=headers)


def of_freight(walker, clerk):
    one, terms = "/api/v1/staff/freight-templates/{id}", {"first_fee": "6.00", "more_fee": "1.00"}
    whole = {**terms, "name": "Parcels", "charged_by": "piece"}
    whole["regions"] = [{"places": ["540000"], "delivers": False}]
    made = walker.go(clerk, "post", "/api/v1/staff/freight-templates", whole)
    walker.go(clerk, "get", "/api/v1/staff/freight-templates")
    walker.go(clerk, "get", one, id=made["id"])
    walker.go(clerk, "post", f"{one}/try", {"place": "540000", "pieces": 2}, id=made["id"])
    walker.go(clerk, "put", one, {**whole, "version": made["version"]}, id=made["id"])
    walker.go(clerk, "delete", one, id=made["id"])


def of_campaigns(walker, clerk, member):
    staff = "/api/v1/staff"
    says = {"name_zh_hans": "茶客", "name_en": "Tea", "conditions": {"tags": ["tea"]}}
    walker.go(clerk, "post", f"{staff}/segments", {"code": "tea", **says})
    walker.go(clerk, "get", f"{staff}/segments")
    walker.go(clerk, "get", f"{staff}/segments/{{code}}", code="tea")
    walker.go(clerk, "put", f"{staff}/segments/{{code}}", says, code="tea")
    walker.go(clerk, "post", f"{staff}/segments/count", {"conditions": {"spend_from": "9.00"}})
    tagged = {"tag": "Tea", "members": [member.pk]}
    walker.go(clerk, "post", f"{staff}/tags", tagged)
    walker.go(clerk, "put", f"{staff}/tags", tagged)
    now = clock.now()
    window = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(days=9)).isoformat()}
    words = {"title_en": "Tea for you", "text_en": "Have some.", "reason_en": "You like tea."}
    draft = {"code": "tea", "name_zh_hans": "茶", "name_en": "Tea", "segment": "tea", **words}
    gift = {"points": 10, "budget_points": 1000}
    walker.go(clerk, "post", f"{staff}/campaigns", {**draft, **window, **gift})
    walker.go(clerk, "get", f"{staff}/campaigns")
    one = f"{staff}/campaigns/{{code}}"
    walker.go(clerk, "get", one, code="tea")
    walker.go(clerk, "post", f"{one}/moves", {"move": "schedule"}, code="tea")
    walker.go(clerk, "post", f"{one}/budget", {"points": 2000, "yuan": "0.00"}, code="tea")
    walker.go(clerk, "get", f"{one}/report", code="tea")


def of_rules(walker, clerk):
    staff, one = "/api/v1/staff", "/api/v1/staff/rules/{code}"
    double = {"code": "double", "name_zh_hans": "双倍", "name_en": "Double", "value": "percent"}
    double |= {"percent": 200, "actions": ["checkin"], "weekdays": [5], "budget_points": 500}
    made = walker.go(clerk, "post", f"{staff}/rules", double)
    walker.go(clerk, "get", f"{staff}/rules")
    walker.go(clerk, "get", one, code="double")
    change = {"percent": 300, "status": "active", "version": made["version"]}
    walker.go(clerk, "patch", one, change, code="double")
    tried = walker.go(clerk, "post", f"{one}/back-tests", {"percent": 400}, code="double")
    walker.go(clerk, "get", f"{staff}/back-tests/{{id}}", id=tried["id"])


def of_webhooks(walker, clerk):
    all_, one = "/api/v1/staff/webhooks", "/api/v1/staff/webhooks/{id}"
    wanted = {"url": "http://127.0.0.1:9/hook", "kinds": ["order_paid"], "note": "ERP"}
    made = walker.go(clerk, "post", all_, wanted)
    walker.go(clerk, "get", all_)
    walker.go(clerk, "get", one, id=made["id"])
    walker.go(clerk, "patch", one, {"is_active": False}, id=made["id"])
    walker.go(clerk, "post", f"{one}/secret", id=made["id"])
    sent = walker.go(clerk, "post", f"{one}/test", id=made["id"])
    walker.go(clerk, "get", f"{all_}/deliveries")
    walker.go(clerk, "post", f"{all_}/deliveries/replay", {"deliveries": [sent["id"]]})
    walker.go(clerk, "delete", one, id=made["id"])


def of_the_back_office(walker, clerk, member, other):
    of_freight(walker, clerk)
    of_campaigns(walker, clerk, member)
    of_rules(walker, clerk)
    of_webhooks(walker, clerk)
    staff = "/api/v1/staff"
    sku = virtual_sku(points=5, cash="9.00", stock=50)
    give = {"member": member.pk, "points": 900_000, "reason": "Sorry", "note": "late parcel"}
    asked_by = [adjustment_of(member, at) for at in range(2)]
    walker.go(clerk, "post", f"{staff}/adjustments", {**give, "points": 5})
    walker.go(clerk, "get", f"{staff}/adjustments")
    one = f"{staff}/adjustments/{{id}}"
    walker.go(clerk, "get", one, id=asked_by[0].pk)
    walker.go(clerk, "post", f"{one}/approve", {"note": "fine"}, id=asked_by[0].pk)
    walker.go(clerk, "post", f"{one}/reject", {"note": "too much"}, id=asked_by[1].pk)
    cases = [
        risk.pause(who.pk, operator=MemberFactory(), note="odd") for who in (other, MemberFactory())
    ]
    walker.go(clerk, "get", f"{staff}/cases")
    one = f"{staff}/cases/{{id}}"
    walker.go(clerk, "get", one, id=cases[0].pk)
    walker.go(clerk, "post", f"{one}/release", {"note": "fine"}, id=cases[0].pk)
    walker.go(clerk, "post", f"{one}/keep", {"note": "not fine"}, id=cases[1].pk)
    of_invitations(walker, clerk)
    parcel = pay(place(member, physical_sku(cash="9.00")))
    carried = {"carrier": "SF", "tracking_number": "SF123"}
    walker.go(clerk, "post", f"{staff}/orders/{{no}}/shipments", carried, no=parcel.no)
    walker.go(clerk, "get", f"{staff}/products")
    one, named = f"{staff}/products/{{id}}", {"id": sku.product_id}
    walker.go(clerk, "get", one, **named)
    walker.go(clerk, "patch", one, {"name_en": "Cup", "sale_ends_at": None}, **named)
    walker.go(clerk, "delete", f"{one}/sale", **named)
    walker.go(clerk, "post", f"{one}/sale", **named)
    walker.go(clerk, "patch", f"{staff}/skus/{{id}}", {"cash_price": "8.00"}, id=sku.pk)
    starts = {"points_price": 4, "cash_price": "7.00"}
    starts["starts_at"] = (clock.now() + timedelta(days=1)).isoformat()
    planned = walker.go(clerk, "post", f"{staff}/skus/{{id}}/prices", starts, id=sku.pk)
    walker.go(clerk, "get", f"{staff}/skus/{{id}}/prices", id=sku.pk)
    walker.go(clerk, "delete", f"{staff}/prices/{{id}}", id=planned["id"])
    walker.go(clerk, "get", f"{staff}/stock")
    delivery = {"quantity": 5, "note": "delivery 7"}
    walker.go(clerk, "post", f"{staff}/stock/{{sku}}/movements", delivery, sku=sku.pk)
    walker.go(clerk, "get", f"{staff}/stock/{{sku}}/movements", sku=sku.pk)
    first, second = (ask(received(pay(place(member, sku)))) for _n in range(2))
    walker.go(clerk, "get", f"{staff}/refunds")
    one = f"{staff}/refunds/{{id}}"
    walker.go(clerk, "get", one, id=first.pk)
    answer = {"restock": False, "at_fault": True, "note": "sorry"}
    walker.go(clerk, "post", f"{one}/approval", answer, id=first.pk)
    walker.go(clerk, "post", f"{one}/rejection", {"note": "too late"}, id=second.pk)
    walker.go(clerk, "get", f"{staff}/reports/{{name}}", name="retention")


def adjustment_of(member, number):
    return adjustments.ask(
        member.pk, points=900_000, ticket=f"walk-{number}", operator=MemberFactory(), note="why"
    )
