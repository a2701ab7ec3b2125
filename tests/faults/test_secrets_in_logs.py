"""Keys of addresses never stand in a log: real letters' links through real nginx and the image's
server, in good and bad times.
"""

import socket
import ssl
from contextlib import suppress

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.db import connection

from marketing import shared_links
from marketing.notices import letters
from tests.front import NGINX, front, web

pytestmark = [
    pytest.mark.mariadb,
    pytest.mark.own_servers,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
]
ANY_CERTIFICATE = ssl._create_unverified_context()  # made for this test a moment ago


@pytest.fixture
def keys(member):
    """{address: its key} of every kind of link that is worth something to whoever reads it."""
    reset = f"{user_pk_to_url_str(member)}-{default_token_generator.make_token(member)}"
    unsubscribe = letters.unsubscribe_token(member.pk, ["points_expiring"])
    share = shared_links.Link(member.pk).token
    return {
        f"/accounts/password/reset/key/{reset}/": reset.partition("-")[2],
        f"/unsubscribe/{unsubscribe}/": unsubscribe.partition(":")[2],
        f"/s/{share}/": share,
        "/accounts/confirm-email/Mg:1vOabc:confirm-me-0123456789/": "confirm-me-0123456789",
        "/accounts/weixin/login/callback/?code=only-once-code&state=only-once-state": "only-once",
    }


def ask(port, path, *, method="GET", secure=True, **headers):
    """Send one request as it is; returns the status, or 0 when nothing is answered."""
    lines = "".join(
        f"{name}: {value}\r\n"
        for name, value in {"Host": "localhost", "Connection": "close", **headers}.items()
    )
    with socket.create_connection(("127.0.0.1", port), 30) as line:
        talk = ANY_CERTIFICATE.wrap_socket(line) if secure else line
        with talk, suppress(ConnectionError):
            talk.sendall(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode())
            answer = talk.recv(65536)
            return int(answer.split(b" ", 2)[1]) if answer else 0
    return 0


def walk(standing, address) -> set:
    """Go through a door in every way a mail program, a browser or an accident does; returns the
    statuses.
    """
    quoted = address.replace("/", "%2F").replace("?", "%3F").replace("&", "%26").replace("=", "%3D")
    ways = [
        {"path": address},
        {"path": address, "secure": False},
        {"path": address, "Host": "evil.example"},
        {"path": address, "method": "HEAD"},
        {"path": address, "method": "DELETE", "Content-Length": "0"},
        {"path": address, "method": "POST", "Content-Length": "0"},
        {"path": address, "method": "POST", "Content-Length": "999999999"},
        {"path": address.rstrip("/")},
        {"path": f"/{address}"},
        {"path": f"{address}nothing/here"},
        {"path": "/%" + f"{ord(address[1]):02x}{address[2:]}"},
        {"path": address.replace("/", "/x/../", 1)},
        {"path": address.upper()[:3] + address[3:]},
        {"path": f"https://localhost{address}"},
        {"path": f"/accounts/login/?next={quoted}"},
        {"path": "/static/gone.css", "Referer": f"https://localhost{address}"},
        {"path": f"/nothing/?next={address}"},
    ]
    return {
        ask(standing.secure if way.get("secure", True) else standing.plain, **way) for way in ways
    }


def test_logs_when_links_of_letters_are_opened_then_no_log_keeps_their_keys(
    keys, environment_of_test, tmp_path
):
    with (
        web(tmp_path, environment_of_test, SECRET_KEY=settings.SECRET_KEY) as port,
        front(tmp_path, f"127.0.0.1:{port}") as standing,
    ):
        statuses = set().union(*(walk(standing, address) for address in keys))
        with connection.cursor() as cursor:  # a fault of ours in the middle of a page
            cursor.execute("RENAME TABLE django_session TO away, marketing_preference TO away_too")
        try:
            statuses |= set().union(*(walk(standing, address) for address in list(keys)[:2]))
        finally:
            with connection.cursor() as cursor:
                cursor.execute(
                    "RENAME TABLE away TO django_session, away_too TO marketing_preference"
                )
        said = (tmp_path / "web.log").read_text()
        logged = standing.log

    assert statuses >= {0, 200, 301, 302, 403, 404, 405, 413, 500}
    assert "/unsubscribe/***" in said and "/accounts/password/reset/key/***" in said
    assert '"request":"GET /unsubscribe/***"' in logged and '"code":"500"' in logged
    for key in keys.values():
        assert key not in said
        assert key not in logged


def test_logs_when_the_web_processes_are_gone_then_nginx_keeps_no_key_and_says_who_was_gone(
    keys, tmp_path
):
    nobody = socket.socket()
    nobody.bind(("127.0.0.1", 0))  # bound and not listening: every connection is refused
    web_address = f"127.0.0.1:{nobody.getsockname()[1]}"

    with nobody, front(tmp_path, web_address) as standing:
        statuses = set().union(*(walk(standing, address) for address in keys))
        logged = standing.log

    assert 502 in statuses
    assert f'"web":"{web_address}","web_code":"502"' in logged
    for key in keys.values():
        assert key not in logged
