"""Text messages, by whoever sends the shop's codes."""

from accounts import phone_numbers, sms
from marketing.channels.ports import Refused, Silent

TITLE_LENGTH = 20  # a place of an approved template takes few characters


def send(member, news):
    """See ``ports.Port``."""
    number = phone_numbers.of(member)
    if not number:
        raise Refused("no number")
    try:
        sms.send_notice(number, news.title[:TITLE_LENGTH])
    except sms.MessageRefused as error:
        raise Refused("the number takes none") from error
    except sms.MessengerSilent as error:
        raise Silent("sms") from error
