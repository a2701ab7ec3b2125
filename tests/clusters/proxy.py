"""HAProxy before several servers: what stands between a shop and its machines."""

from pathlib import Path

from tests.services import Server, _connects, _program

CONFIGURATION = """
global
  maxconn 1000
defaults
  mode tcp
  timeout connect 1s
  timeout client 1h
  timeout server 1h
  retries 2
  option redispatch
  default-server check inter 500ms fall 2 rise 2 on-marked-down shutdown-sessions
listen front
  bind {bind}
  {choice}
{servers}
"""
# Who was chosen stays chosen until it dies: one that comes back must not write beside it.
ONE = "stick-table type integer size 1 nopurge\n  stick on int(1)"
ALL = "balance roundrobin"


def start(folder, places, *, one_at_a_time, bind=None) -> Server:
    """Start HAProxy before servers (``host:port``, or the path of a socket): all take turns, or one
    serves until it dies. Without ``bind`` it listens on a socket in the folder, as ``socket`` of
    what is returned says.
    """
    folder = Path(folder)
    socket, file = folder / "front.sock", folder / "front.cfg"
    text = CONFIGURATION.format(
        bind=bind or f"unix@{socket}",
        choice=ONE if one_at_a_time else ALL,
        servers="\n".join(f"  server s{n} {_address(one)}" for n, one in enumerate(places, 1)),
    )
    file.write_text(text)
    server = Server("haproxy", [_program("haproxy"), "-db", "-f", str(file)], log=folder / "front")
    server.socket = socket
    return server.wait_until(lambda: _connects(bind or socket))


def _address(place):
    return f"unix@{place}" if isinstance(place, Path) else place
