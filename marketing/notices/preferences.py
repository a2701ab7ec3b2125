"""What each member wants to hear of, kind by kind: a row where they chose, the shop's choice where
not.
"""

from dataclasses import dataclass

from mall.core.transactions import transactional
from marketing.models import Notification, Preference
from marketing.notices.topics import MANNERS, TOPICS, kinds_of, manner_of


@dataclass(frozen=True, slots=True)
class Choice:
    """Whether a kind goes to the inbox and by e-mail."""

    inbox: bool
    email: bool


def of(user) -> dict[str, Choice]:
    """Return a member's choice for every kind."""
    chosen = {row.kind: row for row in Preference.objects.filter(user=user)}
    return {kind: _choice(kind, chosen.get(kind)) for kind in MANNERS}


def of_many(user_ids, kinds) -> dict[tuple, Choice]:
    """Return the choices of many members for some kinds, by (member, kind), with one query."""
    rows = Preference.objects.filter(user_id__in=set(user_ids), kind__in=set(kinds))
    return {(row.user_id, row.kind): _choice(row.kind, row) for row in rows}


def default(kind) -> Choice:
    """Return the shop's choice for a kind."""
    return _choice(kind, None)


@transactional
def choose(user, choices: dict[str, Choice]) -> None:
    """Keep a member's choices for some kinds; what is not for choosing stays as it is.

    Saying the same again changes nothing. Raises: KeyError for an unknown kind.
    """
    rows = [
        Preference(
            user_id=user.pk,
            kind=kind,
            inbox=_kept(kind, choice).inbox,
            email=_kept(kind, choice).email,
        )
        for kind, choice in choices.items()
    ]
    Preference.objects.bulk_create(
        rows, update_conflicts=True, update_fields=["inbox", "email"], **_unique()
    )


@transactional
def stop_mails(user_id, kinds) -> None:
    """Send a member no more mail about some kinds; the inbox stays as chosen."""
    chosen = of_many([user_id], kinds)
    quiet = {
        kind: Choice(chosen.get((user_id, kind), default(kind)).inbox, False) for kind in kinds
    }
    rows = [
        Preference(user_id=user_id, kind=kind, inbox=choice.inbox, email=_kept(kind, choice).email)
        for kind, choice in quiet.items()
    ]
    Preference.objects.bulk_create(
        rows, update_conflicts=True, update_fields=["email"], **_unique()
    )


def by_topic(user) -> list[dict]:
    """Return the kinds for a page: topics in order, each with its rows."""
    choices = of(user)
    return [
        {
            "topic": topic,
            "label": label,
            "rows": [_row(kind, choices[kind]) for kind in kinds_of(topic)],
        }
        for topic, label in TOPICS.items()
    ]


def _row(kind, choice):
    manner = manner_of(kind)
    label = Notification.Kind(kind).label
    return {
        "kind": kind,
        "label": label,
        "choice": choice,
        "fixed_inbox": manner.fixed_inbox,
        "fixed_email": manner.fixed_email,
    }


def _choice(kind, row):
    manner = manner_of(kind)
    return _kept(kind, Choice(True, manner.email) if row is None else Choice(row.inbox, row.email))


def _kept(kind, choice):
    """Return a choice without what is not for choosing."""
    manner = manner_of(kind)
    return Choice(choice.inbox or manner.fixed_inbox, choice.email or manner.fixed_email)


def _unique():
    """MySQL and MariaDB find the conflict themselves and take no columns for it."""
    from django.db import connection

    return (
        {"unique_fields": ["user", "kind"]}
        if connection.features.supports_update_conflicts_with_target
        else {}
    )
