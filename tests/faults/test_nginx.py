"""The real nginx with ops/nginx/mall.conf.template in front of the real pages: what it lets through
and what it throws away.
"""

import re
import socket
import ssl
import urllib.error
import urllib.request
from contextlib import suppress

import pytest
from PIL import Image

from tests.conftest import ROOT
from tests.front import NGINX, front, listens, running
from tests.serving import free_port

# Needs a live server; runs with the other heavy ones, once.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
]
ANY_CERTIFICATE = ssl._create_unverified_context()  # made for this test a moment ago


class Stay(urllib.request.HTTPRedirectHandler):
    """Follow no redirect: the test wants to see it."""

    def redirect_request(self, *arguments):
        return None


@pytest.fixture
def shop_front(live_server, tmp_path):
    """nginx before the real pages."""
    media = tmp_path / "media"
    media.mkdir()
    (media / "avatar.svg").write_text("<svg onload='alert(1)'/>")
    with front(tmp_path, live_server.url.removeprefix("http://"), media=media) as standing:
        yield standing


@pytest.fixture
def door(shop_front):
    """door(path, through="https", **request) -> (status, headers, body) through nginx."""
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=ANY_CERTIFICATE), Stay)

    def knock(path, *, through="https", **request):
        port = shop_front.secure if through == "https" else shop_front.plain
        address = f"{through}://127.0.0.1:{port}{path}"
        request["headers"] = {"Host": "localhost", **request.get("headers", {})}
        try:
            answer = opener.open(urllib.request.Request(address, **request), timeout=10)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            return answer.status, answer.headers, answer.read().decode(errors="replace")

    return knock


@pytest.fixture
def say(shop_front):
    """say(raw bytes, through="https", name=None) -> all that nginx answers to them, b"" when it
    hangs up.
    """

    def said(raw, *, through="https", name=None):
        port = shop_front.secure if through == "https" else shop_front.plain
        with socket.create_connection(("127.0.0.1", port), 10) as line:
            talk = (
                ANY_CERTIFICATE.wrap_socket(line, server_hostname=name)
                if through == "https"
                else line
            )
            with talk, suppress(ConnectionError):
                talk.sendall(raw)
                talk.settimeout(10)
                return b"".join(iter(lambda: talk.recv(65536), b""))
        return b""

    return said


def test_nginx_when_visitors_come_then_only_what_is_meant_for_them_passes(door, settings):
    settings.METRICS_TOKEN = "token"
    notice = "/api/v1/payments/sandbox/notify"

    status, headers, _body = door("/products/?page=1", through="http")
    assert (status, headers["Location"]) == (301, "https://localhost/products/?page=1")

    status, headers, body = door("/healthz")
    assert (status, body, headers["Server"]) == (200, '{"status": "ok"}', "nginx")

    # Even with the right token: counters are for the inside.
    assert door("/metrics", headers={"Authorization": "Bearer token"})[0] == 404

    assert (
        door(notice, data=b"x" * (64 * 1024 + 1), headers={"Content-Type": "application/json"})[0]
        == 413
    )
    assert door(notice, data=b"{}", headers={"Content-Type": "application/json"})[0] in (
        400,
        401,
        403,
    )

    status, headers, body = door("/media/avatar.svg")
    assert (status, headers["X-Content-Type-Options"], headers["Content-Security-Policy"]) == (
        200,
        "nosniff",
        "default-src 'none'; sandbox",
    )
    assert headers["Cache-Control"] == "max-age=3600"


def test_nginx_when_a_picture_is_asked_smaller_then_the_mall_makes_it_once(
    door, settings, tmp_path
):
    on_disk = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    settings.STORAGES = {**settings.STORAGES, "default": on_disk}
    settings.MEDIA_ROOT = tmp_path / "media"
    name, for_good = "products/0123456789abcdef-640x480.webp", "max-age=31536000, public, immutable"
    (tmp_path / "media" / "products").mkdir()
    Image.new("RGB", (640, 480)).save(tmp_path / "media" / name)
    path, unknown = f"/media/sized/{name}/360.webp", f"/media/sized/{name}/361.webp"

    made, kept, whole = door(path), door(path), door(f"/media/{name}")

    for status, headers, _body in (made, kept, whole):
        assert (status, headers["Content-Type"]) == (200, "image/webp")
        assert headers["Cache-Control"] == for_good
        assert headers["X-Content-Type-Options"] == "nosniff"
    assert [one[1]["ETag"] is None for one in (made, kept)] == [True, False]  # nginx tells one
    assert door(unknown)[0] == 404


