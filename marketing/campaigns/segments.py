"""Saved segments: kept by code, counted, looked into, and asked whether a member belongs.

They are offered to hand-outs of coupons beside the ready-made ones (orders/coupons/segments.py
keeps the list), whose members the same conditions find. ``campaign:<id>`` names the treated members
of a campaign, for the rule that lets them earn more.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django import forms
from django.utils.translation import gettext_lazy as _

from mall.core import audit, clock
from mall.core.kept import kept
from mall.core.transactions import transactional
from marketing.campaigns import conditions
from marketing.models import CampaignMember, Segment
from orders.coupons import segments as offered

CAMPAIGN = "campaign:"
SAMPLE = 10


@transactional
def save(segment: Segment, *, actor) -> Segment:
    """Keep a segment, new or changed, and note it; conditions are ``checking.checked`` already."""
    before = Segment.objects.filter(pk=segment.pk).values("conditions").first()
    if before is None:
        segment.created_by = f"staff:{actor.pk}"
    segment.save()
    if before is None or before["conditions"] != segment.conditions:
        action = "campaigns.segment_add" if before is None else "campaigns.segment_change"
        after = {"conditions": segment.conditions}
        audit.note(actor, action, target=segment, before=before, after=after)
    return segment


def members(said: dict, as_of: datetime | None = None):
    """Return the members these conditions find who can still sign in."""
    return conditions.members(said, as_of).filter(is_active=True)


def count(said: dict) -> int:
    """Return how many members these conditions find now."""
    return members(said).count()


def sample(said: dict) -> list[str]:
    """Return the names of a few members these conditions find now, the newest."""
    found = members(said).order_by("-pk").values_list("username", flat=True)
    return list(found[:SAMPLE])


def holding(code: str, user_ids: Iterable[int], at: datetime) -> set[int]:
    """Return which of these members belonged to a segment at an instant, by one statement; nobody
    to one that does not exist.
    """
    user_ids = list(user_ids)
    if code.startswith(CAMPAIGN):
        return _treated(code.removeprefix(CAMPAIGN), user_ids, at)
    segment = _by_code().get(code)
    if segment is None:
        return set()
    found = conditions.members(segment.as_of(at).conditions, at).filter(pk__in=user_ids)
    return set(found.values_list("pk", flat=True))


def _treated(campaign, user_ids, at) -> set[int]:
    treated = CampaignMember.objects.filter(
        campaign_id=int(campaign) if campaign.isdecimal() else 0,
        is_treated=True,
        state=CampaignMember.State.GIVEN,
        given_at__lte=at,
        user_id__in=user_ids,
    )
    return set(treated.values_list("user_id", flat=True))


def names() -> list[tuple[str, str]]:
    """Return code and name of every saved segment."""
    return [(segment.code, segment.name) for segment in Segment.objects.order_by("-pk")]


@kept
def _by_code() -> dict[str, Segment]:
    return {segment.code: segment for segment in Segment.objects.all()}


# --- offered where coupons are handed out ---------------------------------------
def offer() -> None:
    """Offer the ready-made segments and the saved ones to hand-outs; called once at the start."""
    ready = (
        ("high_points", _("Members with high lifetime points"), "points", "earned_from"),
        ("tier", _("Members from a tier on"), "tier", "tier_from"),
        ("new", _("New members"), "days", "joined_days"),
        ("lapsed", _("Lapsed members: no order for a while"), "days", "silent_days"),
    )
    for code, label, ask, condition in ready:
        found = partial(_ready, ask, condition)
        offered.register(offered.Segment(code, label, found, asks=(ask,)))
    saved = offered.Segment(
        "saved", _("A saved segment"), _saved, asks=("saved",), fields={"saved": _choice}
    )
    offered.register(saved)


def _ready(ask, condition, numbers):
    return conditions.members({condition: numbers[ask]})


def _saved(numbers):
    segment = _by_code().get(numbers["saved"])
    if segment is None:
        return conditions.members({}).none()
    return conditions.members(segment.conditions, clock.now())


def _choice() -> forms.Field:
    """Return the form field that asks which saved segment."""
    from unfold.widgets import UnfoldAdminSelectWidget

    return forms.ChoiceField(
        label=_("Saved segment"),
        required=False,
        choices=[("", "–"), *((one.code, one.name) for one in _by_code().values())],
        widget=UnfoldAdminSelectWidget,
        help_text=_("For a saved segment: made under Marketing → Segments."),
    )
