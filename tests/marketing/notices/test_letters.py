"""The mails themselves: words, links, and nothing of a stranger's that runs."""

import re

import pytest
from django.test import Client

from marketing.models import Notification, Preference
from marketing.notices import deliveries, letters, preferences
from marketing.notices.inbox import Kind, notify

pytestmark = pytest.mark.django_db


def sent(member, mailoutbox, kind=Kind.ORDER_PAID, **params):
    notify(member.pk, kind=kind, key="k", url="/orders/42/", **{"no": "42", **params})
    notice = Notification.objects.get(user=member)
    return letters.write(member, [notice])


@pytest.mark.parametrize(("language", "title"), [("zh-hans", "订单"), ("en", "Your order is paid")])
def test_write_when_member_reads_a_language_then_subject_and_both_parts_are_in_it(
    member, mailoutbox, language, title
):
    member.language = language

    letter = sent(member, mailoutbox)

    html, kind = letter.alternatives[0]
    assert kind == "text/html"
    assert all(title in part for part in (letter.subject, letter.body, html))
    assert f'lang="{language}"' in html


def test_write_when_links_are_in_it_then_they_lead_out_of_the_mail_program(
    member, mailoutbox, settings
):
    settings.SHOP_URL = "https://mall.example"

    letter = sent(member, mailoutbox)

    assert "https://mall.example/orders/42/" in letter.body
    hrefs = re.findall(r'href="([^"]*)"', letter.alternatives[0][0])
    assert hrefs
    assert all(href.startswith("https://mall.example/") for href in hrefs)


@pytest.mark.parametrize(
    "payload",
    ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7|add:7 }}", "%(no)s"],
)
def test_write_when_names_hold_markup_then_it_is_inert(member, mailoutbox, payload):
    member.nickname = payload

    letter = sent(member, mailoutbox, kind=Kind.REFUND_REJECTED, reason=payload)

    html = letter.alternatives[0][0]
    assert "<script" not in html
    assert "<img" not in html
    assert payload in letter.body


def test_write_when_a_name_holds_line_breaks_then_no_header_is_forged(member, mailoutbox):
    notify(member.pk, kind=Kind.MISSION_COMPLETED, key="k", mission="x\r\nBcc: evil@example.com")
    letter = letters.write(member, [Notification.objects.get()])

    assert "\n" not in letter.subject
    assert "\nBcc:" not in letter.message().as_string().split("\n\n")[0]


def test_write_when_written_again_then_the_message_keeps_its_id(member, mailoutbox):
    first = sent(member, mailoutbox)

    assert (
        letters.write(member, [Notification.objects.get()]).extra_headers["Message-ID"]
        == first.extra_headers["Message-ID"]
    )


# --- unsubscribe ------------------------------------------------------------------
def address_in(letter):
    return re.search(
        r"<https?://[^/]+(/unsubscribe/[^>]+)>", letter.extra_headers["List-Unsubscribe"]
    )[1]


def test_unsubscribe_when_a_mail_program_posts_then_no_more_mails_and_no_sign_in(
    member, mailoutbox
):
    letter = sent(member, mailoutbox)
    stranger = Client(enforce_csrf_checks=True)

    answer = stranger.post(address_in(letter), {"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 204
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert preferences.of(member)[Kind.ORDER_PAID] == preferences.Choice(inbox=True, email=False)
    deliveries.send_due()
    assert mailoutbox == []


def test_unsubscribe_when_only_looked_at_then_nothing_changes(client, member, mailoutbox):
    letter = sent(member, mailoutbox)

    page = client.get(address_in(letter))

    assert page.status_code == 200
    assert not Preference.objects.exists()
    assert client.post(address_in(letter)).status_code == 200
    assert Preference.objects.get().email is False


@pytest.mark.parametrize("token", ["x", "a:b", "eyJhIjoxfQ:abc"])
def test_unsubscribe_when_the_token_is_not_ours_then_not_found(client, token):
    assert client.post(f"/unsubscribe/{token}/").status_code == 404


def test_write_when_only_about_safety_then_it_cannot_be_unsubscribed(member, mailoutbox):
    letter = sent(
        member, mailoutbox, kind=Kind.NEW_SIGN_IN, at="2026-11-20T04:30:00+00:00", device="Firefox"
    )

    assert "List-Unsubscribe" not in letter.extra_headers
