"""Shared links: signed, made without a row; they pay when another person lands through one.

Another person is: not the member, not a device the member shares or signs in from, no robot and no
preview. A visitor counts once a shop day for one member; how many are paid is the rule's limit.
"""

import re
from dataclasses import dataclass
from datetime import date

from allauth.usersessions.models import UserSession
from django.contrib.auth import get_user_model
from django.core import signing
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.http import base36_to_int, int_to_base36

from catalog.audience import VISITOR, shown_to
from catalog.models import Product
from mall.core import clock
from mall.core.networks import network_of
from mall.core.transactions import transactional
from marketing.errors import NoSuchLink
from marketing.missions import counting as missions
from marketing.models import ShareDevice, ShareLanding
from points import ledger, rules

ACTION = "share"
SHOP = "shop"
JOIN = "join"
MOST_LANDINGS_A_DAY = 200  # one member's rows; far beyond what any rule pays for
DIGEST_LENGTH = 32
LONGEST_TOKEN = 100
# Whoever only fetches a page to show a preview of it, or to index it, is nobody's friend.
ROBOT = re.compile(
    r"bot\b|bot[/ "
    r";]|crawl|spider|slurp|preview|scan|monitor|fetch|curl|wget|httpx?/|python|java/|go-http|okhttp|headless|lighthouse|"
    r"facebookexternalhit|whatsapp|telegram|discord|embedly|skypeuri|vkshare|bytespider|feed",
    re.IGNORECASE,
)
signer = signing.Signer(salt="marketing.shares", sep=".")


@dataclass(frozen=True)
class Link:
    """Whose link it is and which page it shows: the shop, a product, or where one signs up."""

    user_id: int
    product_id: int | None = None
    invites: bool = False

    @property
    def page(self) -> str:
        if self.invites:
            return JOIN
        return f"p{int_to_base36(self.product_id)}" if self.product_id else SHOP

    @property
    def token(self) -> str:
        """The signed part of the address; the same one every time."""
        return signer.sign(f"{int_to_base36(self.user_id)}-{self.page}")

    @property
    def url(self) -> str:
        """The page of ours that a visitor is led to."""
        if self.invites:
            return reverse("account_signup")
        return reverse("catalog:detail", args=[self.product_id]) if self.product_id else "/"


@dataclass(frozen=True)
class Visitor:
    """Who knocks: address, browser, the device's cookie if it has one, and the member if signed
    in.
    """

    ip: str
    agent: str
    device: str = ""
    user_id: int | None = None

    def digests(self, on: date) -> list[str]:
        """Return what the visitor is known by on a shop day; nothing that could be turned back into
        an address.
        """
        known = [_digest(f"net:{on}:{network_of(self.ip)}:{self.agent}")]
        return [*known, _digest(f"device:{self.device}")] if self.device else known


def _digest(text):
    return salted_hmac("marketing.shares.visitor", text, algorithm="sha256").hexdigest()[
        :DIGEST_LENGTH
    ]


def read(token: str) -> Link:
    """Return the link that a token was signed for. Raises: NoSuchLink when one letter of it is not
    ours.
    """
    try:
        if len(token) > LONGEST_TOKEN:
            raise ValueError
        member, page = signer.unsign(token).split("-", 1)
        if page in (SHOP, JOIN):
            return Link(base36_to_int(member), invites=page == JOIN)
        return Link(base36_to_int(member), base36_to_int(page[1:]))
    except (signing.BadSignature, ValueError) as error:
        raise NoSuchLink from error


def is_person(visitor: Visitor) -> bool:
    """Whether somebody sits in front of it, as far as a browser's name tells."""
    return bool(visitor.agent) and not ROBOT.search(visitor.agent)


@transactional
def own_device(user, visitor: Visitor, *, on: date | None = None) -> None:
    """Remember where a member makes links: whoever lands from there today, or ever with the same
    cookie, is the member.
    """
    on = on or clock.today()
    rows = [ShareDevice(user=user, digest=digest, on=on) for digest in visitor.digests(on)]
    ShareDevice.objects.bulk_create(rows, ignore_conflicts=True)


@transactional
def land(link: Link, visitor: Visitor, *, on: date | None = None) -> ShareLanding | None:
    """Count a visitor who came through a member's link, and award it; once a visitor and shop day.

    Key ``share:<visitor>:<day>``. None, and nothing changes, when it is no other person or came
    before today.
    """
    on = on or clock.today()
    # An invitation pays when who follows it has bought something (marketing/referral/).
    if link.invites or not is_person(visitor) or visitor.user_id == link.user_id:
        return None
    if not get_user_model().objects.filter(pk=link.user_id, is_active=True).exists() or _is_own(
        link.user_id, visitor, on
    ):
        return None
    # Two tabs of one visitor may land at once: the second must see the first one's row.
    ledger.open(link.user_id)
    landed, known = ShareLanding.objects.filter(user_id=link.user_id, on=on), visitor.digests(on)[0]
    if landed.filter(visitor=known).exists() or landed.count() >= MOST_LANDINGS_A_DAY:
        return None
    key = f"share:{known}:{on}"
    entry = rules.award(link.user_id, ACTION, key=key, on=on, reference=f"share:{link.page}")
    points = max(0, entry.worth) if entry else 0
    missions.note(link.user_id, ACTION, key=key, on=on)
    return ShareLanding.objects.create(
        user_id=link.user_id, on=on, visitor=known, page=link.page, points=points
    )


def _is_own(user_id, visitor, on) -> bool:
    if ShareDevice.objects.filter(user_id=user_id, digest__in=visitor.digests(on)).exists():
        return True
    signed_in = UserSession.objects.filter(user_id=user_id, user_agent=visitor.agent[:200])
    return network_of(visitor.ip) in map(network_of, signed_in.values_list("ip", flat=True))


@dataclass(frozen=True)
class Today:
    """What sharing gives: points for a visitor, how many a day are paid, and how many came and were
    paid today.
    """

    points: int
    per_day: int
    visitors: int
    paid: int

    @property
    def left(self) -> int:
        """How many more of today's visitors are paid."""
        return max(0, self.per_day - self.paid)


def today(user) -> Today:
    """Return where a member stands with sharing today."""
    version = rules.active(ACTION)
    points = list(
        ShareLanding.objects.filter(user=user, on=clock.today()).values_list("points", flat=True)
    )
    return Today(
        rules.worth(version) if version else 0,
        version.per_day if version else 0,
        len(points),
        sum(1 for one in points if one),
    )


def shared_product(product_id: int | None) -> Product | None:
    """Return the product a link may show: one on sale that everybody sees; else None."""
    shown = Product.objects.for_sale().filter(shown_to(VISITOR))
    return shown.filter(pk=product_id).first() if product_id else None
