"""The production profile in a process of its own: what it refuses, and that Django finds nothing to
say.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.orders.payments.providers import private_pem, public_pem

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "MALL_PROFILE": "production",
    "SECRET_KEY": "8Jx-2nqPz0sV5tYwR7uKmB4hE1gC6dLaF9oTiX3vNyQeZrMcWbUj",
    "FIELD_KEYS": "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "LEDGER_KEY": "1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f00f",
    "PAYMENT_SECRET": "2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f00f1e",
    "EVENT_SECRET": "3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d",
    "PAYMENT_PROVIDERS": "",
    "ALLOWED_HOSTS": "mall.example",
    "DATABASE_URL": "mysql://mall:secret@127.0.0.1:1/mall",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "BROKER_URL": "redis://127.0.0.1:1/1",
    "EMAIL_URL": "smtp+tls://mall:secret@mail.example:587",
}


def start(*command, **changes):
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    environment = {
        name: value for name, value in (kept | GOOD | changes).items() if value is not None
    }
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True
    )


def manage(*arguments):
    return start("manage.py", *arguments)


def read_settings(profile="production", **changes):
    """Import the settings only: what they refuse, they refuse before Django starts."""
    return start(
        "-c", f"import mall.settings.{profile} as settings; print(settings.DEBUG)", **changes
    )


def test_production_when_checked_for_deployment_then_nothing_to_say():
    checked = manage("check", "--deploy", "--fail-level", "WARNING")

    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        (None, "https://mall.example"),
        ("https://mall.example:8443/", "https://mall.example:8443"),
    ],
)
def test_production_when_the_shop_has_a_port_of_its_own_then_forms_may_come_from_there(
    address, origin
):
    """Behind nginx Host names no port, and a browser's Origin does."""
    asked = "import mall.settings.production as settings; print(*settings.CSRF_TRUSTED_ORIGINS)"

    assert start("-c", asked, SHOP_URL=address).stdout == f"{origin}\n"


def test_production_when_nothing_is_set_then_one_line_for_each():
    refused = read_settings(
        **dict.fromkeys((name for name in GOOD if name != "MALL_PROFILE"), None)
    )

    complaints = [line.strip() for line in refused.stderr.splitlines()[1:]]
    assert refused.returncode == 1
    assert {line.partition(" ")[0] for line in complaints} == set(GOOD) - {"MALL_PROFILE"}
    assert len(complaints) == len(GOOD) - 1


@pytest.mark.parametrize(
    "values",
    [
        {
            "SECRET_KEY": "short",
            "FIELD_KEYS": "00" * 32,
            "LEDGER_KEY": "not hex",
            "PAYMENT_SECRET": "abc",
            "EVENT_SECRET": "abc",
            "ALLOWED_HOSTS": "*",
            "DATABASE_URL": "sqlite:///mall.sqlite3",
            "PAYMENT_PROVIDERS": "nobody",
            "REDIS_URL": "locmem://",
            "BROKER_URL": "memory://",
            "EMAIL_URL": "consolemail://",
        },
        {
            "SECRET_KEY": "django-insecure-" + "x7" * 30,
            "FIELD_KEYS": GOOD["FIELD_KEYS"] + ",short",
            "ALLOWED_HOSTS": "mall.example,*",
            "DATABASE_URL": "mysql:mall",
            "PAYMENT_PROVIDERS": "sandbox",
            "EMAIL_URL": "smtp://mail:port",
        },
        {
            "SECRET_KEY": "a" * 60,
            "ALLOWED_HOSTS": ",",
            "DATABASE_URL": "mysql://mall@db:port/mall",
            "SMS_PROVIDER": "console",
            "WECHAT_MINI_APP_ID": "wx123",
        },
    ],
    ids=["first", "second", "third"],
)
def test_production_when_values_are_unsafe_then_refuses_each_by_name(values):
    refused = read_settings(**values)

    complaints = [line.strip() for line in refused.stderr.splitlines()[1:]]
    assert refused.returncode == 1
    assert {line.partition(" ")[0] for line in complaints} == set(values)
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(("name", "value"), [("LOG_FORMAT", "xml"), ("LOG_LEVEL", "loud")])
def test_production_when_a_value_for_the_log_is_unknown_then_refuses_by_name(name, value):
    refused = read_settings(**{name: value})

    assert refused.returncode == 1
    assert name in refused.stderr
    assert "Traceback" not in refused.stderr


