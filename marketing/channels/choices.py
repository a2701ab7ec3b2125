"""What a member allows by which channel: topics, browsers, and how many WeChat messages.

Without a row nothing is wanted: a message on somebody's phone is asked for, never assumed.
"""

import hashlib

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from mall.core.errors import DomainError
from mall.core.outside import targets
from mall.core.transactions import transactional
from marketing.channels import ports, web_push
from marketing.models import ChannelChoice, PushDevice, WeChatGrant
from marketing.notices.topics import TOPICS

DEVICES_MAX = 10
GRANTS_MAX = 20
ADDRESS_LENGTH = 1_000


class UnknownDevice(DomainError):
    """What a browser told is no push subscription, or leads where nobody may be asked."""

    code = "unknown_push_device"
    status = 400
    field = "endpoint"
    message = _("This browser's subscription cannot be used. Please allow notices once more.")


def of(user) -> dict[str, dict[str, bool]]:
    """Return {channel: {topic: wanted}} of the channels the shop has."""
    rows = ChannelChoice.objects.filter(user=user, is_on=True)
    wanted = set(rows.values_list("channel", "topic"))
    return {
        channel: {topic: (channel, topic) in wanted for topic in TOPICS}
        for channel in ports.offered()
    }


@transactional
def choose(user, choices: dict[str, dict[str, bool]]) -> None:
    """Keep what a member wants by which channel; what is left out stays. Saying the same again
    changes nothing.
    """
    before = of(user)
    for channel, topics in choices.items():
        for topic, is_on in topics.items():
            if channel in before and topic in TOPICS and before[channel][topic] != is_on:
                key = {"user": user, "channel": channel, "topic": topic}
                ChannelChoice.objects.update_or_create(**key, defaults={"is_on": is_on})


@transactional
def add_device(user, *, address: str, public_key: str, auth: str, name: str = "") -> PushDevice:
    """Keep a browser that shows our notices, of whoever said so last. Idempotent by its address.
    The oldest goes when there are more than DEVICES_MAX. Raises: UnknownDevice.
    """
    _check(address, public_key, auth)
    kept = {"user": user, "address": address, "public_key": public_key, "auth": auth}
    device, _is_new = PushDevice.objects.update_or_create(
        mark=_mark(address), defaults={**kept, "name": name[:60]}
    )
    newest = PushDevice.objects.filter(user=user).order_by("-pk").values_list("pk", flat=True)
    PushDevice.objects.filter(user=user, pk__in=list(newest[DEVICES_MAX:])).delete()
    return device


@transactional
def drop_device(user, address: str) -> bool:
    """Forget a browser of a member; says whether it was known."""
    return bool(PushDevice.objects.filter(user=user, mark=_mark(address)).delete()[0])


@transactional
def allow_wechat(user, templates: list[str]) -> None:
    """Count one more message for each template that a member allowed in the mini-program, up to
    GRANTS_MAX; unknown ones are passed over.
    """
    known = {one["id"] for one in settings.WECHAT_TEMPLATES.values()}
    for template in known.intersection(templates):
        row, _is_new = WeChatGrant.objects.get_or_create(user=user, template=template)
        WeChatGrant.objects.filter(pk=row.pk, left__lt=GRANTS_MAX).update(left=F("left") + 1)


def _check(address, public_key, auth):
    try:
        is_good = len(address) <= ADDRESS_LENGTH and targets.check(address) == address
    except ValidationError:
        is_good = False
    if not is_good or not web_push.is_usable(public_key, auth):
        raise UnknownDevice


def _mark(address) -> str:
    return hashlib.sha256(address.encode()).hexdigest()  # it is long and random: nobody guesses it
