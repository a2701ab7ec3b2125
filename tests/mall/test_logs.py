"""What a request leaves in the log: one event, whatever went wrong."""

import json
import logging
import shutil
import subprocess
import sys

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpResponse
from django.urls import path

from mall import urls
from mall.monitoring.logs import configure_logging
from tests import pristine
from tests.conftest import ON_MARIADB, ROOT

pytestmark = pytest.mark.django_db


def forbid(request):
    raise PermissionDenied


def suspect(request):
    raise SuspiciousOperation("the reason in plain words")


def break_down(request):
    raise ZeroDivisionError("broken on " + "purpose")


def close(request):
    return HttpResponse(status=503)


urlpatterns = [
    path(view.__name__, view) for view in (forbid, suspect, break_down, close)
] + urls.urlpatterns
for view in (forbid, suspect, break_down, close):
    view.login_required = False
handler400, handler404, handler500 = urls.handler400, urls.handler404, urls.handler500


@pytest.fixture(params=["console", "json"])
def log(request, settings, monkeypatch):
    """log(): the lines written since, as production writes them."""
    import io

    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    logging.config.dictConfig(configure_logging(request.param, level="INFO"))
    settings.ROOT_URLCONF = __name__
    yield lambda: written.getvalue().splitlines()
    monkeypatch.undo()
    logging.config.dictConfig(settings.LOGGING)


@pytest.mark.parametrize(
    ("request_of", "status"),
    [
        (lambda client: client.get("/nothing-here/"), 404),
        (lambda client: client.get("/api/v1/nothing"), 404),
        (lambda client: client.post("/healthz/nothing"), 404),
        (lambda client: client.get("/api/v1/orders"), 401),
        (lambda client: client.get("/language/"), 302),
        (lambda client: client.get("/theme/"), 405),
        (lambda client: client.get("/forbid"), 403),
        (lambda client: client.get("/suspect"), 400),
        (lambda client: client.get("/close"), 503),
        (lambda client: client.get("/readyz", REMOTE_ADDR="198.51.100.7"), 404),
        (lambda client: client.get("/metrics"), 404),
    ],
)
def test_request_when_refused_then_one_line(client, log, request_of, status):
    assert request_of(client).status_code == status

    lines = log()

    assert len(lines) == 1, lines
    assert str(status) in lines[0]


def test_request_when_a_security_check_refuses_then_its_one_line_says_why(client, log):
    client.get("/suspect")

    (line,) = log()

    assert "the reason in plain words" in line


def test_form_when_its_token_is_missing_then_one_line_says_so(log):
    from django.test import Client

    assert Client(enforce_csrf_checks=True).post("/accounts/login/", {}).status_code == 403

    (line,) = log()
    assert "CSRF" in line


def test_request_when_the_host_is_not_ours_then_one_line_names_it(client, log, settings):
    settings.ALLOWED_HOSTS = ["mall.example"]

    assert client.get("/", headers={"Host": "elsewhere.example"}).status_code == 400

    (line,) = log()
    assert "elsewhere.example" in line


def test_request_when_the_host_is_refused_before_we_see_it_then_one_line_names_it(
    client, log, settings
):
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["mall.example"], True
    client.handler.load_middleware()

    client.get("/", headers={"Host": "elsewhere.example"})

    (line,) = log()
    assert "elsewhere.example" in line


def test_request_when_our_code_breaks_then_one_event_with_the_traceback(client, log, request):
    client.raise_request_exception = False

    assert client.get("/break_down").status_code == 500

    lines = log()
    words = "\n".join(lines)
    assert words.count("broken on purpose") == 1
    if request.node.callspec.params["log"] == "json":
        (line,) = lines
        assert json.loads(line)["exception"][0]["exc_type"] == "ZeroDivisionError"
    else:
        assert sum("request_failed" in line for line in lines) == 1


@pytest.mark.skipif(ON_MARIADB, reason="the embedded profile keeps its shop in SQLite")
def test_embedded_when_a_page_is_not_there_then_its_console_shows_one_line(tmp_path):
    shutil.copy(pristine.original(), tmp_path / "mall.sqlite3")
    code = (
        "import django; django.setup(); from django.test import Client;"
        "Client().get('/nothing-here/')"
    )
    environment = {
        "PATH": "",
        "DJANGO_SETTINGS_MODULE": "mall.settings.embedded",
        "DATABASE_URL": f"sqlite:///{tmp_path}/mall.sqlite3",
    }

    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stderr

    assert told.count("\n") == 1, told


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "X-Real-IP", "Client-IP", "Forwarded", "CF-Connecting-IP"]
)
def test_log_when_a_caller_claims_another_address_then_it_names_the_real_one(client, log, header):
    client.get("/nothing-here/", headers={header: "203.0.113.9"}, REMOTE_ADDR="198.51.100.7")

    [line] = log()
    assert "198.51.100.7" in line
    assert "203.0.113.9" not in line