def test_production_when_keys_of_providers_are_missing_or_unreadable_then_one_line_for_each():
    given = {
        "PAYMENT_PROVIDERS": "alipay,wechat",
        "PAYMENT_ALIPAY_APP_ID": "2021000000000001",
        "PAYMENT_ALIPAY_SELLER_ID": "seller@example.com",
        "PAYMENT_ALIPAY_PRIVATE_KEY": "MIIEvQIBADANBg",
        "PAYMENT_ALIPAY_APP_CERT": "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----",
        "PAYMENT_ALIPAY_CERT_FILE": "/nowhere/alipay.crt",
        "PAYMENT_WECHAT_APP_ID": "wx0000000000000001",
        "PAYMENT_WECHAT_MCHID": "1900000001",
        "PAYMENT_WECHAT_PRIVATE_KEY": private_pem("weak"),
        "PAYMENT_WECHAT_V3_KEY": "short",
        "PAYMENT_WECHAT_PUBLIC_KEY": public_pem("wechat"),
        "PAYMENT_WECHAT_PUBLIC_KEY_ID": "5157F09EFDC096DE15EBE81A47057A72",
        "PAYMENT_WECHAT_URL": "http://api.mch.weixin.qq.com",
    }

    refused = read_settings(**given)

    lines = [line.strip().partition(" ")[0] for line in refused.stderr.splitlines()[1:]]
    assert (refused.returncode, "Traceback" in refused.stderr) == (1, False)
    assert lines == [f"PAYMENT_{name}" for name in (
        "ALIPAY_SELLER_ID", "ALIPAY_PRIVATE_KEY", "ALIPAY_APP_CERT", "ALIPAY_CERT_FILE",
        "ALIPAY_ROOT_CERT", "WECHAT_CERT_SERIAL", "WECHAT_PRIVATE_KEY", "WECHAT_V3_KEY",
        "WECHAT_PUBLIC_KEY_ID", "WECHAT_URL",
    )]  # fmt: skip
    bare = "".join(private_pem("wechat").splitlines()[1:-1])
    good = dict.fromkeys(("PAYMENT_ALIPAY_PRIVATE_KEY", "PAYMENT_WECHAT_PRIVATE_KEY"), bare)
    good |= {"PAYMENT_ALIPAY_SELLER_ID": "2088000000000001", "PAYMENT_ALIPAY_APP_CERT": None}
    good |= {"PAYMENT_ALIPAY_CERT_FILE": None, "PAYMENT_WECHAT_CERT_SERIAL": "5157F09EFDC096DE"}
    good |= {"PAYMENT_ALIPAY_PUBLIC_KEY": public_pem("wechat"), "PAYMENT_WECHAT_V3_KEY": "k" * 32}
    good |= {"PAYMENT_WECHAT_PUBLIC_KEY_ID": "PUB_KEY_ID_0119000001", "PAYMENT_WECHAT_URL": None}
    assert read_settings(**given | good).stdout == "False\n"


def test_production_when_a_rehearsal_is_asked_for_then_the_sandbox_may_pay():
    assert read_settings(PAYMENT_PROVIDERS="sandbox", PAYMENT_SANDBOX="allow").stdout == "False\n"


def test_production_when_cookies_are_set_then_bound_to_the_host():
    shown = start(
        "-c",
        "import mall.settings.production as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, "
        "s.DEMO_SIGN_INS)",
    )

    assert shown.stdout.split() == ["__Host-session", "__Host-csrf", "False"]


def test_production_when_files_are_collected_then_every_reference_is_found(tmp_path):
    """The manifest storage refuses a style sheet that names a file which is not there."""
    code = (
        "from django.conf import settings; from django.core.management import call_command; "
        # The same references without minutes of compression.
        "settings.STORAGES['staticfiles']['BACKEND'] = "
        "'django.contrib.staticfiles.storage.ManifestStaticFilesStorage'; "
        f"settings.STATIC_ROOT = {str(tmp_path)!r}; call_command('collectstatic', "
        f"interactive=False, verbosity=0)"
    )

    collected = manage("shell", "-v", "0", "-c", code)

    assert collected.returncode == 0, collected.stderr[-2000:]
    assert (tmp_path / "staticfiles.json").exists()


def test_embedded_when_given_another_database_then_refuses_in_one_line():
    refused = read_settings("embedded")

    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr and "sqlite://" in refused.stderr


def test_profile_when_unknown_then_names_the_known_ones():
    refused = start("manage.py", "check", MALL_PROFILE="staging")

    assert (
        refused.stderr.strip()
        == "MALL_PROFILE='staging' is unknown: use one of embedded, production."
    )


@pytest.mark.parametrize(("command", "seconds"), [("migrate", 86_400), ("nightly", 10)])
def test_answers_when_tables_are_changed_then_nothing_cuts_them_off(command, seconds):
    run = f"""
import runpy, sys
sys.argv = ["manage.py", "{command}", "--help"]
try:
    runpy.run_path("manage.py", run_name="__main__")
except SystemExit:
    from django.conf import settings
    print("patience", settings.DATABASES["default"]["OPTIONS"]["read_timeout"])
"""

    assert f"patience {seconds}" in start("-c", run).stdout
