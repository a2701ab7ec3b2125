"""Whether an invited member and others are one person or one household: the same device, network,
delivery address or payer as the inviter, or as others the inviter brought.

What is the same is only counted; a rule says from how many on it holds the reward, or only notes
that it would have (points/sightings.py). It never pauses an account: a family shops from one wifi.
Source: docs/reliability.md "Threats", referral rings.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from allauth.usersessions.models import UserSession
from django.db.models import Q

from accounts.models import User
from marketing.models import Referral
from orders.models import Order, Payment
from points import sightings, velocity
from points.models import RiskRule

COMPARED_MAX = 1_000  # of the inviter's latest invitations
MEMBERS_NAMED = 20
Code = RiskRule.Code


@dataclass
class Marks:
    """What a member, or several, are known by."""

    devices: set[str] = field(default_factory=set)
    networks: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)
    payers: set[str] = field(default_factory=set)


def look(referral: Referral) -> list[dict]:
    """Return what speaks against paying, as plain values: ``code`` of the rule, ``count`` of other
    accounts, ``inviter`` (whether theirs is one of them), ``members``. Empty: nothing does.

    What a rule sees is written down once; what one in the shadow sees holds nothing.
    """
    held = []
    for code, members in _same(referral).items():
        rule = sightings.rule(code)
        if rule is None or len(members) < rule.bound:
            continue
        sign = _sign(referral, code, members)
        sightings.note(
            rule, referral.inviter_id, f"referral:{referral.pk}", count=sign["count"], seen=sign
        )
        if rule.mode == RiskRule.Mode.ON:
            held.append(sign)
    burst = velocity.is_in_burst(User.objects.get(pk=referral.invitee_id))
    if burst and sightings.rule(Code.SIGN_UPS_NETWORK).mode == RiskRule.Mode.ON:
        held.append({"code": Code.SIGN_UPS_NETWORK, "count": burst, "inviter": False})
    return held


def _sign(referral, code, members) -> dict:
    named = sorted(members)[:MEMBERS_NAMED]
    is_inviters = referral.inviter_id in members
    return {"code": code, "count": len(members), "inviter": is_inviters, "members": named}


def _same(referral) -> dict[str, set[int]]:
    """Return for each rule the other accounts that have something of the invitee's."""
    invitee = referral.invitee_id
    brought = Referral.objects.filter(inviter_id=referral.inviter_id).exclude(pk=referral.pk)
    latest = brought.order_by("-pk").values_list("invitee_id", flat=True)[:COMPARED_MAX]
    others = {referral.inviter_id, *latest} - {invitee}
    mine = marks_of(invitee)
    found = {
        Code.RING_DEVICE: _with("device", mine.devices, others),
        Code.RING_NETWORK: _with("network", mine.networks, others),
        Code.RING_ADDRESS: _sent_alike(mine, others),
        Code.RING_PAYER: _paid_alike(mine.payers, others),
    }
    return {code: members for code, members in found.items() if members}


def marks_of(user_id: int) -> Marks:
    """Return what a member is known by; what is empty or forgotten says nothing."""
    joined = User.objects.filter(pk=user_id).values_list("joined_device", "joined_network")
    came = [(data.get("device"), data.get("network")) for _user, data in _devices([user_id])]
    orders = Order.objects.filter(user_id=user_id)
    placed = orders.values_list("device_mark", "network_mark", "address_mark", "phone_mark")
    placed = list(placed.distinct())
    paid = Payment.objects.filter(order__user_id=user_id).values_list("payer_mark", flat=True)
    places = [*joined, *came, *((device, network) for device, network, *_rest in placed)]
    return Marks(
        devices=_said(device for device, _network in places),
        networks=_said(network for _device, network in places),
        addresses=_said(row[2] for row in placed),
        phones=_said(row[3] for row in placed),
        payers=_said(paid.distinct()),
    )


def _said(marks: Iterable[str | None]) -> set[str]:
    return {mark for mark in marks if mark}


def _with(what, marks, others) -> set[int]:
    """Return those of the others who signed up, came in or ordered with one of these marks."""
    if not marks:
        return set()
    joined = User.objects.filter(pk__in=others, **{f"joined_{what}__in": marks})
    placed = Order.objects.filter(user_id__in=others, **{f"{what}_mark__in": marks})
    came = {user for user, data in _devices(others) if data.get(what) in marks}
    ids = {*joined.values_list("pk", flat=True), *placed.values_list("user_id", flat=True)}
    return ids | came


def _devices(user_ids) -> list[tuple[int, dict]]:
    rows = UserSession.objects.filter(user_id__in=user_ids).values_list("user_id", "data")
    return [(user, data) for user, data in rows if isinstance(data, dict)]


def _sent_alike(mine, others) -> set[int]:
    if not mine.addresses | mine.phones:
        return set()
    alike = Q(address_mark__in=mine.addresses) | Q(phone_mark__in=mine.phones)
    return set(Order.objects.filter(alike, user_id__in=others).values_list("user_id", flat=True))


def _paid_alike(payers, others) -> set[int]:
    paid = Payment.objects.filter(payer_mark__in=payers, order__user_id__in=others)
    return set(paid.values_list("order__user_id", flat=True)) if payers else set()
