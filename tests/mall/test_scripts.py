"""The commands of scripts/ and ops/: each says what it does, and none begins before it understood
what was asked.
"""

import os
import shutil
import subprocess
import sys

import pytest

from tests.conftest import ROOT

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


@pytest.mark.parametrize("words", [["--server"], ["--server", "/no/mysqld"], ["--server", "."]])
def test_test_when_the_server_is_no_program_then_says_so_and_does_nothing(
    checkout, tmp_path, words
):
    before = sorted(path for path in checkout.rglob("*"))

    refused = call(checkout / "scripts/test", *words, cwd=tmp_path)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert "--server wants the path of a server program" in refused.stderr
    assert sorted(path for path in checkout.rglob("*")) == before


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
