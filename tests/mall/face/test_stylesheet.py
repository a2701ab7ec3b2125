"""The one style sheet, as scripts/stylesheet.py writes it."""

import re
from pathlib import Path

import stylesheet

ROOT = Path(__file__).resolve().parents[3]


def test_style_sheet_when_built_now_then_the_one_checked_in():
    assert stylesheet.RESULT.read_text() == stylesheet.build(), "run scripts/stylesheet.py"


def test_style_sheet_when_built_then_holds_what_templates_use_and_little_else():
    css = stylesheet.RESULT.read_text()
    bootstrap = (ROOT / "static/vendor/bootstrap/bootstrap.min.css").read_text()
    of_bootstrap = set(stylesheet.NAME.findall(bootstrap))
    in_templates = {
        word
        for path in (ROOT / "templates").rglob("*.html")
        for value in re.findall(r'class="([^"{%]*)"', path.read_text())
        for word in value.split()
    }

    lost = (in_templates & of_bootstrap) - set(stylesheet.NAME.findall(css))

    assert lost == set()
    assert len(css) < 110_000
    assert ".carousel" not in css
    assert css.count("{") == css.count("}")


def test_rules_when_quotes_and_parentheses_hold_marks_then_kept_whole():
    css = '.a:is(.b,.c)::before{content:"};{";background:url("data:x;y,{z}")}@media (x){.d{top:0}}'

    assert "".join(map(stylesheet._written, stylesheet._rules(css))) == css
