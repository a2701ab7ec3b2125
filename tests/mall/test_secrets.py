"""Secrets only where they belong: two files of their owner's, and each service of compose with what
it needs.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from mall.backups import BackupError
from mall.backups.databases import named
from tests.mall.test_production import GOOD, read_settings, start

ROOT = Path(__file__).resolve().parents[2]
MAIL = "smtp+tls://mall:the-mail-password@mail.example:587"
KEYS = {"SECRET_KEY", "FIELD_KEYS", "LEDGER_KEY", "PAYMENT_SECRET", "EVENT_SECRET", "EMAIL_URL"}
DATABASE = {
    "MYSQL_ROOT_PASSWORD", "MYSQL_MIGRATE_PASSWORD", "MALL_PASSWORD", "MALL_READ_PASSWORD",
    "MALL_WATCH_PASSWORD", "MALL_BACKUP_PASSWORD",
}  # fmt: skip
SEES = {
    "migrate": KEYS | {"MYSQL_MIGRATE_PASSWORD"},
    "web": KEYS | {"MALL_PASSWORD", "MALL_READ_PASSWORD", "METRICS_TOKEN"},
    "worker": KEYS | {"MALL_PASSWORD"},
    "beat": KEYS | {"MALL_PASSWORD"},
    "backup": KEYS | {"MALL_BACKUP_PASSWORD"},
    "nginx": set(),
    "mysql": DATABASE,
    "redis": set(),
    "prometheus": {"METRICS_TOKEN"},
    "mysqld-exporter": {"MALL_WATCH_PASSWORD"},
    "redis-exporter": set(),
    "grafana": {"GRAFANA_PASSWORD"},
}
SECRETS = KEYS | DATABASE | {"METRICS_TOKEN", "GRAFANA_PASSWORD"}


@pytest.fixture
def shop(tmp_path):
    """An empty checkout that knows how to make its secrets."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "make-env", tmp_path / "scripts")
    return tmp_path


def make_env(shop, *options):
    return subprocess.run(
        [shop / "scripts" / "make-env", *options], cwd="/", capture_output=True, text=True
    )


def values_of(file):
    lines = (
        line for line in file.read_text().splitlines() if "=" in line and not line.startswith("#")
    )
    return dict(line.split("=", 1) for line in lines)


def modes(shop):
    return {
        path.name: oct(path.stat().st_mode & 0o777) for path in shop.iterdir() if path.is_file()
    }


# --- scripts/make-env ---------------------------------------------------------
def test_make_env_when_run_then_two_files_nobody_else_can_read(shop):
    os.umask(0o022)

    made = make_env(shop)

    assert (made.returncode, made.stdout) == (0, "")
    assert modes(shop) == {".env": "0o600", "mall.env": "0o600"}
    compose, mall = values_of(shop / ".env"), values_of(shop / "mall.env")
    assert set(compose) == DATABASE | {"METRICS_TOKEN", "GRAFANA_PASSWORD", "MALL_HOST"}
    assert set(mall) >= KEYS and not set(mall) & set(compose)
    assert len({*compose.values(), *mall.values()} - {"localhost", "sandbox", "allow"}) == len(
        SECRETS | {"SETUP_CODE"}
    )


def test_make_env_when_the_files_were_made_then_the_shop_starts_with_them(shop):
    make_env(shop)

    mall = values_of(shop / "mall.env")

    assert read_settings(**{**GOOD, **dict.fromkeys(KEYS), **mall}).stdout == "False\n"


@pytest.mark.parametrize("there", [".env", "mall.env"])
def test_make_env_when_a_file_exists_then_one_sentence_and_nothing_is_touched(shop, there):
    (shop / there).write_text("SECRET_KEY=kept\n")

    refused = make_env(shop)

    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1 and f"{there} exists" in refused.stderr
    assert {name for name in (".env", "mall.env") if (shop / name).exists()} == {there}
    assert (shop / there).read_text() == "SECRET_KEY=kept\n"


def test_make_env_when_sent_into_a_file_as_earlier_releases_had_it_then_writes_its_own(shop):
    subprocess.run(
        "./scripts/make-env > .env", shell=True, cwd=shop, check=True, capture_output=True
    )

    assert modes(shop) == {".env": "0o600", "mall.env": "0o600"}
    assert "MYSQL_ROOT_PASSWORD" in values_of(shop / ".env")


def test_make_env_when_asked_for_help_then_says_both_files_and_writes_none(shop):
    told = make_env(shop, "--help")

    assert (
        told.returncode == 0
        and ".env" in told.stdout
        and "mall.env" in told.stdout
        and "--split" in told.stdout
    )
    assert modes(shop) == {}


