"""The arithmetic of colours: what passes can be read everywhere it stands."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mall.core.face import colours

ROOT = Path(__file__).resolve().parents[3]
THEMES = ("light", "dark")


@pytest.mark.parametrize("theme", THEMES)
@given(number=st.integers(0, 0xFFFFFF))
def test_derived_when_any_colour_is_made_to_pass_then_every_pair_is_within_aa(theme, number):
    accent = colours.nearest(f"#{number:06x}", theme)

    found = colours.derived(accent, theme)

    grounds = colours.GROUNDS[theme]
    assert colours.passes(accent, theme)
    assert colours.contrast(found["on-accent"], found["accent"]) >= 4.5
    assert colours.contrast(found["on-accent"], found["accent-hover"]) >= 4.5
    assert colours.contrast(colours.INK[theme], found["accent-tint"]) >= 7
    read_on = (*grounds.values(), found["accent-tint"])
    assert min(colours.contrast(found["accent-text"], on) for on in read_on) >= 4.5
    assert min(colours.contrast(accent, grounds[on]) for on in ("ground", "surface")) >= 3


def test_nearest_when_a_colour_passes_then_itself():
    assert [colours.nearest(colours.DEFAULT[theme], theme) for theme in THEMES] == [
        "#c2410f",
        "#f27c4b",
    ]
    assert colours.nearest("#ffff00", "light") == "#939300"


def test_grounds_when_tokens_are_read_then_the_same():
    css = (ROOT / "static/css/tokens.css").read_text()
    blocks = {
        "light": re.search(r"  :root\s*\{([^}]*)\}", css)[1],
        "dark": re.search(r':root\[data-bs-theme="dark"\]\s*\{([^}]*)\}', css)[1],
    }
    tokens = {
        theme: dict(re.findall(r"--([\w-]+):\s*(#\w{6});", block))
        for theme, block in blocks.items()
    }

    assert {
        theme: {name: tokens[theme][name] for name in colours.GROUNDS[theme]} for theme in THEMES
    } == colours.GROUNDS
    assert {theme: tokens[theme]["ink"] for theme in THEMES} == colours.INK
    assert {theme: tokens[theme]["accent"] for theme in THEMES} == colours.DEFAULT
