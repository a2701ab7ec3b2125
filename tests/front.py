"""The shop as it stands in production, for a test: the image's own server command, and nginx with
the shop's template.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.conftest import ROOT
from tests.serving import free_port, production_environment

PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin:/opt/homebrew/bin"
NGINX = shutil.which("nginx", path=PLACES)
START_SECONDS = 60
HOST = "localhost"


@contextmanager
def running(command, *, answers, log: Path, **options):
    """Run a server until the block ends; ``log`` is all it says. Fails with its last words when it
    never ``answers()``.
    """
    with log.open("ab") as words:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdout=words,
            stderr=words,
            stdin=subprocess.DEVNULL,
            **options,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not answers():
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(
                    f"{command[0]} did not start:\n{log.read_text(errors='replace')[-2000:]}"
                )
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def says(url):
    """Return the status of an address, or 0 while nobody answers."""
    try:
        with urlopen(url, timeout=5) as answer:
            return answer.status
    except HTTPError as refused:
        return refused.code
    except OSError:
        return 0


@contextmanager
def web(folder: Path, environment: dict, **more):
    """Serve the production profile by the image's own command; yields its port. What it says is in
    folder/web.log.
    """
    port = free_port()
    [command] = json.loads(
        re.search(r"^CMD (\[.*\])$", (ROOT / "ops/Dockerfile").read_text(), re.MULTILINE)[1]
    )
    counters = folder / "counters"
    counters.mkdir()
    settings = production_environment(
        environment["MALL_TEST_DATABASE_URL"],
        os.environ["MALL_TEST_REDIS_URL"],
        port,
        DJANGO_SETTINGS_MODULE="tests.production_settings",
        PROMETHEUS_MULTIPROC_DIR=str(counters),
        ALLOWED_HOSTS=HOST,
        TRUSTED_PROXIES="127.0.0.1",
        LOG_LEVEL="DEBUG",
        **more,
    )
    up = lambda: says(f"http://127.0.0.1:{port}/static/favicon.svg")  # noqa: E731 - whatever it says, it says something
    with running([ROOT / command], answers=up, log=folder / "web.log", env=settings, cwd=ROOT):
        yield port


@dataclass(frozen=True)
class Front:
    """nginx with ops/nginx/mall.conf.template: where it listens and what it wrote."""

    secure: int
    plain: int
    folder: Path

    @property
    def log(self) -> str:
        """Everything nginx wrote, whatever the file."""
        return "".join(
            path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log"))
        )


@contextmanager
def front(folder: Path, web: str, *, media: Path | None = None):
    """Run nginx before ``web`` (host:port), with the logs its image has; yields a Front."""
    secure, plain = free_port(), free_port()
    filled = {
        "MALL_HOST": HOST,
        "MALL_WEB": web,
        "MALL_MEDIA": str(media or folder / "media"),
        "MALL_CERTIFICATES": str(folder / "certificates"),
    }
    subprocess.run(
        [ROOT / "ops/nginx/certificate.sh"],
        env={**os.environ, **filled},
        check=True,
        capture_output=True,
    )
    shop = re.sub(
        r"\$\{(MALL_\w+)\}",
        lambda found: filled[found[1]],
        (ROOT / "ops/nginx/mall.conf.template").read_text(),
    )
    shop = shop.replace("listen 443 ", f"listen 127.0.0.1:{secure} ").replace(
        "listen 80;", f"listen 127.0.0.1:{plain};"
    )
    logs = folder / "nginx"
    logs.mkdir()
    (folder / "mall.conf").write_text(shop)
    places = " ".join(  # Debian 13's stand in a folder of root
        f"{name}_temp_path {folder}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = '$remote_addr "$request" $status "$http_referer"'  # as in the image
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {logs}/error.log notice; user "
        f"root;\nevents {{}}\n"
        f"http {{ include /etc/nginx/mime.types; log_format main '{main}'; "
        f"access_log {logs}/access.log main;\n"
        f"{places}\ninclude {folder}/mall.conf; }}\n"
    )
    command = [NGINX, "-c", folder / "nginx.conf", "-p", folder]
    with running(command, answers=lambda: listens(secure), log=logs / "said.log"):
        yield Front(secure, plain, logs)