def test_make_env_when_an_option_is_unknown_then_refuses_in_one_line(shop):
    refused = make_env(shop, "--force")

    assert refused.returncode == 1 and refused.stderr.count("\n") == 1
    assert modes(shop) == {}


def test_split_when_there_is_the_one_file_of_an_earlier_release_then_every_value_stays(shop):
    make_env(shop)
    mine, theirs = values_of(shop / ".env"), values_of(shop / "mall.env")
    both = "".join((shop / name).read_text() for name in (".env", "mall.env"))
    (shop / "mall.env").unlink()
    (shop / ".env").write_text(both)
    (shop / ".env").chmod(0o644)

    divided = make_env(shop, "--split")

    assert divided.returncode == 0, divided.stderr
    assert (values_of(shop / ".env"), values_of(shop / "mall.env")) == (mine, theirs)
    assert modes(shop) == {".env": "0o600", "mall.env": "0o600"}


@pytest.mark.parametrize("before", ["export ", "  ", "\texport  "])
def test_split_when_lines_are_written_for_a_shell_then_the_apps_file_has_none_of_the_databases(
    shop, before
):
    (shop / ".env").write_text(
        f"{before}MYSQL_ROOT_PASSWORD=root\n{before}SECRET_KEY=key\nMALL_PASSWORD=app\n{before}METRICS_TOKEN=token\n"
    )

    divided = make_env(shop, "--split")

    assert divided.returncode == 0, divided.stderr
    assert (shop / "mall.env").read_text() == f"{before}SECRET_KEY=key\n"


def test_split_when_there_is_nothing_to_divide_then_refuses_and_keeps_both(shop):
    make_env(shop)
    before = (shop / ".env").read_text(), (shop / "mall.env").read_text()

    refused = make_env(shop, "--split")

    assert refused.returncode == 1
    assert ((shop / ".env").read_text(), (shop / "mall.env").read_text()) == before


# --- docker-compose.yml --------------------------------------------------------
@pytest.fixture
def compose(shop):
    """(services as compose fills them in, {secret: value}): each secret has a value nothing else
    has.
    """
    make_env(shop)
    secrets = {**values_of(shop / ".env"), **values_of(shop / "mall.env"), "EMAIL_URL": MAIL}
    (shop / "mall.env").write_text(
        re.sub("EMAIL_URL=.*", f"EMAIL_URL={MAIL}", (shop / "mall.env").read_text())
    )
    of_compose = values_of(shop / ".env")

    def fill_in(found):
        return "$" if found[0] == "$$" else of_compose.get(found["name"], found["default"] or "")

    pattern = r"\$\$|\$\{(?P<name>\w+)(?::[-?](?P<default>[^}]*))?\}"
    text = re.sub(pattern, fill_in, (ROOT / "docker-compose.yml").read_text())
    services = yaml.safe_load(text)["services"]
    for service in services.values():
        files = service.get("env_file", [])
        for name in [files] if isinstance(files, str) else files:
            service.setdefault("read from files", []).append((shop / name).read_text())
    return services, {name: secrets[name] for name in SECRETS}


def found_in(thing, secrets):
    text = json.dumps(thing)
    return {name for name, value in secrets.items() if value in text}


def test_compose_when_it_fills_in_then_each_service_sees_what_it_needs_and_no_more(compose):
    services, secrets = compose

    assert {name: found_in(service, secrets) for name, service in services.items()} == SEES


def test_compose_when_processes_are_listed_then_no_secret_is_among_their_arguments(compose):
    services, secrets = compose

    for service in services.values():
        shown = [
            service.get("command"),
            service.get("entrypoint"),
            service.get("healthcheck"),
            service.get("build"),
            service.get("labels"),
        ]
        assert found_in(shown, secrets) == set()
        assert not re.search(r"(-p|--password[= ])\$", json.dumps(shown))


def test_compose_when_folders_are_mounted_then_none_holds_a_file_of_secrets(compose):
    services, _ = compose

    mounted = [
        volume.split(":")[0]
        for service in services.values()
        for volume in service.get("volumes", [])
    ]

    assert [
        path for path in mounted if path.rstrip("/") in (".", "..") or path.endswith(".env")
    ] == []


def test_image_when_it_is_built_then_the_files_of_secrets_stay_outside():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    kept = (ROOT / ".gitignore").read_text().splitlines()

    assert {".env", "*.env"} <= set(ignored) and {".env", "*.env"} <= set(kept)


