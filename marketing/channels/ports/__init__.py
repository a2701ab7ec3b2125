"""Ports: a channel is a module of this room with a verb ``send``, and the word of the settings
whether the shop has it.
"""

from importlib import import_module
from typing import NamedTuple, Protocol

from django.conf import settings

from accounts.sms import offers_notices
from marketing.models import Channel


class Refused(Exception):
    """This member cannot be reached so, and trying again would change nothing."""


class Silent(Exception):
    """Nobody answered, or not to us: later, perhaps."""


class News(NamedTuple):
    """What is to be said: a title, a text, and the page it leads to (whole address)."""

    title: str
    text: str
    url: str
    topic: str


class Port(Protocol):
    """What the shop asks of a channel. ``send`` is called in no transaction and writes nothing but
    what it uses up.
    """

    def send(self, member, news: News) -> None:
        """Say it. Raises: Refused, Silent."""


def offered() -> list[str]:
    """Return the channels the shop has, in the order of the page."""
    has = {
        Channel.PUSH: bool(settings.PUSH_KEY),
        Channel.WECHAT: bool(settings.WECHAT_TEMPLATES),
        Channel.SMS: offers_notices(),
    }
    return [channel.value for channel, is_there in has.items() if is_there]


def send(channel: str, member, news: News) -> None:
    """Send by a channel's port. Raises: Refused, Silent."""
    import_module(f"{__name__}.{channel}").send(member, news)
