"""A body is read whole or refused: by the shop's own server command, which ends a cut body as if it
were complete.
"""

import io
import json
import socket

import pytest
from django.core.exceptions import BadRequest

from mall.server.bodies import WholeBody
from tests.faults.front import Front

pytestmark = pytest.mark.django_db(transaction=True)
DOORS = [
    "/api/v1/payments/sandbox/notify",
    "/api/v1/events",
    "/api/v1/orders/quote",
    "/api/auth/app/v1/auth/login",
    "/accounts/login/",
]

UNREAD = {"/api/v1/orders/quote": 401}  # who may not ask is not read


@pytest.fixture
def front(environment_of_test, tmp_path):
    with (tmp_path / "web.log").open("wb") as log:
        front = Front(environment_of_test, log)
        try:
            yield front
        finally:
            front.stop()


def say(front, head, body, *, hangs_up=False):
    """Send bytes as they are; return the status and what came back, or no status when the server
    hung up too.
    """
    with socket.create_connection(("127.0.0.1", front.port), timeout=30) as link:
        link.sendall(head.encode() + b"\r\n" + body)
        if hangs_up:
            link.shutdown(socket.SHUT_WR)
        came = b"".join(iter(lambda: link.recv(65536), b""))
    return int(came.split()[1]) if came else None, came.partition(b"\r\n\r\n")[2].decode()


def test_body_when_it_does_not_say_its_length_or_is_cut_then_refused_and_nothing_is_seen(front):
    chunks = b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
    for door in DOORS:
        kind = "x-www-form-urlencoded" if door.startswith("/accounts/") else "json"
        head = (
            f"POST {door} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: "
            f"close\r\nAccept-Language: en\r\nContent-Type: application/{kind}\r\n"
        )

        whole = say(front, f"{head}Transfer-Encoding: chunked\r\n", chunks)
        cut = say(front, f"{head}Transfer-Encoding: chunked\r\n", chunks[:-12])
        lying = say(front, f"{head}Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", chunks)
        early = say(front, f"{head}Content-Length: 30\r\n", b'{"lines": []}', hangs_up=True)

        assert [whole[0], cut[0], lying[0]] == [411, 411, 411], door
        assert early[0] in (None, UNREAD.get(door, 400)), (door, early)
        if door.startswith("/api/"):
            assert json.loads(whole[1])["errors"][0]["code"] == "length_required"
            assert "Content-Length" in json.loads(whole[1])["errors"][0]["detail"]


@pytest.mark.parametrize("door", DOORS)
def test_door_when_a_body_is_chunked_then_411(client, door):
    answer = client.generic(
        "POST",
        door,
        b"{}",
        content_type="application/json",
        headers={"Transfer-Encoding": "chunked"},
    )

    assert answer.status_code == 411


class Ends:
    """A stream that gives what it has, a piece at a time, and then ends."""

    def __init__(self, *pieces):
        self.pieces = list(pieces)

    def read(self, size):
        piece = self.pieces.pop(0) if self.pieces else b""
        if len(piece) > size:
            self.pieces.insert(0, piece[size:])
        return piece[:size]


def test_whole_body_when_it_comes_in_pieces_then_all_of_it_and_when_it_ends_early_then_refused():
    whole, cut = (
        io.BufferedReader(WholeBody(Ends(*pieces), 5)) for pieces in ((b"ab", b"cde"), (b"ab",))
    )

    assert (whole.read(1), whole.read(3), whole.read(), whole.read(1)) == (b"a", b"bcd", b"e", b"")
    with pytest.raises(BadRequest):
        cut.read()
