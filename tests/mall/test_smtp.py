"""Our mail backend beside Django's own: a mail server hears the same of both."""

import socketserver
import threading

import pytest
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends import smtp as django_smtp

from mall.core import smtp

HELLO = b"250-sink\r\n250-8BITMIME\r\n250 SIZE 1000000\r\n"
ANSWERS = {b"EHLO": HELLO, b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}


class Conversation(socketserver.StreamRequestHandler):
    """Takes every mail and writes down what is said."""

    def handle(self):
        self.wfile.write(b"220 sink\r\n")
        for line in self.rfile:
            self.server.heard.append(line.strip().upper())
            word = line[:4].upper()
            self.wfile.write(ANSWERS.get(word.strip(), b"250 ok\r\n"))
            if word == b"DATA":
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    self.server.heard.append(line)
                self.wfile.write(b"250 ok\r\n")
            if word == b"QUIT":
                return


@pytest.fixture
def server():
    with socketserver.TCPServer(("127.0.0.1", 0), Conversation) as one:
        one.heard = []
        thread = threading.Thread(target=one.serve_forever, daemon=True)
        thread.start()
        yield one
        one.shutdown()
        thread.join()


def said(server, backend, sender, to):
    """Return what a server hears of a mail sent by a backend."""
    server.heard.clear()
    mail = EmailMultiAlternatives("Hello", "one\n.two\n", sender, to, headers={"Date": "D"})
    mail.extra_headers["Message-ID"] = "<1@example.com>"
    host, port = server.server_address
    with backend.EmailBackend(host=host, port=port, use_tls=False, use_ssl=False) as connection:
        assert connection.send_messages([mail]) == 1
    return [line for line in server.heard if not line.startswith(b"EHLO")]


@pytest.mark.parametrize(
    ("sender", "to"),
    [
        ("shop@mall.example", ["a.b+c@example.com", "d_e@example.com"]),
        ("积分商城 <shop@mall.example>", ["a@example.com"]),
        ("shop@mall.example", ["李雷@example.com", '"a b"@example.com', "a@例子.com"]),
    ],
)
def test_send_when_addresses_are_plain_or_not_then_the_server_hears_what_django_says(
    server, sender, to
):
    ours = said(server, smtp, sender, to)
    djangos = said(server, django_smtp, sender, to)

    assert ours == djangos
    assert ours[0].startswith(b"MAIL FROM:<SHOP@MALL.EXAMPLE> SIZE=")


@pytest.mark.parametrize(
    "address", ["a@b\r\nRCPT TO:<c@d>", "a..b@c", "<a@b>", "a b@c", ".a@b", ""]
)
def test_is_plain_when_a_server_may_stumble_over_it_then_not(address):
    assert not smtp.is_plain(address)