# --- NAME_FILE ----------------------------------------------------------------
FILES = sorted({"DATABASE_URL", "REDIS_URL", "BROKER_URL", *KEYS})


@pytest.mark.parametrize("profile", ["production", "embedded"])
def test_secret_when_it_lies_in_a_file_then_it_is_read_without_its_newline(profile, tmp_path):
    values = {
        **GOOD,
        "METRICS_TOKEN": "the-watchers-token",
        "DATABASE_REPLICA_URL": "mysql://mall_read:r@127.0.0.1:1/mall",
    }
    if profile == "embedded":
        values["DATABASE_URL"] = f"sqlite:///{tmp_path}/shop.sqlite3"
    names = [*FILES, "METRICS_TOKEN", "DATABASE_REPLICA_URL"]
    for name in names:
        (tmp_path / name).write_text(values[name] + "\n")
    changes = (
        dict.fromkeys(names)
        | {f"{name}_FILE": str(tmp_path / name) for name in names}
        | {"MALL_PROFILE": profile}
    )

    told = show_settings(profile, **changes)

    wanted = [
        values["SECRET_KEY"],
        [values["FIELD_KEYS"]],
        values["LEDGER_KEY"],
        values["PAYMENT_SECRET"],
        values["EVENT_SECRET"],
    ]
    assert told[:5] == wanted
    assert told[5] == "the-watchers-token"
    assert told[6] == "mail.example"
    if profile == "production":
        assert told[7:] == [
            "mall",
            "secret",
            "mall_read",
            values["REDIS_URL"],
            values["BROKER_URL"],
        ]
    else:
        assert told[7] == f"{tmp_path}/shop.sqlite3"


def show_settings(profile, **changes):
    more = "s.DATABASES['default']['NAME']"
    if profile == "production":
        more += (
            ", s.DATABASES['default']['PASSWORD'], s.DATABASES['replica']['USER'], "
            "s.CACHES['default']['LOCATION'], s.CELERY_BROKER_URL"
        )
    names = (
        "s.SECRET_KEY, s.FIELD_KEYS, s.LEDGER_KEY, s.PAYMENT_SECRET, s.EVENT_SECRET, "
        "s.METRICS_TOKEN, s.EMAIL_HOST"
    )
    told = start(
        "-c",
        f"import json, mall.settings.{profile} as s; print(json.dumps([{names}, {more}], "
        f"default=str))",
        **changes,
    )
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


def test_secret_when_it_is_set_twice_then_one_line_each_asks_for_one(tmp_path):
    for name in FILES:
        (tmp_path / name).write_text(GOOD[name])

    refused = read_settings(**{f"{name}_FILE": str(tmp_path / name) for name in FILES})

    assert refused.returncode == 1
    wanted = [f"  {name}_FILE is unsafe: {name} is set too; keep one of the two" for name in FILES]
    assert sorted(refused.stderr.splitlines()[1:]) == sorted(wanted)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read (No such file or directory)"),
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\xff\xfe", "is no text file"),
    ],
)
def test_secret_when_its_file_gives_none_then_one_line_says_why(content, words, tmp_path):
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)

    refused = read_settings(LEDGER_KEY=None, LEDGER_KEY_FILE=str(path))

    assert refused.returncode == 1
    assert refused.stderr.splitlines()[1:] == [f"  LEDGER_KEY_FILE is unsafe: {path} {words}"]


def test_secret_when_its_file_holds_an_unsafe_value_then_it_is_refused_like_any_other(tmp_path):
    (tmp_path / "secret").write_text("00" * 32)

    refused = read_settings(LEDGER_KEY=None, LEDGER_KEY_FILE=str(tmp_path / "secret"))

    assert "LEDGER_KEY is unsafe" in refused.stderr and "Traceback" not in refused.stderr


def test_embedded_when_a_file_gives_nothing_then_its_own_secret_does_not_step_in():
    refused = read_settings(
        "embedded", **dict.fromkeys(FILES), MALL_PROFILE="embedded", LEDGER_KEY_FILE="/nowhere"
    )

    assert refused.returncode == 1
    assert (
        "LEDGER_KEY_FILE is unsafe: /nowhere cannot be read" in refused.stderr
        and "Traceback" not in refused.stderr
    )


@pytest.mark.parametrize("password", ["hush/word", "hush?word", "hush[word"])
def test_named_when_a_password_breaks_its_url_then_the_sentence_does_not_quote_it(password):
    with pytest.raises(BackupError, match="a database URL cannot be read") as refusal:
        named(f"mysql://keeper:{password}@localhost/mall")

    assert "hush" not in str(refusal.value)
