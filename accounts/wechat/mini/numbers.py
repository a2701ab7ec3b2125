"""The phone number a mini-program's user let the shop have: by a code WeChat is asked about, or
encrypted under the session's key (wechatpy 1.8.18 decrypts it). Either must name our app.
"""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.wechat import calls
from mall.core import clock, phones
from mall.core.errors import DomainError

GOOD_SECONDS = 10 * 60  # a number that was given longer ago may be somebody else's by now


class NumberUnread(DomainError):
    """The number was altered, is another app's, or its session key is no longer WeChat's."""

    code = "phone_unreadable"
    status = 400
    field = "token"
    message = _("The phone number cannot be read. Please sign in again and allow it once more.")


def asked_for(app, code: str) -> str:
    """Return the number WeChat names for a code; "" for one no territory of ours has. Raises:
    SignInOver, WeChatSilent, NumberUnread.
    """
    return _kept(app, calls.phone_of(app, code))


def decrypted(app, session, encrypted: str, iv: str) -> str:
    """Return the number of ``encryptedData`` and ``iv``. Raises: NumberUnread."""
    # here: most processes never read one, and the library brings all of WeChat along
    from wechatpy.crypto import WeChatWxaCrypto
    from wechatpy.exceptions import WeChatException

    try:
        told = WeChatWxaCrypto(session.key, iv, app.client_id).decrypt_message(encrypted)
    except (WeChatException, ValueError, TypeError, LookupError, AttributeError) as error:
        raise NumberUnread from error  # of bytes that are no padding, no text, no object
    return _kept(app, told)


def _kept(app, told) -> str:
    mark = told.get("watermark")
    if not isinstance(mark, dict) or mark.get("appid") != app.client_id or not _is_fresh(mark):
        raise NumberUnread
    country, number = told.get("countryCode"), told.get("purePhoneNumber")
    try:
        return phones.mobile(f"+{country}{number}")
    except ValidationError:
        return ""


def _is_fresh(mark) -> bool:
    at = mark.get("timestamp")
    return isinstance(at, int) and abs(clock.now().timestamp() - at) <= GOOD_SECONDS
