"""HOST and PORT, and a port that belongs to one shop from its first second."""

import os
import socket
import subprocess
import sys
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from mall.server import address
from tests.conftest import ROOT
from tests.serving import free_port

PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
linux_only = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere the port is held until the shop listens"
)


@pytest.fixture
def listen():
    """listen(host, port): a server that shares its port, as granian's processes do."""
    with ExitStack() as open_ones:

        def opened(host, port):
            server = socket.create_server((host, port), reuse_port=True)
            return open_ones.enter_context(server)

        yield opened


@pytest.mark.parametrize("taken", ["127.0.0.1", "0.0.0.0"])
@pytest.mark.parametrize("wanted", ["127.0.0.1", "0.0.0.0", "::"])
def test_hold_when_another_shop_holds_the_port_then_names_a_free_one(taken, wanted):
    port = free_port()
    with closing(address.hold(taken, port)), pytest.raises(SystemExit) as refused:
        address.hold(wanted, port)

    words = str(refused.value)
    assert words.count("\n") == 0
    suggested = int(words.partition("PORT=")[2].split()[0])
    with closing(address.hold(wanted, suggested)):
        assert suggested != port


@linux_only
def test_hold_when_its_own_server_listens_beside_then_every_visitor_reaches_it_and_no_other(
    listen,
):
    port = free_port()
    with closing(address.hold("127.0.0.1", port)):
        server = listen("127.0.0.1", port)
        for _ in range(20):
            with (
                closing(socket.create_connection(("127.0.0.1", port), timeout=5)),
                closing(server.accept()[0]),
            ):
                pass
        with pytest.raises(SystemExit):
            address.hold("127.0.0.1", port)


def test_hold_when_only_a_server_that_shares_listens_then_refuses(listen):
    """The first shop's granian, whose hold ended (it was killed while its web process lives on)."""
    port = free_port()
    listen("127.0.0.1", port)

    with pytest.raises(SystemExit, match="Choose another: PORT="):
        address.hold("127.0.0.1", port)


def test_hold_when_many_try_at_the_same_moment_then_one_has_it(run_threads):
    port = free_port()

    outcomes = run_threads(16, lambda: address.hold("127.0.0.1", port))

    held = [one for one in outcomes if isinstance(one, socket.socket)]
    for one in held:
        one.close()
    assert (len(held), sum(isinstance(one, SystemExit) for one in outcomes)) == (1, 15)


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("", "127.0.0.1"),
        ("localhost", "127.0.0.1"),
        ("0.0.0.0", "0.0.0.0"),
        ("::1", "::1"),
        ("[::1]", "::1"),
    ],
)
def test_wanted_when_host_names_an_address_then_that_is_where_to_listen(monkeypatch, host, found):
    monkeypatch.setenv("HOST", host)
    monkeypatch.setenv("PORT", "8123")

    assert address.wanted() == (found, 8123)


@pytest.mark.parametrize(
    ("host", "is_open"),
    [
        ("127.0.0.1", False),
        ("127.8.8.8", False),
        ("::1", False),
        ("0.0.0.0", True),
        ("::", True),
        ("192.0.2.7", True),
    ],
)
def test_is_open_to_others_when_asked_then_only_loopback_is_not(host, is_open):
    assert address.is_open_to_others(host) is is_open


@pytest.mark.parametrize(("port", "suggested"), [(80, 8000), (65535, 8000)])
def test_free_port_when_there_is_none_after_it_then_a_likely_one(port, suggested):
    assert address._free_port("127.0.0.1", port) >= suggested


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "abc"), ("HOST", "nowhere.invalid"), ("WEB_PROCESSES", "0"), ("WEB_THREADS", "many")],
)
def test_serve_when_a_value_makes_no_sense_then_says_so_in_one_line(name, value):
    refused = subprocess.run(
        [ROOT / "ops/serve"],
        env={**os.environ, "PATH": PATH, name: value},
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert refused.stderr.startswith(f"{name}='{value}' is no ")


def test_serve_when_another_shop_holds_the_port_then_names_a_free_one():
    port = free_port()
    with closing(address.hold("0.0.0.0", port)):
        environment = {**os.environ, "PATH": PATH, "HOST": "localhost", "PORT": str(port)}
        refused = subprocess.run(
            [ROOT / "ops/serve"], env=environment, capture_output=True, text=True, timeout=30
        )

    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "./ops/serve" in refused.stderr.partition("PORT=")[2]
