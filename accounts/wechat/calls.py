"""What is asked of WeChat about somebody in one of the shop's apps: who it is, and of a
mini-program's user which phone number.

Called in no transaction. Each call has an end, and whatever goes wrong is a refusal of ours; no
address is logged, for the app's secret stands in it.
Source: developers.weixin.qq.com/miniprogram/dev/OpenApiDoc: code2Session, getPhoneNumber,
getStableAccessToken; doc/oplatform (website) and doc/offiaccount (service account): oauth2.
"""

from typing import NamedTuple

import requests
import structlog
from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from accounts.privacy import Undecryptable, decrypt, encrypt
from mall.core.breaker import Breaker
from mall.core.errors import DomainError

TIMEOUT_SECONDS = (3, 5)
# The code is unknown, used, or its user is barred: a new one may do.
OVER = {40029, 40163, 40226}
NOT_ALLOWED = {43101, 40003}  # refused by the user; an openid of another app
STALE_TOKEN = {40001, 40014, 42001}
TOKEN_SPARE_SECONDS = 300
_TOKEN = "wechat.token:"
log = structlog.get_logger(__name__)


class SignInOver(DomainError):
    """The code was made up, used already, or is older than five minutes."""

    code = "wechat_code_over"
    status = 400
    field = "token"
    message = _("WeChat does not know this sign-in any more. Please try again.")


class MessageRefused(DomainError):
    """The member allows no message by this template, or is not known to the app any more."""

    code = "wechat_message_refused"
    message = _("WeChat does not let us write to this member.")


class WeChatSilent(DomainError):
    """WeChat is busy, away, or does not take our keys."""

    code = "wechat_unavailable"
    status = 503
    message = _("WeChat does not answer right now. Please try again in a moment.")
    retry_after_seconds = 5


breaker = Breaker("wechat", WeChatSilent)


class Person(NamedTuple):
    """Who somebody is: openid in this app, unionid ("" where WeChat tells none) in all of the
    shop's.
    """

    openid: str
    unionid: str


class Session(NamedTuple):
    """Who used a mini-program; the key decrypts what WeChat gave the app, and leaves the server
    never.
    """

    person: Person
    key: str


def person_of(app, code: str) -> Person:
    """Return who came back from WeChat to a page with a code, which is good once. Raises:
    SignInOver, WeChatSilent.
    """
    return _person_in(_told_by(app, "/sns/oauth2/access_token", code=code))


def session_of(app, code: str) -> Session:
    """Return whose code of ``wx.login`` it is; a code is good once. Raises: SignInOver,
    WeChatSilent.
    """
    told = _told_by(app, "/sns/jscode2session", js_code=code)
    key = told.get("session_key")
    if not isinstance(key, str):
        raise _silent("no session_key")
    return Session(_person_in(told), key)


def phone_of(app, code: str) -> dict:
    """Return what WeChat says of the number whose code ``getPhoneNumber`` gave the app
    (phone_info). Raises: SignInOver, WeChatSilent.
    """
    told = _with_token(app, "/wxa/business/getuserphonenumber", {"code": code})
    _refuse(told)
    info = told.get("phone_info")
    if not isinstance(info, dict):
        raise _silent("no phone_info")
    return info


def send_subscribed(app, openid: str, template: str, said: dict, *, page: str = "") -> None:
    """Send one subscribe message; ``said`` is {field: {"value": …}}. Raises: MessageRefused,
    WeChatSilent.
    """
    body = {"touser": openid, "template_id": template, "data": said}
    body |= {"page": page} if page else {}
    told = _with_token(app, "/cgi-bin/message/subscribe/send", body)
    if told.get("errcode") in NOT_ALLOWED:
        raise MessageRefused
    if told.get("errcode"):
        raise _silent(told["errcode"])


def _with_token(app, path, body) -> dict:
    """Ask with the app's token, and once more with a new one where it is over."""
    for is_last in (False, True):
        token = _token(app, anew=is_last)
        told = _answer("post", path, {"access_token": token}, body)
        if is_last or told.get("errcode") not in STALE_TOKEN:
            break
    return told


def _told_by(app, path, **code) -> dict:
    """Return what WeChat says of the one whose code it is."""
    keys = {"appid": app.client_id, "secret": app.secret, "grant_type": "authorization_code"}
    told = _answer("get", path, {**keys, **code})
    _refuse(told)
    return told


def _person_in(told) -> Person:
    openid, unionid = told.get("openid"), told.get("unionid")
    if not (isinstance(openid, str) and openid):
        raise _silent("no openid")
    return Person(openid, unionid if isinstance(unionid, str) else "")


def _token(app, *, anew) -> str:
    """Return the app's access token, kept encrypted until it ends; WeChat hands all processes the
    same one.
    """
    key = f"{_TOKEN}{app.client_id}"
    kept = None if anew else cache.get(key)
    try:
        if kept:
            return decrypt(kept, place=_TOKEN)
    except Undecryptable:
        cache.delete(key)
    asked = {"grant_type": "client_credential", "appid": app.client_id, "secret": app.secret}
    told = _answer("post", "/cgi-bin/stable_token", {}, {**asked, "force_refresh": anew})
    token, seconds = told.get("access_token"), told.get("expires_in")
    if not (isinstance(token, str) and token and isinstance(seconds, int)):
        raise _silent(told.get("errcode"))
    cache.set(key, encrypt(token, place=_TOKEN), max(1, seconds - TOKEN_SPARE_SECONDS))
    return token


def _answer(method, path, params, body=None) -> dict:
    sent = {"params": params, "json": body, "timeout": TIMEOUT_SECONDS, "allow_redirects": False}
    with breaker.watching():
        try:
            answer = requests.request(method, f"{settings.WECHAT_URL}{path}", **sent)
            answer.raise_for_status()
            told = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise _silent(type(error).__name__) from None  # its text holds the address
        if not isinstance(told, dict):
            raise _silent("no object")
    return told


def _refuse(told):
    errcode = told.get("errcode") or 0
    if errcode in OVER:
        raise SignInOver
    if errcode:
        raise _silent(errcode)


def _silent(why):
    log.error("wechat_not_asked", reason=str(why))
    return WeChatSilent()
