"""Webhooks: heard once each, signed, tried again, left alone; against real servers on loopback."""

import json
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts.models import AccountMail
from mall.core import clock, events
from mall.core.models import AuditRow
from mall.core.outside import calls, targets
from marketing.models import WebhookDelivery, WebhookEndpoint
from marketing.webhooks import endpoints, kinds, queue, sending, signing
from points import event_delivery
from tests.factories.orders import give_points, place, virtual_sku
from tests.listening import fact
from tests.serving import free_port

pytestmark = pytest.mark.django_db
State = WebhookDelivery.State


@pytest.fixture(autouse=True)
def no_memory():
    sending._breakers.clear()


def listening(url, operator, *wanted):
    endpoint = WebhookEndpoint(url=url, kinds=list(wanted))
    endpoints.add(endpoint, actor=operator)
    return endpoint


def later(**how):
    return time_machine.travel(clock.now() + timedelta(**how), tick=False)


# --- what is written -----------------------------------------------------------------
def test_write_down_when_facts_are_heard_again_then_one_row_each_and_no_name(
    receiver, operator, member
):
    listening(receiver.url("/all"), operator)
    listening(receiver.url("/some"), operator, "order_paid")
    give_points(member, 300)

    order = place(member, virtual_sku(points=100))

    rows = WebhookDelivery.objects.filter(member=member.pk, body__contains=order.no)
    assert list(rows.filter(kind="order_paid").values_list("endpoint__url", flat=True)) == [
        receiver.url("/some"),
        receiver.url("/all"),
    ]
    assert set(rows.values_list("kind", flat=True)) >= {"order_placed", "order_paid"}
    body = json.loads(rows.filter(kind="order_paid").first().body)
    assert (body["type"], body["version"]) == ("order_paid", 1)
    assert body["data"]["reference"] == order.reference
    assert body["data"]["details"]["points"] == 100
    everything = " ".join(WebhookDelivery.objects.values_list("body", flat=True))
    assert member.username not in everything.replace("member", "")
    assert member.email not in everything

    before = WebhookDelivery.objects.count()
    known = fact(member, "order_paid", order.reference)
    queue.write_down([known, known])
    queue.write_down([known])
    assert WebhookDelivery.objects.count() == before + 2  # it is another fact, once an endpoint


def test_tell_when_nobody_outside_wants_a_kind_then_it_waits_for_nobody(
    heard_later, member, operator, receiver
):
    event_delivery.deliver_due()
    assert not events.has_listeners("weighed")

    endpoint = listening(receiver.url(), operator, "weighed")
    assert events.has_listeners("weighed")
    events.tell(fact(member))
    event_delivery.deliver_due()
    assert [row.message for row in endpoint.deliveries.all()] == [
        f"fact-{member.pk}-{member.point_account.told}"
    ]

    endpoint.is_active = False
    endpoints.change(endpoint, actor=operator)
    assert not events.has_listeners("weighed")


def test_all_kinds_when_apps_tell_then_each_has_words():
    assert {"registered", "points_awarded", "order_paid", "review_published"} <= set(
        kinds.all_kinds()
    )
    assert set(kinds.all_kinds()) - set(kinds.WORDS) == set()


