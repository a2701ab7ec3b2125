"""Messages for whoever tries the shop: written where it was started, and sent to nobody."""

import sys

from django.conf import settings


def send_code(number, code, *, minutes):
    """See ``accounts.sms.Provider``. Not a line of the log, which is kept."""
    _say(f"SMS to {number}: {code} ({minutes} min)")


def send_notice(number, title):
    """See ``accounts.sms.Provider``."""
    _say(f"SMS to {number}: {title}")


def offers_notices():
    """See ``accounts.sms.Provider``."""
    return settings.SMS_NOTICES


def _say(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
