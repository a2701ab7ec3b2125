"""docs/reference*.md names every variable, command and script there is, and none that is not."""

import argparse
import ast
import os
import re
from fnmatch import fnmatch

import pytest
from django.apps import apps
from django.core.management import load_command_class

from mall.environment import Environment
from mall.payment_accounts import alipay, wechat
from mall.server.serve import COUNTS
from mall.sign_in_accounts import tencent
from tests.conftest import ROOT

PAGES = [ROOT / "docs/reference.md", ROOT / "docs/reference.zh-CN.md"]
# What our own programs tell each other, and what tests or a server of the request say.
INTERNAL = {"DJANGO_SETTINGS_MODULE", "MALL_CALLED_FROM", "GRANIAN_WORKERS"}
INTERNAL |= {"CONTENT_LENGTH", "PATH"}
READERS = {"env", "environ", "environment", "_environment"}
SPOKEN_OF = {"NAME_FILE"}  # a pattern, not a name
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def _names_read(source: str) -> set[str]:
    """Return the names that Python source asks of its environment, by whatever call."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        asked = node.func.value if isinstance(node.func, ast.Attribute) else node.func
        reader = getattr(asked, "attr", None) or getattr(asked, "id", "")
        word = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
        if reader in READERS and isinstance(word, str) and re.fullmatch(r"[A-Z][A-Z_]+", word):
            found.add(word)
    return found


def names_of_the_mall() -> set[str]:
    """Return every variable the mall reads, of half-given accounts and of compose's file too."""
    sources = [path for path in (ROOT / "mall").rglob("*.py") if path.name != "test.py"]
    found = set().union(*(_names_read(path.read_text("utf-8")) for path in sources))
    nothing = Environment({})
    for account in (alipay, wechat, tencent):
        account(nothing, is_offered=True)
    found |= {complaint.split()[0] for complaint in nothing.complaints}
    made = (ROOT / "scripts/make-env").read_text("utf-8")
    return (found | set(COUNTS) | set(re.findall(r"^([A-Z_]+)=", made, re.M))) - INTERNAL


def words_of(page, heading: str) -> set[str]:
    """Return what stands in backticks in the first column of the tables below a heading."""
    tables = re.split(r"^## ", page.read_text("utf-8"), flags=re.M)
    part = next(one for one in tables if re.match(heading, one))
    rows = re.findall(r"^\| (`.*?) \| ", part, re.M)
    return {word for row in rows for word in re.findall(r"`([^`]+)`", row)}


@pages
def test_reference_when_read_then_names_every_variable_and_no_other(page):
    told, there = words_of(page, "Environment|环境变量") - SPOKEN_OF, names_of_the_mall()

    assert sorted(name for name in there if not any(fnmatch(name, word) for word in told)) == []
    assert sorted(word for word in told if not any(fnmatch(name, word) for name in there)) == []


@pages
def test_reference_when_read_then_names_every_command_with_options_it_has(page):
    there = {
        path.stem: app.name
        for app in apps.get_app_configs()
        if str(app.path).startswith(str(ROOT)) and ".venv" not in app.path
        for path in (ROOT / app.name.replace(".", "/") / "management/commands").glob("[a-z]*.py")
    }
    told = {
        word.split()[1]: set(re.findall(r"--[a-z-]+", word))
        for word in words_of(page, "Commands|命令")
        if word.startswith("manage.py ")
    }

    assert set(told) == set(there)
    for name, options in told.items():
        parser = load_command_class(there[name], name).create_parser("manage.py", name)
        assert isinstance(parser, argparse.ArgumentParser)
        assert options <= set(parser._option_string_actions), name


@pages
def test_reference_when_read_then_names_every_script_and_make_target(page):
    words = {word for word in words_of(page, "Commands|命令") if not word.startswith("manage.py")}
    scripts = {word.split()[0].removeprefix("./") for word in words if word.startswith("./")}
    there = {
        str(path.relative_to(ROOT))
        for folder in ("scripts", "ops")
        for path in (ROOT / folder).iterdir()
        if path.is_file() and os.access(path, os.X_OK)
    }
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M)

    assert scripts == there
    assert {word.split()[1] for word in words if word.startswith("make ")} <= set(targets)
