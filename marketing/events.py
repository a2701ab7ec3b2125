"""Custom events: what the shop's other systems saw a member do, told by a signed call between
servers.

The signature is a hex HMAC-SHA256 with EVENT_SECRET over the timestamp, a dot and the raw body. A
member's app holds no such secret, so no client can name an event that pays.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import isfinite

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection
from django.utils.dateparse import parse_datetime

from mall.core import clock, pasted, repeats, signatures
from mall.core.signatures import TOLERANCE_SECONDS
from mall.core.transactions import transactional
from marketing.draws.events import TICKET_DRAWN  # noqa: F401 - told by a room of marketing
from marketing.errors import (
    EventConflict,
    EventNeedsAmount,
    ForgedEvent,
    InvalidEvent,
    UnknownEvent,
    UnknownMember,
)
from marketing.missions import counting as missions
from marketing.models import CustomEvent, Mission
from points import ledger, rulebook, rules
from points.models import Rule, RuleVersion

TIMESTAMP_HEADER = "X-Mall-Timestamp"
SIGNATURE_HEADER = "X-Mall-Signature"
EVENT_BYTES = 64 * 1024
OLDEST = timedelta(days=31)
MOST_YUAN = Decimal(10) ** 9
DEEPEST = 8  # brackets inside brackets; databases give up far later
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,31}\Z")
YUAN = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")  # as a text; Python's own reads 1_0 as 10
LONGEST_KEY = 60
FIELDS = {"event", "member", "key", "occurred_at", "data"}
REQUIRED = FIELDS - {"data"}


@dataclass(frozen=True)
class Told:
    """What a call says, checked; ``replayed`` is for the answer."""

    event: str
    member: str
    key: str
    occurred_at: datetime
    content: dict

    @property
    def digest(self) -> str:
        """What tells this content from another: texts and numbers as they were written, where true
        is not 1.
        """
        return hashlib.sha256(json.dumps(self.content, sort_keys=True).encode()).hexdigest()


def sign(raw_body: bytes, timestamp: str) -> str:
    """Return the hex HMAC-SHA256 over timestamp and raw body."""
    return signatures.sign(raw_body, timestamp, secret=settings.EVENT_SECRET)


def check_signature(raw_body: bytes, headers) -> None:
    """Raises: ForgedEvent when it is not signed by us, or more than TOLERANCE_SECONDS ago or
    ahead.
    """
    timestamp, signature = headers.get(TIMESTAMP_HEADER) or "", headers.get(SIGNATURE_HEADER) or ""
    if not signatures.is_genuine(raw_body, timestamp, signature, secret=settings.EVENT_SECRET):
        raise ForgedEvent


def receive(raw_body: bytes, headers) -> tuple[CustomEvent, bool]:
    """Take in one signed event; returns its row and whether it was known. Once per (event, key),
    however often told.

    Awards the rule of the action ``event:<name>``, one that pays by the yuan by ``data.amount``,
    and moves the missions that listen to it.
    Raises: ForgedEvent, InvalidEvent, UnknownEvent, UnknownMember, EventConflict (known, and says
    something else), EventNeedsAmount.
    """
    check_signature(raw_body, headers)
    told = _read(raw_body)
    try:
        return _take_in(told)
    except IntegrityError:
        # Somebody told the same key of another member at the same moment; by now that row is there
        # to compare.
        if connection.in_atomic_block:
            raise
        return _take_in(told)


@transactional
def _take_in(told):
    action = f"event:{told.event}"
    if not (
        Rule.objects.filter(action=action).exists() or Mission.objects.filter(event=action).exists()
    ):
        raise UnknownEvent(event=told.event)
    user_id = (
        get_user_model()
        .objects.filter(username=told.member, is_active=True)
        .values_list("pk", flat=True)
        .first()
    )
    if user_id is None:
        raise UnknownMember(member=told.member)
    # Fifty deliveries of one message may arrive at once: the second must see the first one's row.
    ledger.open(user_id)
    known = CustomEvent.objects.filter(event=told.event, key=told.key).first()
    if known is not None:
        content = {"digest": told.digest} if known.digest else {"content": told.content}
        said = {"user_id": user_id, "occurred_at": told.occurred_at, **content}
        return repeats.same(known, otherwise=EventConflict, **said), True
    key = f"{action}:{told.key}"
    entry = rules.award(user_id, action, key=key, reference=action, amount=_amount(told, action))
    missions.note(user_id, action, key=key)
    points = max(0, entry.worth) if entry else 0
    fields = {
        "event": told.event,
        "key": told.key,
        "user_id": user_id,
        "occurred_at": told.occurred_at,
    }
    fields |= {"content": told.content, "digest": told.digest}
    return CustomEvent.objects.create(points=points, received_at=clock.now(), **fields), False


def _amount(told, action) -> Decimal | None:
    """Return the yuan of an event where a rule asks for them; only one that pays needs them.

    Raises: EventNeedsAmount.
    """
    found = rulebook.candidates(action, clock.now())
    if not any(_asks_yuan(one) for one in found.all):
        return None
    said = told.content.get("amount")
    # As it was written: a float would be a hair beside 0.1
    is_number = type(said) in (int, float) or (type(said) is str and YUAN.fullmatch(said))
    amount = Decimal(str(said)) if is_number else None
    if amount is not None and 0 <= amount <= MOST_YUAN and amount == round(amount, 2):
        return amount
    if any(_asks_yuan(one) for one in found.bases):
        raise EventNeedsAmount
    return None


def _asks_yuan(version) -> bool:
    return version.value == RuleVersion.Value.PER_YUAN or version.amount_min is not None


# --- reading --------------------------------------------------------------------
def _read(raw_body) -> Told:
    try:
        said = json.loads(raw_body, parse_constant=_refuse, parse_float=_finite)
        if not isinstance(said, dict) or not REQUIRED <= said.keys() <= FIELDS:
            raise ValueError("fields")
        event, member, key, content = (
            said["event"],
            said["member"],
            said["key"],
            said.get("data", {}),
        )
        if not (
            isinstance(event, str)
            and NAME.match(event)
            and repeats.is_key(key, longest=LONGEST_KEY)
        ):
            raise ValueError("event or key")
        if not (
            isinstance(member, str) and isinstance(content, dict) and _depth(content) <= DEEPEST
        ):
            raise ValueError("member or data")
        # half a character is no text
        member.encode(), json.dumps(content, ensure_ascii=False).encode()
        return Told(event, pasted.name(member), key, _instant(said["occurred_at"]), content)
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidEvent from error


def _refuse(constant):
    raise ValueError(constant)


def _finite(text) -> float:
    number = float(text)
    if not isfinite(number):  # 1e400: Python calls it infinity, and no database's JSON knows that
        raise ValueError(text)
    return number


def _instant(text) -> datetime:
    instant = parse_datetime(text)
    if instant is None or instant.tzinfo is None:
        raise ValueError("occurred_at")
    now = clock.now()
    if not now - OLDEST <= instant <= now + timedelta(seconds=TOLERANCE_SECONDS):
        raise ValueError("occurred_at")
    return instant.replace(microsecond=0)


def _depth(content) -> int:
    inner = (
        content.values()
        if isinstance(content, dict)
        else content
        if isinstance(content, list)
        else ()
    )
    return 1 + max(map(_depth, inner), default=0) if isinstance(content, (dict, list)) else 0
