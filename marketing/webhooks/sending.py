"""The sweep that sends webhooks: some rows at a time, each taken by an update whose filter holds
the old state, several servers asked side by side, no transaction open meanwhile.

A sender that dies leaves its rows to the next one after LEASE: so each fact arrives at least once,
under the same id. What fails is tried again for three days and a half; an endpoint that never
answered well for OFF_AFTER is switched off, and who made it is told by mail.

Source: Standard Webhooks 1.0.0, "Deliverability and reliability".
"""

from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import monotonic

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import outbox
from mall.core import clock
from mall.core.breaker import Breaker
from mall.core.outside import calls
from mall.core.transactions import transactional
from marketing.models import WebhookDelivery, WebhookEndpoint
from marketing.webhooks import endpoints, signing
from marketing.webhooks.queue import KEPT_DAYS

log = structlog.get_logger(__name__)
State, Reason = WebhookDelivery.State, WebhookEndpoint.Reason
BACKOFF = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
TRIES = len(BACKOFF) + 1
OFF_AFTER = timedelta(days=5)
LEASE = timedelta(minutes=2)
SWEEP_SECONDS = 20
AT_ONCE = 8  # calls side by side
OF_ONE = 4  # rows of one endpoint a round, so that one with many leaves room for the others
GONE = 410
MOST_WAIT = timedelta(days=1)  # whatever a server asks for


class Silent(Exception):
    """The endpoint did not answer, or is left alone for a while."""


_breakers = defaultdict(lambda: Breaker("webhook", Silent))


def send_due() -> dict:
    """Send what is due; returns how many were taken, put off and given up.

    May run late, or several times at once: a row is sent by whoever took it.
    """
    numbers, until = Counter(), monotonic() + SWEEP_SECONDS
    with ThreadPoolExecutor(AT_ONCE) as side_by_side:
        while monotonic() < until and (rows := _take_some()):
            asked = [(row, _letter(row)) for row in rows]
            told = side_by_side.map(lambda one: _call(*one), asked)
            for row, outcome in zip(rows, told, strict=True):
                numbers[_note(row, outcome)] += 1
    return dict(numbers)


def forget_old() -> int:
    """Delete deliveries of long ago, whatever became of them; returns how many rows went."""
    over = WebhookDelivery.objects.filter(created_at__lt=clock.now() - timedelta(days=KEPT_DAYS))
    return over.delete()[0]


# --- taking ------------------------------------------------------------------------
def _take_some() -> list[WebhookDelivery]:
    """Take some due rows, of each endpoint OF_ONE at most, the oldest first."""
    now, rows = clock.now(), []
    for one in endpoints.listening():
        if not _breakers[one.pk].rests:
            due = WebhookDelivery.objects.due(now).filter(endpoint_id=one.pk)
            ids = due.order_by("next_try_at", "pk").values_list("pk", flat=True)[:OF_ONE]
            rows += [pk for pk in ids if _take(pk, now)]
    taken = WebhookDelivery.objects.filter(pk__in=rows).select_related("endpoint")
    return list(taken.order_by("pk"))


def _take(pk, now) -> bool:
    """Make a row ours until LEASE is over: who looks meanwhile finds it not due."""
    taken = {"tries": F("tries") + 1, "next_try_at": now + LEASE}
    waiting = WebhookDelivery.objects.filter(pk=pk, state=State.WAITING, next_try_at__lte=now)
    return bool(waiting.update(**taken))


# --- one call ----------------------------------------------------------------------
def _letter(row) -> tuple[bytes, dict]:
    """Return body and headers; read here, for the threads that call have no database."""
    now, body = clock.now(), row.body.encode()
    secrets = endpoints.secrets_of(row.endpoint, now)
    signed = signing.headers(row.message, int(now.timestamp()), body, secrets=secrets)
    return body, {"Content-Type": "application/json", **signed}


def _call(row, letter) -> calls.Outcome:
    breaker = _breakers[row.endpoint_id]
    outcome = calls.Outcome(None, "left alone for a moment: it was silent", 0)
    try:
        with breaker.watching():
            outcome = calls.post(row.endpoint.url, *letter)
            if outcome.status is None:
                raise Silent
    except Silent:
        return outcome
    return outcome


# --- how it went -------------------------------------------------------------------
def _note(row, outcome) -> str:
    """Write down how a call went; returns it in a word."""
    told = {"status": outcome.status, "answer": outcome.said, "took_ms": outcome.took_ms}
    ours = WebhookDelivery.objects.filter(pk=row.pk, state=State.WAITING)
    if outcome.is_taken:
        ours.update(**told, state=State.SENT, sent_at=clock.now())
        _note_well(row.endpoint)
        return "sent"
    _note_badly(row.endpoint, outcome)
    if row.tries >= TRIES:
        ours.update(**told, state=State.DEAD)
        return "dead"
    wait = max(BACKOFF[row.tries - 1], min(timedelta(seconds=outcome.wait_seconds), MOST_WAIT))
    ours.update(**told, next_try_at=clock.now() + wait)
    return "put off"


def _note_well(endpoint):
    if endpoint.failing_since is not None:
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(failing_since=None)


def _note_badly(endpoint, outcome):
    if outcome.status == GONE:
        _switch_off(endpoint, Reason.GONE)
    elif endpoint.failing_since is None:
        unnoted = WebhookEndpoint.objects.filter(pk=endpoint.pk, failing_since__isnull=True)
        unnoted.update(failing_since=clock.now())
    elif endpoint.failing_since < clock.now() - OFF_AFTER:
        _switch_off(endpoint, Reason.SILENT)


@transactional
def _switch_off(endpoint, reason):
    """Switch an endpoint off, once, and write to who made it."""
    if not endpoints.switch_off(endpoint, reason):
        return
    log.error("webhook_switched_off", endpoint=endpoint.pk, reason=str(reason.value))
    reader = endpoint.made_by
    if reader is not None and reader.is_active and reader.mailbox:
        with translation.override(reader.language):
            outbox.post("webhooks/switched_off", _mail(endpoint, reason, reader))


def _mail(endpoint, reason, reader) -> EmailMessage:
    words = {"url": endpoint.url, "reason": reason.label, "shop": settings.SHOP_URL}
    text = _(
        "We send nothing more to %(url)s. Why: %(reason)s.\n\n"
        "What was not taken waits in the back office and can be sent again once the endpoint is "
        "switched on: %(shop)s/admin/marketing/webhookendpoint/"
    )
    return EmailMessage(_("A webhook was switched off"), text % words, to=[reader.mailbox])
