"""A member's data to take along: every room's chapters, row by row, as JSON or as a page to read.

Written out as it is read, so a member with a hundred thousand entries costs no more memory than one
with ten.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts import traces
from accounts.models import PhoneNumber
from mall.core import clock
from mall.core.events import Question

ROWS_AT_ONCE = 500
VERSION = 1
# user: a member who takes their data along; a room answers with Chapter objects.
PERSONAL_DATA = Question()


@dataclass(frozen=True)
class Chapter:
    """One kind of rows: ``name`` for programs, ``title`` for people, rows as plain dicts, read
    once.
    """

    name: str
    title: str
    rows: Iterable[dict]


def chapters(user):
    """Yield the chapters of all rooms, this one's first."""
    yield from _own_chapters(user)
    for answered in PERSONAL_DATA.ask(user):
        yield from answered


def as_json(user):
    """Return the document as pieces of text: {version, exported_at, <chapter>: [rows…]}."""
    return _json(user)


def as_page(user):
    """Return a page, as pieces of text, that can be read without the shop and without a network."""
    return _page(user)


def _json(user):
    yield f'{{"version": {VERSION}, "exported_at": {_plain(clock.now())}'
    for chapter in chapters(user):
        yield f",\n{_plain(chapter.name)}: ["
        for number, row in enumerate(chapter.rows):
            yield f"{',' if number else ''}\n  {_plain(row)}"
        yield "]"
    yield "}\n"


def _page(user):
    yield render_to_string("accounts/export_head.html", {"member": user, "now": clock.now()})
    for chapter in chapters(user):
        yield render_to_string("accounts/export_chapter.html", {"title": chapter.title})
        is_empty = True
        for row in chapter.rows:
            is_empty = False
            yield render_to_string("accounts/export_row.html", {"row": _lines(row)})
        yield render_to_string("accounts/export_end.html", {"is_empty": is_empty})
    yield "</body></html>\n"


def rows_of(queryset, *fields):
    """Yield rows of a queryset as dicts, a few hundred at a time; times and amounts become text
    when written.
    """
    yield from queryset.values(*fields).iterator(chunk_size=ROWS_AT_ONCE)


def _own_chapters(user):
    profile = {
        "username": user.username,
        "email": user.mailbox,
        "nickname": user.nickname,
        "birthday": user.birthday,
        "language": user.language,
        "joined_at": user.date_joined,
        "last_sign_in_at": user.last_login,
    }
    addresses = (
        {**address.snapshot(), "is_default": address.is_default}
        for address in user.addresses.iterator(chunk_size=ROWS_AT_ONCE)
    )
    numbers = PhoneNumber.objects.filter(user=user)
    phones = ({"phone": row.phone, "confirmed_at": row.proved_at} for row in numbers)
    devices, emails = (
        UserSession.objects.filter(user=user).order_by("pk"),
        EmailAddress.objects.filter(user=user).order_by("pk"),
    )
    return [
        Chapter("profile", _("Profile"), [profile]),
        Chapter("emails", _("E-mail addresses"), rows_of(emails, "email", "verified", "primary")),
        Chapter("phones", _("Phone numbers to sign in with"), phones),
        Chapter("wechat", _("WeChat"), _wechat_rows(user)),
        Chapter("addresses", _("Addresses"), addresses),
        Chapter(
            "sign_ins",
            _("Devices you signed in with"),
            rows_of(devices, "created_at", "last_seen_at", "ip", "user_agent"),
        ),
        Chapter("traces", _("Marks of the device and network you signed up with"), _traces(user)),
        Chapter(
            "consents",
            _("What you agreed to"),
            rows_of(user.consents.order_by("pk"), "at", "terms", "privacy", "door", "language"),
        ),
    ]


def _traces(user):
    """Yield the marks from a sign-up, and until when they are kept; what is behind them, nobody can
    tell.
    """
    marks = {"device": user.joined_device, "network": user.joined_network}
    until = user.date_joined + timedelta(days=traces.DAYS_KEPT)
    if any(marks.values()):
        yield {**marks, "signed_up_at": user.date_joined, "kept_until": until}


def _wechat_rows(user):
    """Yield who a member is to WeChat: in each of the shop's apps, and in all of them together."""
    accounts = SocialAccount.objects.filter(user=user).order_by("pk")
    for account in accounts.iterator(chunk_size=ROWS_AT_ONCE):
        since = account.date_joined
        yield {"app": account.provider, "openid": account.uid, "bound_at": since}
    for person in user.wechat_persons.order_by("pk"):
        yield {"unionid": person.unionid}


def _plain(value):
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


def _lines(row):
    """Return (name, text) pairs; what holds more inside is written as JSON."""
    return [
        (
            name,
            value if isinstance(value, str) else "" if value is None else json.loads(_plain(value)),
        )
        for name, value in row.items()
    ]
