"""The shop's web processes as the image starts them, and somebody who knocks at every address they
have.
"""

import http.client
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from django.urls import URLPattern, get_resolver
from django.utils.regex_helper import normalize

from tests.conftest import ROOT
from tests.serving import free_port

START_SECONDS = 60
SAMPLES = {
    "int": "1",
    "str": "x1",
    "slug": "x1",
    "path": "x1",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


@dataclass
class Answer:
    """What came back, and after how long."""

    status: int
    headers: dict
    body: str
    seconds: float


class Front:
    """``ops/serve``, the image's own command, with the settings of the test and on a port of its
    own.
    """

    def __init__(self, environment, log):
        self.port = free_port()
        where = {
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        command = [ROOT / "ops" / "serve"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment | where, stdout=log, stderr=log, process_group=0
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._is_open():
            assert self.process.poll() is None and time.monotonic() < deadline, (
                "granian did not start"
            )
            time.sleep(0.1)

    def _is_open(self):
        try:
            return self.ask("/healthz").status == 200
        except OSError:
            return False

    def ask(self, path, method="GET", *, headers=None, body=None, **more) -> Answer:
        """Ask once; follows no redirect."""
        started = time.monotonic()
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            link.request(method, path, body=body, headers=headers or {}, **more)
            answer = link.getresponse()
            said = answer.read().decode(errors="replace")
            return Answer(
                answer.status, dict(answer.getheaders()), said, time.monotonic() - started
            )
        finally:
            link.close()

    def stop(self):
        """Close, and do not wait for what is still asked."""
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def addresses() -> list[str]:
    """Return one address for every pattern that Django resolves: pages, endpoints, the back
    office.
    """
    found = []
    _walk(get_resolver().url_patterns, "/", found)
    return sorted(set(found))


def _walk(patterns, prefix, found):
    for pattern in patterns:
        address = prefix + _sample(pattern.pattern)
        if isinstance(pattern, URLPattern):
            found.append(address)
        else:
            _walk(pattern.url_patterns, address, found)


def _sample(pattern):
    if hasattr(pattern, "_route"):
        return re.sub(
            r"<(?:(\w+):)?\w+>", lambda place: SAMPLES.get(place[1] or "str", "x1"), pattern._route
        )
    written, names = normalize(pattern._regex)[0]
    return written % dict.fromkeys(names, "1")
