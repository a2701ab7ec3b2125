"""What a mailbox gets, byte by byte: it offers "unsubscribe" only when it reads the link in the raw
header.

Python's modern e-mail policy (``email.policy.SMTP``, which Django 6 writes mails with) folds a long
value without spaces into encoded words, ``=?utf-8?q?=3Chttps=3A//…``, and RFC 8058 readers then see
no link. Django 5.2 does not; this test is what must stay green before any move.
"""

import email.policy
import re
import smtplib
from email.message import EmailMessage

import pytest
from django.core.mail import get_connection

from marketing.models import Notification
from marketing.notices import letters
from marketing.notices.topics import MANNERS
from tests.factories.accounts import MemberFactory

pytestmark = pytest.mark.django_db
LOOSE = sorted(kind for kind, manner in MANNERS.items() if not manner.fixed_email)
SHOPS = ["https://mall.example", "https://" + ".".join(["a-long-name-of-a-shop"] * 5) + ".example"]
LONGEST_LINE = 998  # RFC 5322 2.1.1


def header_of(raw: bytes, name: str) -> str | None:
    """Return a header as a mailbox reads it: unfolded and not decoded; None when it is not
    there.
    """
    head = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode("ascii")
    found = re.search(rf"^{name}:((?:.*)(?:\n[ \t].*)*)", head, re.MULTILINE | re.IGNORECASE)
    return found and re.sub(r"\n(?=[ \t])", "", found[1]).strip()


def link_of(raw: bytes) -> str | None:
    """Return the address a mailbox would ask to unsubscribe, or None when it finds none."""
    found = re.fullmatch(r"<(https://[\x21-\x7e]+)>", header_of(raw, "List-Unsubscribe") or "")
    return found and found[1]


def raw_letter(member, kinds) -> bytes:
    notices = [
        Notification.objects.create(user=member, kind=kind, key=kind, url="/orders/1/", params={})
        for kind in kinds
    ]
    return letters.write(member, notices).message().as_bytes(linesep="\r\n")


def check(raw, member, kinds):
    """Assert that the mailbox finds the link, and that it names the member and these kinds."""
    link = link_of(raw)
    assert link, header_of(raw, "List-Unsubscribe")
    token = re.search(r"/unsubscribe/([^/]+)/$", link)[1]
    assert letters.read_unsubscribe_token(token) == (member.pk, sorted(kinds))
    assert header_of(raw, "List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    assert max(len(line) for line in raw.split(b"\r\n")) <= LONGEST_LINE


@pytest.fixture
def reader(db):
    """Somebody whose name is not ASCII."""
    member = MemberFactory()
    member.nickname = "李雷" * 10
    member.save(update_fields=["nickname"])
    return member


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("kind", LOOSE)
def test_letter_when_of_one_kind_then_the_mailbox_finds_the_link(reader, settings, kind, language):
    settings.SHOP_URL, reader.language = SHOPS[1], language

    check(raw_letter(reader, [kind]), reader, [kind])


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("shop", SHOPS, ids=["short", "long"])
def test_letter_when_it_tells_of_everything_then_the_longest_link_is_whole(
    reader, settings, shop, language
):
    settings.SHOP_URL, reader.language = shop, language

    raw = raw_letter(reader, MANNERS)

    assert len(header_of(raw, "List-Unsubscribe")) > 200
    check(raw, reader, LOOSE)
    for name in ("Message-ID", "Auto-Submitted", "List-Unsubscribe-Post"):
        assert "=?" not in header_of(raw, name)


def test_letter_when_nobody_may_leave_its_kind_then_there_is_no_link(reader):
    fixed = [kind for kind in MANNERS if kind not in LOOSE]

    raw = raw_letter(reader, fixed)

    assert fixed and header_of(raw, "List-Unsubscribe") is None


def test_letter_when_it_leaves_by_smtp_then_the_link_is_whole_on_the_wire(
    reader, settings, monkeypatch
):
    """The bytes that go to the mail server, not those the message would show."""
    settings.SHOP_URL, on_the_wire = SHOPS[1], []

    class Server(smtplib.SMTP):
        def __init__(self, *args, **kwargs):
            pass

        def sendmail(self, sender, recipients, message, *args, **kwargs):
            on_the_wire.append(message)

        def quit(self):
            pass

    monkeypatch.setattr(smtplib, "SMTP", Server)
    notices = [
        Notification.objects.create(user=reader, kind=kind, key=kind, params={}) for kind in LOOSE
    ]
    connection = get_connection(
        "django.core.mail.backends.smtp.EmailBackend", use_tls=False, username="", password=""
    )
    letters.write(reader, notices, connection=connection).send()

    check(on_the_wire[0], reader, LOOSE)


def test_link_of_when_the_modern_policy_folds_a_long_one_then_a_mailbox_sees_none():
    """The harness sees what it is there for."""
    short, long = (f"<https://mall.example/unsubscribe/{'a' * length}/>" for length in (10, 200))

    def folded(link):
        message = EmailMessage(policy=email.policy.SMTP)
        message["List-Unsubscribe"] = link
        return message.as_bytes()

    assert f"<{link_of(folded(short))}>" == short
    assert link_of(folded(long)) is None
