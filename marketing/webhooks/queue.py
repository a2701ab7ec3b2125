"""What waits to be sent: one row per fact and endpoint, with the body as it will be signed.

``VERSION`` of the body counts up when something in it changes its meaning; fields may be added.
"""

import hashlib
import json
import uuid
from collections.abc import Iterable

from django.core.serializers.json import DjangoJSONEncoder

from mall.core import audit, clock
from mall.core.events import Event
from mall.core.transactions import transactional
from marketing.models import WebhookDelivery, WebhookEndpoint
from marketing.webhooks import endpoints
from marketing.webhooks.kinds import TEST

VERSION = 1
KEPT_DAYS = 30
BATCH = 500  # rows of one statement
REPLAYED_AT_ONCE = 10_000
SHOWN_IN_AUDIT = 50
State = WebhookDelivery.State


def write_down(events: Iterable[Event]) -> None:
    """Write a row for each fact and endpoint that wants it, in the transaction in which it is
    heard. Idempotent by (message, endpoint): the same fact has the same message id.
    """
    if clock.is_set_back():
        return  # history that is written now is nobody's news
    rows = [
        WebhookDelivery(
            endpoint_id=one.pk,
            message=message_of(event),
            kind=event.kind,
            member=event.member,
            body=body_of(event),
            next_try_at=clock.now(),
        )
        for event in events
        for one in endpoints.listening()
        if not one.kinds or event.kind in one.kinds
    ]
    if rows:
        WebhookDelivery.objects.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)


def message_of(event: Event) -> str:
    """Return the id of a fact for those who hear of it: its number among the member's, or of a
    fact that is no row what it says.
    """
    if event.n:
        return f"fact-{event.member}-{event.n}"
    said = json.dumps(_content_of(event), sort_keys=True, cls=DjangoJSONEncoder)
    digest = hashlib.sha256(f"{event.kind} {event.at.isoformat()} {said}".encode())
    return f"fact-{event.member}-{digest.hexdigest()[:32]}"


def body_of(event: Event) -> str:
    """Return what is sent of a fact: numbers, codes and ids, of nobody a name."""
    return _body(event.kind, event.at, _content_of(event))


@transactional
def send_test(endpoint: WebhookEndpoint, *, actor) -> WebhookDelivery:
    """Queue a message that tells nothing, to see whether it arrives."""
    now = clock.now()
    audit.note(actor, "webhooks.test", target=endpoint)
    return WebhookDelivery.objects.create(
        endpoint=endpoint,
        message=f"test-{uuid.uuid4().hex}",
        kind=TEST,
        body=_body(TEST, now, {"endpoint": endpoint.pk}),
        next_try_at=now,
    )


@transactional
def replay(deliveries, *, actor) -> int:
    """Send deliveries once more under the same id, whatever became of them; returns how many, at
    most REPLAYED_AT_ONCE.
    """
    ids = list(deliveries.order_by("pk").values_list("pk", flat=True)[:REPLAYED_AT_ONCE])
    fresh = {"state": State.WAITING, "tries": 0, "next_try_at": clock.now()}
    count = WebhookDelivery.objects.filter(pk__in=ids).update(**fresh)
    if count:
        told = {"deliveries": ids[:SHOWN_IN_AUDIT], "count": count}
        audit.note(actor, "webhooks.replay", target="webhooks", after=told)
    return count


def _content_of(event):
    return {
        "member": event.member,
        "number": event.n,
        "reference": event.reference,
        "actor": event.actor,
        "note": event.note,
        "details": dict(event.data),
    }


def _body(kind, at, told) -> str:
    said = {"type": kind, "version": VERSION, "timestamp": at.isoformat(), "data": told}
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False, cls=DjangoJSONEncoder)
