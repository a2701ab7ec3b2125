"""What members are told of facts elsewhere in the shop: which kind, under which key, with which
numbers.

Each verb takes events of one kind together and is harmless when they are told again: the key
decides.
"""

from decimal import Decimal

from django.urls import reverse

from mall.core import clock, rows
from mall.core.languages import names_of
from marketing.models import Notification
from marketing.notices.inbox import Kind, notify_many
from orders.models import RefundRequest
from orders.numbers import page_of
from points import perks, tiers
from points.models import Adjustment, LedgerEntry, RiskCase


def of_sign_in(events) -> None:
    """Tell members that somebody signed in with a browser that is new."""
    url = reverse("usersessions_list")
    notify_many(
        [
            Notification(
                user_id=event.member,
                kind=Kind.NEW_SIGN_IN,
                key=event.reference,
                url=url,
                params={
                    "device": event.data["device"],
                    "at": event.at.isoformat(timespec="seconds"),
                },
            )
            for event in events
        ]
    )


# --- orders ---------------------------------------------------------------------
def of_paid(events) -> None:
    """Tell what was paid, and apart from it what it took of the points."""
    told = []
    for event in events:
        points, cash = event.data["points"], event.data["cash"]
        told.append(_about(event, Kind.ORDER_PAID, "paid", points=points, cash=cash))
        if points:
            told.append(_about(event, Kind.POINTS_SPENT, "spent", points=points))
    notify_many(told)


def of_shipped(events) -> None:
    """Tell with which carrier the goods come, and under which number."""
    words = ("carrier", "tracking")
    notify_many([_about(event, Kind.ORDER_SHIPPED, "shipped", *words) for event in events])


def of_completed(events) -> None:
    """Tell that an order is done."""
    notify_many([_about(event, Kind.ORDER_COMPLETED, "completed") for event in events])


def of_cancelled(events) -> None:
    """Tell that an order was undone."""
    notify_many([_about(event, Kind.ORDER_CANCELLED, "cancelled") for event in events])


def of_notes(events) -> None:
    """Tell what the shop wrote about an order."""
    notify_many(
        [
            _about(event, Kind.ORDER_NOTE, f"note:{event.at.isoformat()}", note=event.note)
            for event in events
        ]
    )


def of_requested_refund(events) -> None:
    """Tell that a wish to give something back was heard."""
    notify_many([_of_refund(event, Kind.REFUND_REQUESTED) for event in events])


def of_rejected_refund(events) -> None:
    """Tell that it was declined, and why."""
    refunds = RefundRequest.objects.filter(pk__in=[event.data["refund"] for event in events])
    why = dict(refunds.values_list("pk", "note"))
    notify_many(
        [
            _of_refund(event, Kind.REFUND_REJECTED, reason=why[event.data["refund"]])
            for event in events
        ]
    )


def of_granted_refund(events) -> None:
    """Tell that points are back and money is on its way; without money, that all is back."""
    notify_many(
        [
            _of_refund(event, kind, "points", "cash")
            for event in events
            for kind in [
                Kind.REFUND_APPROVED if Decimal(event.data["cash"]) else Kind.ORDER_REFUNDED
            ]
        ]
    )


def of_settled_refund(events) -> None:
    """Tell that the money is back, too."""
    notify_many([_of_refund(event, Kind.ORDER_REFUNDED, "points", "cash") for event in events])


# --- points ---------------------------------------------------------------------
def of_awards(events) -> None:
    """Tell of points for something done."""
    told = [event for event in events if event.data["points"] > 0]
    described = [event.data["entry"] for event in told if event.data["described"]]
    words = {}
    if described:
        rows = LedgerEntry.objects.filter(pk__in=described)
        words = dict(rows.values_list("pk", "description"))
    notify_many(
        [
            _in_statement(
                event,
                Kind.POINTS_EARNED,
                f"earned:{event.data['entry']}",
                points=event.data["points"],
                action=event.data["action"],
                description=words.get(event.data["entry"], ""),
            )
            for event in told
        ]
    )


def of_adjustments(events) -> None:
    """Tell of corrections that stand in the books, and of their undoing, in the words meant for the
    member.
    """
    rows = Adjustment.objects.filter(pk__in=[event.data["adjustment"] for event in events])
    why = dict(rows.values_list("pk", "description"))
    notify_many(
        [
            _in_statement(
                event,
                Kind.POINTS_ADJUSTED,
                f"{event.reference}:undone" if event.data["undone"] else event.reference,
                points=event.data["points"],
                reason=why[event.data["adjustment"]],
            )
            for event in events
        ]
    )


def of_tiers(events) -> None:
    """Tell who rose what is new for them; of several tiers at once, all of it."""
    notify_many([_of_tier(event) for event in events])


def _of_tier(event):
    level, below = event.data["to"], event.data["from"]
    words = {"level": level, "tier": names_of(tiers.perks_of(level), "name")}
    gained = perks.gained(below, level)
    return _in_statement(event, Kind.TIER_RISEN, event.reference, gained=gained, **words)


def of_cases(events) -> None:
    """Tell what is paused and why, that it stays so, and later what goes on: what another case
    forbids does not.
    """
    notify_many([notice for event in events for notice in _of_case(event)])


def _of_case(event):
    said = event.data
    key = f"{event.reference}:{said['status']}"
    if said["scope"] == RiskCase.Scope.NONE:
        return  # a person looks; nothing is paused
    if said["status"] != RiskCase.Status.RELEASED:
        is_kept = said["status"] == RiskCase.Status.KEPT
        words = {"scope": said["scope"], "case": said["kind"], "is_kept": is_kept}
        words["dropped"] = said.get("dropped", 0)
        yield _in_statement(event, Kind.EARNING_PAUSED, key, **words)
    elif said["freed"]:
        scope = "all" if len(said["freed"]) > 1 else said["freed"][0]
        credited = said.get("credited", 0)
        yield _in_statement(event, Kind.EARNING_RESUMED, key, scope=scope, credited=credited)


def _in_statement(event, kind, key, **words):
    url = reverse("points:statement")
    return Notification(user_id=event.member, kind=kind, key=key, url=url, params=words)


def _of_refund(event, kind, *said, **words):
    what = f"refund:{event.data['number']}:{kind.removeprefix('refund_')}"
    return _about(event, kind, what, *said, **words)


def _about(event, kind, what, *said, **words):
    """Return a notice that leads to the event's order; ``said`` names what it repeats of it."""
    words = {"no": event.data["no"], **{name: event.data[name] for name in said}, **words}
    return rows.fresh(
        Notification,
        user_id=event.member,
        kind=kind,
        key=f"{event.reference}:{what}",
        url=page_of(event.data["no"]),
        params=words,
        created_at=clock.now(),
    )
