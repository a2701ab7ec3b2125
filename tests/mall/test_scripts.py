"""The commands of scripts/ and ops/: each says what it does, and none begins before it understood
what was asked.
"""

import os
import re
import shutil
import signal
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.processes import command_of
from tests.waiting import eventually

FILES = [
    path for folder in ("scripts", "ops") for path in (ROOT / folder).iterdir() if path.is_file()
]
COMMANDS = sorted(str(path.relative_to(ROOT)) for path in FILES if os.access(path, os.X_OK))
BARE = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}


@pytest.fixture
def checkout(tmp_path):
    """The commands as a fresh clone has them, where nothing was installed yet."""
    copied = tmp_path / "mall of mine"
    for folder in ("scripts", "ops"):
        shutil.copytree(ROOT / folder, copied / folder)
    (copied / "benchmarks").mkdir()
    shutil.copy(ROOT / "benchmarks" / "browse.py", copied / "benchmarks")
    return copied


def call(command, *words, cwd, **environment):
    return subprocess.run(
        [command, *words],
        cwd=cwd,
        env=BARE | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_commands_when_listed_then_the_promised_ones_are_there():
    assert {
        "scripts/run",
        "scripts/test",
        "scripts/manage",
        "scripts/check",
        "scripts/bench",
        "ops/serve",
    } <= set(COMMANDS)


@pytest.mark.parametrize("word", ["--help", "-h"])
@pytest.mark.parametrize("command", COMMANDS)
def test_command_when_asked_for_help_then_tells_and_does_nothing(checkout, tmp_path, command, word):
    before = sorted(path for path in checkout.rglob("*"))

    told = call(checkout / command, word, cwd=tmp_path)

    assert (told.returncode, told.stderr) == (0, "")
    assert f"./{command}" in told.stdout
    assert "#" not in told.stdout.split()
    assert sorted(path for path in checkout.rglob("*")) == before


@pytest.mark.parametrize(
    "command", ["scripts/run", "scripts/check", "scripts/messages", "scripts/bench"]
)
@pytest.mark.parametrize("words", [["--port"], ["nonsense"]])
def test_command_when_it_does_not_know_a_word_then_says_so_in_one_line_and_does_nothing(
    checkout, tmp_path, command, words
):
    before = sorted(path for path in checkout.rglob("*"))

    refused = call(checkout / command, *words, cwd=tmp_path)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert words[0] in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert sorted(path for path in checkout.rglob("*")) == before


@pytest.mark.parametrize(
    "words",
    [["--server"], ["--server", "/no/mysqld"], ["--server", "."], ["--redis", "/no/valkey-server"]],
)
def test_test_when_the_server_is_no_program_then_says_so_and_does_nothing(
    checkout, tmp_path, words
):
    before = sorted(path for path in checkout.rglob("*"))

    refused = call(checkout / "scripts/test", *words, cwd=tmp_path)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"{words[0]} wants the path of a server program" in refused.stderr
    assert sorted(path for path in checkout.rglob("*")) == before


# --- both parts of the tests ------------------------------------------------------------
PYTEST = """#!/bin/sh
# Plays the Python of a checkout: it has all packages, and its pytest ends as ENDS says of the part.
[ "$2" = pytest ] || exit 0
echo "asked $MALL_TEST_DB: $*"
echo $$ >"$MALL_TEST_DB.pid"
other=$([ "$MALL_TEST_DB" = sqlite ] && echo mariadb || echo sqlite)
tries=0
until [ -e "$other.pid" ] || [ $((tries += 1)) -gt 300 ]; do sleep 0.1; done
[ -e "$other.pid" ] && echo "$MALL_TEST_DB beside $other"
case " $ENDS " in *" $MALL_TEST_DB=never "*) exec sleep 300 ;; esac
for one in $ENDS; do [ "${one%=*}" = "$MALL_TEST_DB" ] && exit "${one#*=}"; done
"""


@pytest.fixture
def tested(checkout, tmp_path):
    """The environment of a checkout in which every program that scripts/test installs is there."""
    programs = checkout / "programs"
    programs.mkdir()
    wanted = re.findall(r"\bhas ([\w-]+)", (checkout / "scripts/test").read_text())
    for name in {*wanted, "apt-get", "sudo"}:
        (programs / name).write_text("#!/bin/sh\n")
    (checkout / ".venv/bin").mkdir(parents=True)
    (checkout / ".venv/bin/python").write_text(PYTEST)
    shutil.copytree(ROOT / "requirements", checkout / "requirements")
    shutil.copy(ROOT / "requirements.txt", checkout)
    for made in (*programs.iterdir(), checkout / ".venv/bin/python"):
        made.chmod(0o755)
    (tmp_path / "tmp").mkdir()
    return {"PATH": f"{programs}:{BARE['PATH']}", "TMPDIR": str(tmp_path / "tmp")}


@pytest.mark.parametrize(
    ("on_mariadb", "on_sqlite", "ends", "failed"),
    [
        (0, 0, 0, ""),
        (0, 1, 1, "SQLite"),
        (1, 0, 1, "MariaDB"),
        (2, 1, 2, "MariaDB SQLite"),
        (5, 0, 0, ""),  # pytest: nothing of this was asked for
        (0, 5, 0, ""),
        (5, 5, 5, ""),
        (5, 1, 1, "SQLite"),
    ],
)
def test_test_when_its_parts_end_then_both_were_played_at_once_and_both_are_told(
    checkout, tmp_path, tested, on_mariadb, on_sqlite, ends, failed
):
    asked = ["tests/points", "-k", "a or b"]
    codes = {"ENDS": f"mariadb={on_mariadb} sqlite={on_sqlite}"}

    done = call(checkout / "scripts/test", *asked, cwd=tmp_path, **tested, **codes)

    assert done.returncode == ends, done.stderr
    assert [f"Failed on {name}" in done.stderr for name in ("MariaDB", "SQLite")] == [
        name in failed for name in ("MariaDB", "SQLite")
    ]
    told = [line for line in done.stdout.splitlines() if line.startswith("asked")]
    parts = ["mariadb"] if (on_sqlite, on_mariadb) == (5, 0) else ["mariadb", "sqlite"]
    assert [line.split()[1].rstrip(":") for line in told] == parts
    assert all(line.endswith("tests/points -k a or b") for line in told)
    assert all(f"{one} beside" in done.stdout for one in parts)
    assert list((tmp_path / "tmp").iterdir()) == []


def _heeds_ctrl_c():
    """As at a terminal: what a build server starts in the background may have been told not to."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_test_when_interrupted_then_nothing_is_left_running(checkout, tmp_path, tested):
    environment = BARE | tested | {"ENDS": "mariadb=never sqlite=never"}
    with subprocess.Popen(
        [checkout / "scripts/test"],
        env=environment,
        stderr=subprocess.DEVNULL,
        process_group=0,
        preexec_fn=_heeds_ctrl_c,
    ) as running:
        pids = [checkout / f"{name}.pid" for name in ("mariadb", "sqlite")]
        assert eventually(lambda: all(pid.exists() and pid.read_text() for pid in pids))
        aside = int(pids[1].read_text())

        os.killpg(running.pid, signal.SIGINT)
        ended = running.wait(timeout=60)

    assert ended == 130
    assert eventually(lambda: not command_of(aside))
    assert list((tmp_path / "tmp").iterdir()) == []


def test_manage_when_called_from_anywhere_then_runs_manage_py_where_the_caller_is(tmp_path):
    """With a virtual environment in place, as ./scripts/run leaves one."""
    root = tmp_path / "mall"
    (root / ".venv/bin").mkdir(parents=True)
    (root / ".venv/bin/python").symlink_to(sys.executable)
    shutil.copytree(ROOT / "scripts", root / "scripts")
    (root / "manage.py").write_text("import os, sys; print(os.getcwd(), sys.argv[1:])")
    here = tmp_path / "here"
    here.mkdir()
    packages = os.pathsep.join(path for path in sys.path if "site-packages" in path)

    done = call(
        root / "scripts/manage", "import_history", "a file.csv", cwd=here, PYTHONPATH=packages
    )

    assert (done.returncode, done.stdout.strip()) == (
        0,
        f"{here} ['import_history', 'a file.csv']",
    ), done.stderr


def test_serve_when_granian_is_missing_then_names_the_mend(checkout, tmp_path):
    refused = call(checkout / "ops/serve", cwd=tmp_path)

    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "granian is not installed" in refused.stderr
