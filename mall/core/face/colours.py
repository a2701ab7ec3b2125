"""The arithmetic of the shop's colours: which ones can be read, and what follows from one.

An operator gives one colour for light ground and one for dark; hover, text and tint are computed
from it, each within WCAG 2.2 AA on every ground of static/css/tokens.css it stands on
(tests/mall/face/test_colours.py compares the two). Pure.
"""

import colorsys
from collections.abc import Iterator

AA_TEXT, AA_SIGN, BODY_TEXT = 4.5, 3.0, 7.0
STEPS = 255  # of lightness, from black to white
HOVER = 0.06
TINTS = (0.18, 0.12, 0.08, 0.04, 0.0)  # how much of the colour its tint may have, strongest first
# by theme: what the accent meets
GROUNDS = {
    "light": {
        "ground": "#faf6ee",
        "surface": "#fffdf9",
        "sunken": "#f3ecdf",
        "info-tint": "#e1eff2",
        "warn-tint": "#f7e6cf",
        "gold-tint": "#fbefd0",
    },
    "dark": {
        "ground": "#191512",
        "surface": "#241e1a",
        "sunken": "#120f0d",
        "info-tint": "#1a3038",
        "warn-tint": "#3b2a17",
        "gold-tint": "#3a2d12",
    },
}
INK = {"light": "#2b2320", "dark": "#f4ece2"}
DEFAULT = {"light": "#c2410f", "dark": "#f27c4b"}
ON_ACCENT = ("#ffffff", "#1f0d04")


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21. Source: WCAG 2.2, "contrast ratio"."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def passes(accent: str, theme: str) -> bool:
    """Whether words on a button of this colour and the button itself can be made out."""
    grounds = GROUNDS[theme]
    signs = all(contrast(accent, grounds[name]) >= AA_SIGN for name in ("ground", "surface"))
    return signs and contrast(accent, _on(accent)) >= AA_TEXT


def nearest(accent: str, theme: str) -> str:
    """Return the colour of the same hue that passes and is nearest in lightness."""
    return next(one for one in _shades(accent) if passes(one, theme))


def derived(accent: str, theme: str) -> dict[str, str]:
    """Return the tokens that follow from a colour that passes: {token: colour}."""
    grounds = GROUNDS[theme]
    ink = INK[theme]
    tint = next(
        tint
        for share in TINTS
        if contrast(ink, tint := _mixed(accent, grounds["surface"], share)) >= BODY_TEXT
    )
    read_on = (*grounds.values(), tint)
    text = next(
        one for one in _shades(accent) if all(contrast(one, on) >= AA_TEXT for on in read_on)
    )
    on = _on(accent)
    hover = _shifted(accent, -HOVER if on == ON_ACCENT[0] else HOVER)
    return {
        "accent": accent,
        "accent-hover": hover,
        "on-accent": on,
        "accent-text": text,
        "accent-tint": tint,
    }


def style_sheet(light: str, dark: str) -> str:
    """Return the style sheet that lays two colours over the tokens, for both ways to darkness."""
    day, night = (
        "".join(f"--{name}:{value};" for name, value in derived(accent, theme).items())
        for accent, theme in ((light, "light"), (dark, "dark"))
    )
    return (
        f"@layer tokens{{:root{{{day}}}"
        f"@media (prefers-color-scheme:dark){{:root:not([data-bs-theme=light]){{{night}}}}}"
        f":root[data-bs-theme=dark]{{{night}}}}}"
    )


def _on(accent: str) -> str:
    return max(ON_ACCENT, key=lambda words: contrast(accent, words))


def _shades(accent: str) -> Iterator[str]:
    """The colour, then its lighter and darker shades, the nearest first."""
    yield accent.lower()
    for step in range(1, STEPS + 1):
        yield _shifted(accent, step / STEPS)
        yield _shifted(accent, -step / STEPS)


def _shifted(colour: str, by: float) -> str:
    hue, lightness, saturation = colorsys.rgb_to_hls(*_parts(colour))
    return _hex(colorsys.hls_to_rgb(hue, min(1, max(0, lightness + by)), saturation))


def _mixed(colour: str, ground: str, share: float) -> str:
    pairs = zip(_parts(colour), _parts(ground), strict=True)
    return _hex(one * share + other * (1 - share) for one, other in pairs)


def _parts(colour: str) -> list[float]:
    return [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]


def _hex(parts) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)


def _luminance(colour: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in _parts(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
