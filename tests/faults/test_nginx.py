"""The real nginx with ops/nginx/mall.conf.template in front of the real pages: what it lets through and what it throws away."""

import os
import re
import shutil
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/opt/homebrew/bin")
pytestmark = pytest.mark.browser  # needs a live server; runs with the other heavy ones, once
ANY_CERTIFICATE = ssl._create_unverified_context()  # made for this test a moment ago


class Stay(urllib.request.HTTPRedirectHandler):
    """Follow no redirect: the test wants to see it."""

    def redirect_request(self, *arguments):
        return None


@pytest.fixture
def door(live_server, tmp_path, unused_tcp_ports):
    """door(path, plain=False, **request) -> (status, headers, body) through nginx."""
    secure, plain = unused_tcp_ports
    filled = {
        "MALL_HOST": "localhost",
        "MALL_WEB": live_server.url.removeprefix("http://"),
        "MALL_MEDIA": str(tmp_path / "media"),
        "MALL_CERTIFICATES": str(tmp_path / "certificates"),
    }
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "avatar.svg").write_text("<svg onload='alert(1)'/>")
    subprocess.run([ROOT / "ops/nginx/certificate.sh"], env={**os.environ, **filled}, check=True, capture_output=True)
    shop = re.sub(r"\$\{(MALL_\w+)\}", lambda found: filled[found[1]], (ROOT / "ops/nginx/mall.conf.template").read_text())
    shop = shop.replace("listen 443 ", f"listen 127.0.0.1:{secure} ").replace("listen 80;", f"listen 127.0.0.1:{plain};")
    (tmp_path / "mall.conf").write_text(shop)
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; pid {tmp_path}/nginx.pid; error_log {tmp_path}/error.log; user root;\nevents {{}}\n"
        f"http {{ access_log off; client_body_temp_path {tmp_path}/body; proxy_temp_path {tmp_path}/proxy;\n"
        f"include {tmp_path}/mall.conf; }}\n"
    )
    process = subprocess.Popen([NGINX, "-c", tmp_path / "nginx.conf", "-p", tmp_path], stderr=subprocess.PIPE, text=True)
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=ANY_CERTIFICATE), Stay)

    def knock(path, *, through="https", **request):
        address = f"{through}://127.0.0.1:{secure if through == 'https' else plain}{path}"
        request["headers"] = {"Host": "localhost", **request.get("headers", {})}
        try:
            answer = opener.open(urllib.request.Request(address, **request), timeout=10)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            return answer.status, answer.headers, answer.read().decode(errors="replace")

    try:
        _wait_for(knock, process)
        yield knock
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def unused_tcp_ports():
    import socket

    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


def _wait_for(knock, process):
    for _try in range(100):
        if process.poll() is not None:
            pytest.fail(f"nginx did not start: {process.stderr.read()}")
        try:
            knock("/healthz")
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("nginx does not answer")


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
def test_nginx_when_visitors_come_then_only_what_is_meant_for_them_passes(door, settings):
    settings.METRICS_TOKEN = "token"
    notice = "/api/v1/payments/sandbox/notify"

    status, headers, _body = door("/products/?page=1", through="http")
    assert (status, headers["Location"]) == (301, "https://localhost/products/?page=1")

    status, headers, body = door("/healthz")
    assert (status, body, headers["Server"]) == (200, '{"status": "ok"}', "nginx")

    # Even with the right token: counters are for the inside.
    assert door("/metrics", headers={"Authorization": "Bearer token"})[0] == 404

    assert door(notice, data=b"x" * (64 * 1024 + 1), headers={"Content-Type": "application/json"})[0] == 413
    assert door(notice, data=b"{}", headers={"Content-Type": "application/json"})[0] in (400, 401, 403)

    status, headers, body = door("/media/avatar.svg")
    assert (status, headers["X-Content-Type-Options"], headers["Content-Security-Policy"]) == (
        200,
        "nosniff",
        "default-src 'none'; sandbox",
    )


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
def test_nginx_when_a_caller_claims_another_address_then_it_is_thrown_away(door, db):
    """The limit of 100 per 15 minutes counts the real address, whatever X-Forwarded-For says."""
    from django.core.cache import cache

    before = set(cache.keys("*"))
    for claimed in ("198.51.100.7", "203.0.113.9, 198.51.100.7"):
        assert door("/api/v1/categories", headers={"X-Forwarded-For": claimed})[0] == 200

    counted = [cache.get(key) for key in set(cache.keys("*")) - before if str(key).startswith("rl:")]
    assert counted == [2]
