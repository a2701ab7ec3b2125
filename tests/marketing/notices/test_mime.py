"""A mail as we write it out, beside the same mail as Django's own message writes it."""

import email
from email.header import decode_header, make_header

import pytest
from django.core.mail import BadHeaderError, EmailMultiAlternatives
from hypothesis import given, settings
from hypothesis import strategies as st

from marketing.notices.mime import LONGEST_LINE, Letter

TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n.='\"-"),
    max_size=200,
)
ONE_LINE = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=90)
ADDRESS = st.sampled_from(
    ["a.b+c@example.com", "李雷@example.com", "a@例子.com", '"a b"@example.com']
)
SENDER = st.sampled_from(
    ["shop@mall.example", "积分商城 <shop@mall.example>", "Mall <a@b.example>"]
)


def made(kind, subject, text, html, *, to="a@example.com", sender="shop@mall.example", **headers):
    """Return a mail of a kind of message with both parts."""
    letter = kind(subject, text, from_email=sender, to=[to], headers=headers)
    letter.attach_alternative(html, "text/html")
    return letter


def read(raw):
    """Return what a mailbox reads: headers, then type and text of each part."""
    mail = email.message_from_bytes(raw)
    names = ("Subject", "From", "To", "MIME-Version", "Message-ID", "List-Unsubscribe")
    unfolded = {name: "".join((mail[name] or "").splitlines()).strip() for name in names}
    headers = {name: str(make_header(decode_header(said))) for name, said in unfolded.items()}
    parts = [
        (part.get_content_type(), part.get_content_charset(), part.get_payload(decode=True))
        for part in mail.walk()
        if not part.is_multipart()
    ]
    return headers, mail.get_content_type(), parts


@settings(max_examples=60, deadline=None)
@given(ONE_LINE, TEXT, TEXT, ADDRESS, SENDER, st.sampled_from([0, 0, LONGEST_LINE + 1]))
def test_letter_when_written_out_then_a_mailbox_reads_what_djangos_message_says(
    subject, text, html, to, sender, more
):
    said = (subject, text + "." + "长x" * more, html + "x" * more)
    words = {"to": to, "sender": sender, "Message-ID": "<notice-1@mall.example>"}
    words["List-Unsubscribe"] = f"<https://mall.example/{'x' * 300}>"

    ours = made(Letter, *said, **words).message().as_bytes(linesep="\r\n")

    theirs = made(EmailMultiAlternatives, *said, **words).message().as_bytes(linesep="\r\n")
    assert read(ours) == read(theirs)
    assert all(len(line) <= LONGEST_LINE for line in ours.split(b"\r\n"))
    assert b"\n" not in ours.replace(b"\r\n", b"")
    assert ours.partition(b"\r\n\r\n")[0].isascii()


@pytest.mark.parametrize("header", ["Subject", "Message-ID", "To"])
def test_letter_when_a_header_holds_a_line_break_then_it_is_not_written(header):
    evil = "a\nBcc: b@example.com"
    words = {"to": evil} if header == "To" else {} if header == "Subject" else {header: evil}
    letter = made(Letter, evil if header == "Subject" else "s", "text", "<p>", **words)

    with pytest.raises((BadHeaderError, ValueError)):
        letter.message()


def test_letter_when_a_backend_prints_it_then_it_finds_what_it_asks_for():
    written = made(Letter, "s", "text", "<p>").message()

    assert written.as_bytes().count(b"\r") == 0
    assert written.get_charset() is None
