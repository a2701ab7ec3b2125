"""The audit log: operators' verbs write it down in the transaction of what they do."""

from django.contrib.auth import get_user_model
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

from mall.core import request_ids
from mall.core.models import AuditRow

SYSTEM = "system"


def note(actor, action: str, *, target, reason: str = "", before=None, after=None) -> AuditRow:
    """Write down one act, in the caller's transaction: it commits or vanishes with the act.

    ``actor`` is a user, a name such as ``"staff:7"``, or None for the shop itself; ``target`` a row
    or its reference (``"order:M2611…"``); ``before`` and ``after`` are plain values of what changed
    (dates and amounts are written as text). ``action`` reads ``room.verb``: ``"points.adjust"``.
    Personal data stays out.
    """
    name, actor_name = _named(actor)
    target, target_name = (
        (_label(target), str(target)) if isinstance(target, Model) else (str(target), "")
    )
    return AuditRow.objects.create(
        actor=name[:80],
        actor_name=actor_name[:150],
        action=action[:60],
        target=target[:120],
        target_name=target_name[:200],
        reason=reason[:500],
        before=_plain(before),
        after=_plain(after),
        request_id=request_ids.running(),
    )


def _named(actor):
    if actor is None:
        return SYSTEM, ""
    if isinstance(actor, str):
        return actor, _clerk(actor)
    return f"{'staff' if actor.is_staff else 'member'}:{actor.pk}", actor.get_username()


def _clerk(actor):
    """Return the user name behind ``staff:<id>``: readers of the log look for people, not for
    numbers.
    """
    room, _colon, pk = actor.partition(":")
    if room != "staff" or not pk.isdecimal():
        return ""
    clerk = get_user_model().objects.filter(pk=pk).first()
    return clerk.get_username() if clerk else ""


def _label(row):
    return f"{row._meta.label_lower}:{row.pk}"


def _plain(value):
    """Return the value as JSON can keep it: dates, decimals and translated words become text."""
    if isinstance(value, dict):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(part) for part in value]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    try:
        return DjangoJSONEncoder().default(value)
    except TypeError:
        return str(value)