# --- what is sent --------------------------------------------------------------------
def test_send_due_when_servers_differ_then_each_is_signed_tried_again_or_over(
    receiver, operator, member, standing_clock
):
    receiver.answers = {
        "/500": 500,
        "/moved": (302, ("Location", receiver.url("/elsewhere"))),
        "/busy": (429, ("Retry-After", "600")),
        "/gone": 410,
    }
    paths = ("/good", "/500", "/moved", "/busy", "/gone")
    made = {path: listening(receiver.url(path), operator, "weighed") for path in paths}
    made["/refused"] = listening(f"http://127.0.0.1:{free_port()}/refused", operator, "weighed")
    events.tell(fact(member))

    told = sending.send_due()

    assert told == {"sent": 1, "put off": 5}
    rows = {path: one.deliveries.get() for path, one in made.items()}
    assert {path: (row.state, row.status) for path, row in rows.items()} == {
        "/good": ("sent", 204),
        "/500": ("waiting", 500),
        "/moved": ("waiting", 302),
        "/busy": ("waiting", 429),
        "/gone": ("waiting", 410),
        "/refused": ("waiting", None),
    }
    assert rows["/500"].answer == "said <so>"
    assert rows["/refused"].answer == "ConnectionRefusedError"
    waits = {path: row.next_try_at - clock.now() for path, row in rows.items()}
    assert waits["/500"] == timedelta(seconds=5)
    assert waits["/busy"] == timedelta(minutes=10)
    assert {path for path, _headers, _body in receiver.heard} == set(paths)
    gone = WebhookEndpoint.objects.get(pk=made["/gone"].pk)
    assert (gone.is_active, gone.switched_off) == (False, "gone")
    assert sending.send_due() == {}

    [(headers, body)] = [heard[1:] for heard in receiver.heard if heard[0] == "/good"]
    assert body == rows["/good"].body.encode()
    assert headers["webhook-id"] == rows["/good"].message
    expected = signing.sign(
        headers["webhook-id"],
        int(headers["webhook-timestamp"]),
        body,
        secret=made["/good"].secret,
    )
    assert headers["webhook-signature"] == expected


