"""Handing one coupon to each member of a segment: a row says what, a sweep carries it on, batch by
batch.

Each batch is a transaction of its own that takes the hand-out's row first, so two sweeps never hand
out the same batch, and one that dies is carried on where it stopped. Once per (hand-out, member) by
the coupon's key.
Lock order: the hand-out, the template, then new rows; no member is locked, because per-person
counts and the total are taken under the template's row (orders/coupons/lifecycle.py counts under it
too).
"""

from collections import Counter

from django.contrib.auth import get_user_model
from django.db.models import F, Max

from mall.core import audit, clock, keyset, repeats
from mall.core.events import hand_over
from mall.core.transactions import transactional
from orders import events
from orders.coupons import segments
from orders.coupons.errors import CouponNotGiven
from orders.coupons.lifecycle import uncount_issued
from orders.coupons.offers import counted
from orders.coupons.wallet import expiry_of
from orders.errors import IdempotencyConflict
from orders.models import Coupon, CouponGrant, CouponTemplate

BATCH = 500
QUEUED, RUNNING, DONE, UNDONE = (
    CouponGrant.Status.QUEUED,
    CouponGrant.Status.RUNNING,
    CouponGrant.Status.DONE,
    CouponGrant.Status.UNDONE,
)


def count(segment: str, numbers: dict) -> int:
    """Return how many members a segment has now."""
    return segments.get(segment).ids(numbers).count()


@transactional
def order(
    template: CouponTemplate, *, segment: str, numbers: dict, actor, key: str, note: str = ""
) -> CouponGrant:
    """Write down that every member of a segment gets one; the sweep begins within a minute.
    Idempotent by ``key``.

    Who joins the shop later is not part of it. Raises: CouponNotGiven, IdempotencyConflict (the key
    ordered another one).
    """
    # A double click stands here twice; the second must see the first's row.
    template = CouponTemplate.objects.select_for_update().get(pk=template.pk)
    asked = CouponGrant.objects.filter(key=key).first()
    if asked is not None:
        said = {
            "template_id": template.pk,
            "segment": segment,
            "numbers": numbers,
            "note": note[:200],
            "actor": f"staff:{actor.pk}",
        }
        return repeats.same(asked, otherwise=IdempotencyConflict, **said)
    if not CouponTemplate.objects.open(clock.now()).filter(pk=template.pk).exists():
        raise CouponNotGiven
    grant = CouponGrant.objects.create(
        template=template,
        segment=segment,
        numbers=numbers,
        note=note[:200],
        expected=count(segment, numbers),
        up_to_user=get_user_model()._default_manager.aggregate(last=Max("pk"))["last"] or 0,
        actor=f"staff:{actor.pk}",
        key=key,
        created_at=clock.now(),
    )
    audit.note(
        actor,
        "coupons.hand_out",
        target=grant,
        reason=note,
        after={"template": template.pk, "segment": segment, **_told(numbers)},
    )
    return grant


def carry_on() -> int:
    """Hand out what is waiting; return how many coupons this call gave. Harmless when run twice or
    by several at once.
    """
    given = 0
    for grant_id in (
        CouponGrant.objects.filter(status__in=(QUEUED, RUNNING))
        .order_by("pk")
        .values_list("pk", flat=True)
    ):
        while (batch := hand_batch(grant_id)) is not None:
            given += batch
    for grant_id in (
        CouponGrant.objects.filter(status=UNDONE).order_by("pk").values_list("pk", flat=True)
    ):
        take_back(grant_id)
    return given


@transactional
def hand_batch(grant_id: int) -> int | None:
    """Give the next BATCH members theirs and return how many got one; None when nothing is left to
    do.
    """
    # Two sweeps may stand here; the second waits for the first's batch and goes on behind it.
    grant = CouponGrant.objects.select_for_update().get(pk=grant_id)
    if grant.status not in (QUEUED, RUNNING):
        return None
    due = (
        segments.get(grant.segment)
        .ids(grant.numbers)
        .filter(pk__gt=grant.last_user, pk__lte=grant.up_to_user)
    )
    members = list(due[:BATCH])
    if not members:
        CouponGrant.objects.filter(pk=grant.pk).update(status=DONE, finished_at=clock.now())
        return None
    template = CouponTemplate.objects.select_for_update().get(pk=grant.template_id)
    receivers = _receivers(template, members)
    now = clock.now()
    words = {
        "template": template,
        "grant": grant,
        "source": Coupon.Source.HANDED_OUT,
        "key": f"handed:{grant.pk}",
        "granted_at": now,
    }
    Coupon.objects.bulk_create(
        Coupon(user_id=user_id, expires_at=expiry_of(template, now), **words)
        for user_id in receivers
    )
    _tell(words["key"], receivers)
    CouponTemplate.objects.filter(pk=template.pk).update(issued=F("issued") + len(receivers))
    CouponGrant.objects.filter(pk=grant.pk).update(
        status=RUNNING,
        last_user=members[-1],
        granted=F("granted") + len(receivers),
        skipped=F("skipped") + len(members) - len(receivers),
    )
    return len(receivers)


@transactional
def undo(grant: CouponGrant, *, actor, reason: str) -> bool:
    """Stop a hand-out; the coupons nobody used are taken back by the sweep, or at once by
    ``take_back``. False for a repeat.

    Used ones and those kept for an order stay with their members; one that such an order gives back
    later is taken then.
    """
    # A batch under way holds this row: what it gives is taken back as well.
    if (
        not CouponGrant.objects.filter(pk=grant.pk)
        .exclude(status=UNDONE)
        .update(status=UNDONE, finished_at=clock.now())
    ):
        return False
    audit.note(
        actor,
        "coupons.undo_hand_out",
        target=grant,
        reason=reason,
        before={"status": grant.status},
        after={"status": UNDONE},
    )
    return True


def take_back(grant_id: int) -> int:
    """Take back the unused coupons of a hand-out that was undone, in batches; return how many."""
    unused = Coupon.objects.filter(
        grant_id=grant_id, grant__status=UNDONE, state=Coupon.State.GRANTED
    ).values_list("pk", "template_id")
    return sum(_take_back(batch) for batch in keyset.batches(unused, BATCH))


@transactional
def _take_back(batch):
    taken = Coupon.objects.filter(
        pk__in=[pk for pk, _ in batch], state=Coupon.State.GRANTED
    ).update(state=Coupon.State.REVOKED)
    uncount_issued(batch[0][1], taken)
    return taken


def _receivers(template, members) -> list[int]:
    """Return who of these gets one: whoever has fewer than one person may, as long as there are
    any.
    """
    if not template.is_open(clock.now()):
        return []
    if template.per_person:
        had = Counter(counted(members).filter(template=template).values_list("user_id", flat=True))
        members = [user_id for user_id in members if had[user_id] < template.per_person]
    return members[: max(0, template.total - template.issued)] if template.total else members


def _tell(key, receivers):
    """Let the rooms above hear of the batch at once; read back, because not every database tells
    the ids it gave.
    """
    if not receivers:
        return
    given = list(Coupon.objects.filter(key=key, user_id__in=receivers).order_by("pk"))
    hand_over(events.coupon_granted(coupon) for coupon in given)


def _told(numbers):
    """Name how many were pasted, not who: the audit log keeps no personal data."""
    return {
        name: len(value) if isinstance(value, list) else value for name, value in numbers.items()
    }
