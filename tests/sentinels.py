"""A master, its copy and three sentinels on ports of 127.0.0.1, for tests that kill the master."""

import socket
import time
from contextlib import closing, suppress
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from tests.services import Server, _program

NAME, SECRET = "Mall_1", "s3cret/@:"  # capitals, and what a URL must quote
DOWN_MS = 1_000


def free_ports(n):
    probes = [socket.socket() for _ in range(n)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


class Watch:
    """Two Redis servers and the sentinels that watch them."""

    def __init__(self, folder):
        self.folder = Path(folder)
        first, second, *self.sentinels = free_ports(5)
        self.redis = {first: self._redis(first), second: self._redis(second, of=first)}
        self.watchers = [self._sentinel(port, first) for port in self.sentinels]
        self.wait(
            lambda: (
                self.master() == first
                and self._known("sentinels") == 2
                # a watcher asks the master for its copies every ten seconds; who knows of none has
                # nobody to put in its place
                and self._known("replicas") == 1
                and self._is_copied(first)
            )
        )

    def _redis(self, port, of=None):
        home = self.folder / str(port)
        home.mkdir()
        settings = [
            "--bind",
            "127.0.0.1",
            "--port",
            str(port),
            "--save",
            "",
            "--dir",
            str(home),
            "--requirepass",
            SECRET,
        ]
        settings += [
            "--masterauth",
            SECRET,
            "--repl-diskless-sync-delay",
            "0",
            *(["--replicaof", f"127.0.0.1 {of}"] if of else []),
        ]
        return Server("redis-server", [_program("redis-server"), *settings], log=home / "log")

    def _sentinel(self, port, master):
        home = self.folder / f"sentinel{port}"
        home.mkdir()
        lines = [
            f"port {port}",
            "bind 127.0.0.1",
            f"dir {home}",
            f"sentinel monitor {NAME} 127.0.0.1 {master} 2",
        ]
        lines += [
            f"sentinel auth-pass {NAME} {SECRET}",
            f"sentinel down-after-milliseconds {NAME} {DOWN_MS}",
        ]
        # Two of three vote; who finds no majority on a busy machine tries again after twice this.
        lines += [f"sentinel failover-timeout {NAME} 2000"]
        (home / "conf").write_text("\n".join(lines) + "\n")
        return Server(
            "sentinel",
            [_program("redis-server"), str(home / "conf"), "--sentinel"],
            log=home / "log",
        )

    @property
    def places(self):
        return ",".join(f"127.0.0.1:{port}" for port in self.sentinels)

    def url(self, database=0):
        return f"sentinel://:s3cret%2F%40%3A@{self.places}/{database}?master={NAME}"

    def _ask(self, command, *arguments):
        for port in self.sentinels:
            with suppress(RedisError), closing(Redis(port=port, socket_timeout=1)) as link:
                return link.execute_command("SENTINEL", command, *arguments)
        return None

    def master(self) -> int | None:
        """Return the port of the server the sentinels call the master."""
        place = self._ask("get-master-addr-by-name", NAME)
        return int(place[1]) if place else None

    def _known(self, what) -> int:
        """Return of how many others the sentinel knows that knows of the fewest."""
        return min(len(self._told(port, what)) for port in self.sentinels)

    def _told(self, port, what):
        with suppress(RedisError), closing(Redis(port=port, socket_timeout=1)) as link:
            return link.execute_command("SENTINEL", what, NAME)
        return []

    def _is_copied(self, master):
        with (
            suppress(RedisError),
            closing(Redis(port=master, password=SECRET, socket_timeout=1)) as link,
        ):
            copies = link.info("replication")
            return copies.get("connected_slaves") == 1 and copies["slave0"]["state"] == "online"
        return False

    def link(self) -> Redis:
        """Return a client of the present master."""
        return Redis(port=self.master(), password=SECRET, socket_timeout=2)

    def kill_master(self) -> int:
        """Kill the master and one sentinel, the first everybody asks; returns the dead master's
        port.
        """
        port = self.master()
        self.redis[port].kill()
        self.watchers[0].kill()
        return port

    def wait(self, happened, seconds=40):
        until = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < until, "the sentinels did not agree"
            time.sleep(0.1)

    def stop(self):
        for server in [*self.watchers, *self.redis.values()]:
            server.kill()