def test_sign_when_the_standards_example_is_signed_then_its_signature():
    """The example of the specification's own libraries."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    signature = signing.sign(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', secret=secret
    )

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_post_when_a_server_hangs_or_drips_then_it_has_an_end(receiver, monkeypatch):
    monkeypatch.setattr(calls, "READ_SECONDS", 1)
    monkeypatch.setattr(calls, "WHOLE_SECONDS", 1.5)

    def hang(handler):
        receiver.over.wait(20)

    def drip(handler):
        while not receiver.over.wait(0.05):
            try:
                handler.wfile.write(b"H")
            except OSError:
                return

    def half(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
        receiver.over.wait(20)

    receiver.answers = {"/hangs": hang, "/drips": drip, "/half": half}

    hung, dripped, halved = (
        calls.post(receiver.url(path), b"{}", {}) for path in ("/hangs", "/drips", "/half")
    )

    assert (hung.status, hung.said) == (None, "no answer in time")
    assert (dripped.status, dripped.said) == (None, "BadStatusLine")
    assert (halved.status, halved.is_taken) == (200, True)


def test_send_due_when_an_endpoint_is_silent_then_left_alone_and_off_after_days(
    receiver, operator, member, standing_clock
):
    dead = listening(f"http://127.0.0.1:{free_port()}/", operator, "weighed")
    good = listening(receiver.url(), operator, "weighed")
    events.tell(*(fact(member, reference=f"scale:{n}") for n in range(6)))

    assert sending.send_due() == {"sent": 6, "put off": 4}

    assert dead.deliveries.filter(tries=0).count() == 2  # then the others were not even tried
    dead.refresh_from_db()
    assert dead.failing_since == clock.now()

    with later(days=5, minutes=1):
        sending._breakers.clear()
        sending.send_due()
        sending._breakers.clear()
        sending.send_due()
        dead.refresh_from_db()
        assert (dead.is_active, dead.switched_off) == (False, "silent")
        assert AccountMail.objects.filter(template="webhooks/switched_off").count() == 1
        assert AuditRow.objects.filter(action="webhooks.switch_off").count() == 1
        assert good.deliveries.filter(state=State.SENT).count() == 6


def test_send_due_when_all_tries_were_vain_then_given_up_and_replayed_under_the_same_id(
    receiver, operator, member
):
    endpoint = listening(receiver.url("/"), operator, "weighed")
    receiver.answers = {"/": 503}
    events.tell(fact(member))
    for _try in range(sending.TRIES):
        moment = endpoint.deliveries.get().next_try_at
        with time_machine.travel(moment, tick=False):
            sending.send_due()

    row = endpoint.deliveries.get()
    assert timedelta(days=3) < moment - row.created_at < timedelta(days=4)
    assert (row.state, row.tries, len(receiver.heard)) == ("dead", 10, 10)

    receiver.answers = {}
    with time_machine.travel(moment, tick=False):
        assert queue.replay(WebhookDelivery.objects.all(), actor=operator) == 1
        assert sending.send_due() == {"sent": 1}
    assert {headers["webhook-id"] for _path, headers, _body in receiver.heard} == {row.message}


def test_replace_secret_when_both_are_known_then_both_sign_for_a_day(operator):
    endpoint = listening("http://127.0.0.1:9/", operator)
    old = endpoint.secret

    new = endpoints.replace_secret(endpoint, actor=operator)

    endpoint.refresh_from_db()
    assert new != old
    assert endpoints.secrets_of(endpoint, clock.now()) == [new, old]
    assert endpoints.secrets_of(endpoint, clock.now() + timedelta(hours=25)) == [new]
    assert signing.headers("m", 1, b"{}", secrets=[new, old])["webhook-signature"].count("v1,") == 2


# --- where they may go -----------------------------------------------------------------
@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/",
        "https://user:pass@example.com/",
        "https://example.com/#x",
        "https://exa mple.com/",
        "https:///nowhere",
        "https://example.com:99999/",
        "ftp://example.com/",
        "javascript:alert(1)",
    ],
)
def test_check_when_an_address_is_private_or_none_then_refused(settings, url):
    settings.WEBHOOKS_PRIVATE = False

    with pytest.raises(ValidationError):
        targets.check(url)


def test_find_when_a_name_leads_inside_then_nobody_is_asked(settings, receiver):
    settings.WEBHOOKS_PRIVATE = False

    outcome = calls.post(receiver.url().replace("127.0.0.1", "localhost"), b"{}", {})

    assert (outcome.status, outcome.said) == (None, "the name leads into a private network")
    assert receiver.heard == []
    assert targets.is_public("93.184.216.34")
    assert not any(map(targets.is_public, ("100.64.0.1", "0.0.0.0", "224.0.0.1", "fd00::1")))


# --- the back office -------------------------------------------------------------------
def test_admin_when_an_operator_works_then_secret_once_test_and_replay(client, operator, receiver):
    client.force_login(operator)
    add = reverse("admin:marketing_webhookendpoint_add")
    typed = {"url": receiver.url("/hook"), "note": "ERP", "kinds": ["order_paid"], "is_active": 1}

    bad = client.post(add, {**typed, "url": "ftp://nowhere"})
    made = client.post(add, typed)

    assert "ftp://nowhere" in bad.content.decode()
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.secret in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    assert client.post(add, typed).status_code == 200  # the same again is refused, and shown
    assert WebhookEndpoint.objects.count() == 1
    page = reverse("admin:marketing_webhookendpoint_change", args=[endpoint.pk])
    assert endpoint.secret not in client.get(page).content.decode()

    replace = reverse("admin:marketing_webhookendpoint_replace_secret", args=[endpoint.pk])
    asked = client.get(replace)
    answer = client.post(replace, {"version": asked.context["version"]})
    anew = WebhookEndpoint.objects.get()
    assert anew.secret in answer.content.decode()
    assert anew.old_secret == endpoint.secret
    test = reverse("admin:marketing_webhookendpoint_send_test", args=[endpoint.pk])
    asked = client.get(test)
    assert client.post(test, {"version": asked.context["version"]}).status_code == 302
    assert sending.send_due() == {"sent": 1}
    listed = reverse("admin:marketing_webhookdelivery_changelist")
    row = endpoint.deliveries.get()
    assert client.get(listed).status_code == 200
    assert (
        row.message
        in client.get(
            reverse("admin:marketing_webhookdelivery_change", args=[row.pk])
        ).content.decode()
    )
    client.post(listed, {"action": "replay", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert row.state == State.WAITING
    assert AuditRow.objects.filter(action__startswith="webhooks.").count() == 4


# --- killed ------------------------------------------------------------------------------
KILLED = """
import django, os, signal
django.setup()
from marketing.webhooks import sending
sending._note = lambda *told: os.kill(os.getpid(), signal.SIGKILL)
sending.send_due()
"""


@pytest.mark.django_db(transaction=True)
def test_send_due_when_a_sender_dies_after_it_spoke_then_sent_again_with_the_same_id(
    receiver, operator, member, environment_of_test
):
    endpoint = listening(receiver.url(), operator, "weighed")
    events.tell(fact(member))

    done = subprocess.run([sys.executable, "-c", KILLED], env=environment_of_test, timeout=60)

    assert done.returncode == -signal.SIGKILL
    assert len(receiver.heard) == 1
    assert sending.send_due() == {}  # it is still the other's
    with later(minutes=3):
        assert sending.send_due() == {"sent": 1}
    assert [headers["webhook-id"] for _path, headers, _body in receiver.heard] == [
        endpoint.deliveries.get().message
    ] * 2


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_send_due_when_four_sweeps_run_at_once_then_each_row_leaves_once(
    receiver, operator, member, run_threads, deadlocks
):
    listening(receiver.url(), operator, "weighed")
    events.tell(*(fact(member, reference=f"scale:{n}") for n in range(12)))

    outcomes = run_threads(4, sending.send_due)

    assert sum(told.get("sent", 0) for told in outcomes) == 12
    assert len({headers["webhook-id"] for _path, headers, _body in receiver.heard}) == 12
    assert len(receiver.heard) == 12
    assert deadlocks() == 0


# --- the API of the back office ----------------------------------------------------------
WEBHOOKS = "/api/v1/staff/webhooks"


def test_api_when_an_operator_works_then_secret_once_test_and_replay(bearer, operator, receiver):
    api, sent = bearer(operator), {"format": "json"}
    typed = {"url": receiver.url("/hook"), "note": "ERP", "kinds": ["order_paid"]}

    made = api.post(WEBHOOKS, typed, **sent)

    endpoint = WebhookEndpoint.objects.get()
    one = f"{WEBHOOKS}/{endpoint.pk}"
    assert (made.status_code, made.json()["secret"]) == (201, endpoint.secret)
    assert "no-store" in made["Cache-Control"]
    assert endpoint.secret not in api.get(one).content.decode()
    assert endpoint.secret not in api.get(WEBHOOKS).content.decode()
    anew = api.post(f"{one}/secret", **sent).json()
    assert anew["secret"] != endpoint.secret
    assert WebhookEndpoint.objects.get().old_secret == endpoint.secret
    tested = api.post(f"{one}/test", **sent).json()
    assert sending.send_due() == {"sent": 1}
    [row] = api.get(f"{WEBHOOKS}/deliveries?endpoint={endpoint.pk}&state=sent").json()["results"]
    assert (row["message"], row["status"]) == (tested["message"], 204)
    replayed = api.post(f"{WEBHOOKS}/deliveries/replay", {"deliveries": [row["id"]]}, **sent)
    assert replayed.json() == {"replayed": 1}
    assert api.patch(one, {"is_active": False}, **sent).json()["is_active"] is False
    assert api.delete(one).status_code == 204
    assert not WebhookEndpoint.objects.exists()
    deeds = AuditRow.objects.filter(action__startswith="webhooks.").order_by("pk")
    assert [deed.action.partition(".")[2] for deed in deeds] == [
        "add", "replace_secret", "test", "replay", "change", "remove",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"url": "ftp://nowhere"}, "url"),
        ({"url": "http://127.0.0.1:9/known"}, "url"),
        ({"kinds": ["nothing_like_it"]}, "kinds"),
        ({"is_active": "yes"}, "is_active"),
        ({"secret": "mine"}, "secret"),
    ],
)
def test_api_when_an_endpoint_makes_no_sense_then_said_at_its_field(bearer, operator, wrong, field):
    listening("http://127.0.0.1:9/known", operator)
    other = listening("http://127.0.0.1:9/other", operator)
    typed = {"url": "http://127.0.0.1:9/third", "kinds": [], **wrong}

    added = bearer(operator).post(WEBHOOKS, typed, format="json")
    changed = bearer(operator).patch(f"{WEBHOOKS}/{other.pk}", wrong, format="json")

    for answer in (added, changed):
        assert answer.status_code == 400
        assert {one["attr"].partition(".")[0] for one in answer.json()["errors"]} == {field}
    assert WebhookEndpoint.objects.count() == 2


def test_admin_when_an_endpoint_is_deleted_then_the_audit_log_says_so(client, operator):
    endpoint = listening("http://127.0.0.1:9/known", operator)
    client.force_login(operator)

    page = reverse("admin:marketing_webhookendpoint_delete", args=[endpoint.pk])
    client.post(page, {"post": "yes"})

    assert not WebhookEndpoint.objects.exists()
    assert AuditRow.objects.filter(action="webhooks.remove").count() == 1
