"""How a mail looks: one notice or several, as text and as HTML, in the member's language."""

from functools import cache
from urllib.parse import urlsplit

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mall.core import face
from marketing.notices import mime
from marketing.notices.topics import MANNERS, manner_of

FEW = 4  # kinds: packing so few gains nothing, and takes as long as half a mail's text
_signer = Signer(salt="marketing.unsubscribe")


def write(member, notices, *, connection=None) -> mime.Letter:
    """Return the mail that carries these notices, the most urgent one in the subject."""
    notices = sorted(notices, key=lambda notice: (not manner_of(notice.kind).urgent, notice.pk))
    with translation.override(member.language):
        facts = _facts(member, notices)
        letter = mime.Letter(
            _subject(facts["news"]),
            render_to_string("emails/notice.txt", facts),
            to=[member.email],
            connection=connection,
        )
        letter.attach_alternative(render_to_string("emails/notice.html", facts), "text/html")
    # The same mail keeps its id when it has to be sent once more, so that a mailbox can tell.
    letter.extra_headers["Message-ID"] = (
        f"<notice-{notices[0].pk}@{urlsplit(settings.SHOP_URL).hostname or 'localhost'}>"
    )
    letter.extra_headers["Auto-Submitted"] = "auto-generated"
    if facts["unsubscribe_url"]:
        letter.extra_headers["List-Unsubscribe"] = f"<{facts['unsubscribe_url']}>"
        letter.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return letter


def unsubscribe_token(user_id, kinds) -> str:
    """Return the signed name of "no more mail of these kinds to this member"; it needs no sign-in
    and does not end.
    """
    return _signer.sign_object([user_id, sorted(kinds)], compress=len(kinds) > FEW)


def read_unsubscribe_token(token) -> tuple[int, list[str]] | None:
    """Return (member, kinds) of a token of ours, or None."""
    try:
        user_id, kinds = _signer.unsign_object(token)
    except (BadSignature, ValueError, TypeError):
        return None
    return user_id, [kind for kind in kinds if kind in MANNERS]


def _facts(member, notices):
    news = [
        {"wording": wording, "url": _whole(notice.url), "goods": _goods(wording)}
        for notice in notices
        for wording in (notice.wording,)
    ]
    loose = [notice.kind for notice in notices if not manner_of(notice.kind).fixed_email]
    token = unsubscribe_token(member.pk, set(loose)) if loose else ""
    unsubscribe = _whole(_place("unsubscribe", "TOKEN").replace("TOKEN", token)) if loose else ""
    return {
        "title": news[0]["wording"].title,
        "hello": _("Hello %(name)s,") % {"name": member.display_name},
        "news": news,
        "shop_url": _whole("/"),
        "preferences_url": _whole(_place("preferences")),
        "unsubscribe_url": unsubscribe,
        "shop_name": face.current().name,
        **_words(translation.get_language()),
    }


@cache
def _place(page, *args) -> str:
    return reverse(f"marketing:{page}", args=args)


@cache
def _words(language) -> dict:
    """Return what stands in every mail of a language."""
    with translation.override(language):
        return {
            "language": language,
            "look": _("Have a look"),
            "choose": _("Choose what we write to you about"),
            "no_more": _("No more mails like this one"),
            "choose_here": _("Choose what we write to you about:"),
            "no_more_here": _("No more mails like this one:"),
        }


def _goods(wording):
    return [{"name": name, "url": _whole(url)} for name, url in wording.goods]


def _subject(news):
    title, others = news[0]["wording"].title, len(news) - 1
    if others:
        title = ngettext(
            "%(title)s, and %(others)s more", "%(title)s, and %(others)s more", others
        ) % {"title": title, "others": others}
    return " ".join(title.split())


def _whole(path):
    """Return the address outside the shop of a page of ours; nothing stays nothing."""
    return f"{settings.SHOP_URL.rstrip('/')}{path}" if path else ""
