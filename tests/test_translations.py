"""Nothing untranslated in either language: the sources, the catalogue and its compiled form
agree.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
ROOMS = ("accounts", "catalog", "mall", "marketing", "orders", "points", "templates")
# Words that are the same in both languages on purpose.
SAME_IN_BOTH = {
    "× %(times)s",
    "English",
    "简体中文",
    "SKU",
    "App",
    "API",
    "HMAC",
    "unionid",
    "%(points)s",
    "V%(number)s",
}


@pytest.fixture(scope="module")
def catalogue():
    return polib.pofile(str(CATALOGUE))


def placeholders(text):
    return sorted(re.findall(r"%\(\w+\)[sd]|%[sd]|\{\w*\}", text))


def test_catalogue_when_read_then_every_message_is_translated(catalogue):
    untranslated = [
        entry.msgid for entry in catalogue if not entry.obsolete and not entry.translated()
    ]

    assert untranslated == []


def test_catalogue_when_read_then_no_message_is_left_in_english(catalogue):
    left = [
        entry.msgid
        for entry in catalogue
        if not entry.obsolete
        and entry.msgid == entry.msgstr
        and entry.msgid not in SAME_IN_BOTH
        and any(c.isalpha() for c in entry.msgid)
    ]

    assert left == []


def test_catalogue_when_read_then_placeholders_agree(catalogue):
    wrong = []
    for entry in catalogue:
        if entry.obsolete:
            continue
        for translated in entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]:
            # Chinese has one form for all numbers, so the singular may leave its number out.
            if placeholders(translated) not in (
                placeholders(entry.msgid),
                placeholders(entry.msgid_plural or entry.msgid),
            ):
                wrong.append(entry.msgid)

    assert wrong == []


def test_compiled_catalogue_when_compared_then_it_is_the_source(catalogue):
    compiled = polib.mofile(str(CATALOGUE.with_suffix(".mo")))

    def content(entries):
        return {
            (e.msgctxt or "", e.msgid): e.msgstr or dict(e.msgstr_plural)
            for e in entries
            if not getattr(e, "obsolete", False) and e.msgid
        }

    assert content(compiled) == content(catalogue)


@pytest.mark.skipif(
    shutil.which("xgettext") is None, reason="gettext is not installed; ./scripts/test installs it"
)
def test_sources_when_extracted_then_the_catalogue_knows_every_message(tmp_path, catalogue):
    for room in ROOMS:
        shutil.copytree(
            ROOT / room,
            tmp_path / room,
            ignore=shutil.ignore_patterns("migrations", "__pycache__", "demo"),
        )
    (tmp_path / "locale").mkdir()
    settings = tmp_path / "extracting.py"
    settings.write_text(
        "SECRET_KEY = 'x'\nUSE_I18N = True\nINSTALLED_APPS = []\nLOCALE_PATHS = ['locale']\n"
    )
    subprocess.run(
        [
            sys.executable,
            "-m",
            "django",
            "makemessages",
            "-l",
            "zh_Hans",
            "--settings",
            "extracting",
            "--pythonpath",
            str(tmp_path),
        ],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    sources = polib.pofile(str(tmp_path / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"))

    known = {(entry.msgctxt, entry.msgid) for entry in catalogue if not entry.obsolete}
    unknown = sorted(entry.msgid for entry in sources if (entry.msgctxt, entry.msgid) not in known)

    assert unknown == []