def test_nginx_when_visitors_are_counted_then_ipv6_by_its_network_and_mapped_ipv4_as_ipv4(tmp_path):
    """Only the template's map, behind an nginx that believes X-Real-IP: this machine has one IPv6
    address at most.
    """
    template = (ROOT / "ops/nginx/mall.conf.template").read_text()
    counted = re.search(r"map \$remote_addr \$visitor {.*?\n}", template, re.DOTALL)[0]
    port = free_port()
    server = (
        f"listen 127.0.0.1:{port}; set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP; "
        f"return 200 $visitor;"
    )
    places = " ".join(
        f"{name}_temp_path {tmp_path}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    http = f"access_log off; {places} {counted} server {{ {server} }}"
    (tmp_path / "n.conf").write_text(
        f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/log; events {{}} http {{ {http} }}"
    )

    def visitor(address):
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/", headers={"X-Real-IP": address})
        return urllib.request.urlopen(asked, timeout=10).read().decode()

    with running(
        [NGINX, "-c", tmp_path / "n.conf", "-p", tmp_path],
        answers=lambda: listens(port),
        log=tmp_path / "said",
    ):
        assert visitor("::ffff:192.0.2.7") == visitor("192.0.2.7") == "192.0.2.7"
        for network, other in (
            ("2001:db8:1:2", "2001:db8:1:3"),
            ("2001:db8:0:0", "2001:db8:0:1"),
            ("2001:0:0:5", "2001:0:0:6"),
        ):
            same = {visitor(f"{network}:{rest}") for rest in ("3:4:5:6", "a:b:c:d", "3:0:5:6")}
            assert len(same) == 1
            assert same.isdisjoint({visitor(f"{other}:{rest}") for rest in ("3:4:5:6", ":1")})


def test_nginx_when_a_caller_claims_another_address_then_it_is_thrown_away(door, db):
    """The limit of 100 per 15 minutes counts the real address, whatever X-Forwarded-For says."""
    from django.core.cache import cache

    before = set(cache.keys("*"))
    for claimed in ("198.51.100.7", "203.0.113.9, 198.51.100.7"):
        assert door("/api/v1/categories", headers={"X-Forwarded-For": claimed})[0] == 200

    counted = [
        cache.get(key) for key in set(cache.keys("*")) - before if str(key).startswith("rl:")
    ]
    assert counted == [2]


@pytest.mark.parametrize("through", ["http", "https"])
@pytest.mark.parametrize(
    "request_line_and_host",
    [
        "GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close",
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close",
        "GET / HTTP/1.1\r\nHost: localhost.evil.example\r\nConnection: close",
        "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close",
        "GET / HTTP/1.0",
        "POST /api/v1/orders HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 2\r\nConnection: "
        "close\r\n\r\n{}",
    ],
)
def test_nginx_when_the_host_is_not_the_shop_then_nothing_is_answered(
    say, through, request_line_and_host
):
    assert (
        say(f"{request_line_and_host}\r\n\r\n".encode(), through=through, name="evil.example")
        == b""
    )


def test_nginx_when_the_host_is_not_read_yet_then_tls_and_patience_are_the_shops():
    """Both are taken from the first server of a port; the shop's own lines would never be asked."""
    first, *_plain, shop = (
        (ROOT / "ops/nginx/mall.conf.template").read_text().split("\nserver {")[1:]
    )
    early = re.compile(
        r"^ +((?:ssl_\w+|client_header_timeout|large_client_header_buffers) .*?;)", re.MULTILINE
    )

    assert early.findall(first) == early.findall(shop) != []


def test_nginx_when_the_shop_is_named_in_another_way_then_it_answers(say):
    by_number = say(b"GET /healthz HTTP/1.1\r\nHost: LOCALHOST:443\r\nConnection: close\r\n\r\n")
    in_full = say(
        b"GET http://localhost/products/?page=1 HTTP/1.1\r\nHost: evil.example\r\nConnection: "
        b"close\r\n\r\n",
        through="http",
    )

    assert by_number.startswith(b"HTTP/1.1 200 ")
    assert (
        in_full.startswith(b"HTTP/1.1 301 ")
        and b"Location: https://localhost/products/?page=1\r\n" in in_full
    )
    assert b"Server: nginx\r\n" in in_full  # and no version


@pytest.mark.parametrize("through", ["https", "http"])
@pytest.mark.parametrize("request_line", ["GET / HTTP/1.1", "words that are no request"])
def test_nginx_when_nobody_knows_yet_whom_a_request_is_for_then_no_version_is_told(
    say, through, request_line
):
    refused = say(f"{request_line}\r\n\r\n".encode(), through=through)

    assert refused.startswith(b"HTTP/1.1 400 ") and b"Server: nginx\r\n" in refused
    assert b"nginx/" not in refused


@pytest.mark.parametrize("page", ["metrics", "readyz"])
@pytest.mark.parametrize(
    "way",
    [
        "/{}",
        "//{}",
        "/{}/",
        "/./{}",
        "/x/../{}",
        "/%2e/{}",
        "/{}?a=1",
        "/{}%3Fa=1",
        "/{}%2F",
        "/{}%00",
        "/%2F{}",
        "/{};a",
        "/{}#",
    ],
)
def test_nginx_when_counters_are_asked_for_in_any_writing_then_they_are_for_the_inside(
    say, settings, page, way
):
    settings.METRICS_TOKEN = "token"
    escaped = f"%{ord(page[0]):02x}{page[1:]}"
    for written in (page, escaped, page.upper()):
        known = (
            "Authorization: Bearer token\r\n"
            if page == "metrics"
            else "X-Forwarded-For: 127.0.0.1\r\n"
        )
        raw = (
            f"GET {way.format(written)} HTTP/1.1\r\nHost: localhost\r\n{known}Connection: "
            f"close\r\n\r\n"
        )

        answer = say(raw.encode())

        assert answer[:13] in (b"HTTP/1.1 404 ", b"HTTP/1.1 400 ")
        assert b"mall_orders_unpaid" not in answer and b"database" not in answer


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: 2\r\nContent-Length: 40",
        "Content-Length: 2\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding : chunked",
        "Host: evil.example",
    ],
)
def test_nginx_when_a_request_can_be_read_in_two_ways_then_it_is_refused(say, framing):
    raw = (
        f"POST /api/v1/orders HTTP/1.1\r\nHost: localhost\r\nConnection: "
        f"close\r\n{framing}\r\n\r\n{{}}"
    )

    assert say(raw.encode())[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 501")


def test_nginx_when_a_long_address_leads_to_signing_in_then_the_long_way_back_passes(door, db):
    """The page to come back to stands in Location, escaped once more: longer than nginx' buffer for
    headers is by itself.
    """
    status, headers, _body = door(f"/orders/?{'%' * 5000}")

    assert status == 302
    assert headers["Location"].count("%25") == 5000
