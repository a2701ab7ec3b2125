"""What can be told about the look without a browser: colours, vendored files, icons, templates."""

import hashlib
import re
from pathlib import Path

import pytest
import unfold

ROOT = Path(__file__).resolve().parent.parent.parent
UNFOLD_SHEET = Path(unfold.__file__).parent / "static" / "unfold" / "css" / "styles.css"
STATIC = ROOT / "static"
COMPONENTS = sorted((ROOT / "templates" / "components").glob("*.html"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
# mail programs read no style sheets
PAGES = [path for path in TEMPLATES if not {"email", "emails"} & set(path.parts)]

# (text or sign, ground, the least contrast): WCAG 2.2 AA is 4.5 for text and 3 for signs; body text
# gets 7.
PAIRS = [
    ("ink", "ground", 7),
    ("ink", "surface", 7),
    ("ink", "sunken", 7),
    ("ink", "accent-tint", 7),
    ("ink", "gold-tint", 7),
    ("ink", "info-tint", 7),
    ("ink", "ok-tint", 7),
    ("ink", "warn-tint", 7),
    ("ink", "error-tint", 7),
    ("ink-soft", "ground", 4.5),
    ("ink-soft", "surface", 4.5),
    ("ink-soft", "sunken", 4.5),
    ("ink-soft", "gold-tint", 4.5),
    ("on-accent", "accent", 4.5),
    ("on-accent", "accent-hover", 4.5),
    ("accent-text", "ground", 4.5),
    ("accent-text", "surface", 4.5),
    ("accent-text", "sunken", 4.5),
    ("accent-text", "accent-tint", 4.5),
    ("accent-text", "info-tint", 4.5),
    ("accent-text", "warn-tint", 4.5),
    ("accent-text", "gold-tint", 4.5),
    ("on-gold", "gold", 4.5),
    ("on-gold", "gold-hover", 4.5),
    ("gold-text", "ground", 4.5),
    ("gold-text", "surface", 4.5),
    ("gold-text", "sunken", 4.5),
    ("gold-text", "gold-tint", 4.5),
    ("ok", "surface", 4.5),
    ("ok", "ok-tint", 4.5),
    ("info", "info-tint", 4.5),
    ("warn", "warn-tint", 4.5),
    ("error", "ground", 4.5),
    ("error", "surface", 4.5),
    ("error", "error-tint", 4.5),
    ("ground", "ink", 7),
    ("ground", "error", 4.5),
    ("line-strong", "surface", 3),
    ("line-strong", "ground", 3),
    ("accent", "ground", 3),
    ("accent", "surface", 3),
]


def tokens_of(selector):
    """Return the custom properties of one block of tokens.css."""
    css = (STATIC / "css" / "tokens.css").read_text()
    block = re.search(re.escape(selector) + r"\s*\{([^}]*)\}", css).group(1)
    return dict(re.findall(r"--([\w-]+):\s*([^;]+);", block))


LIGHT = tokens_of("  :root")
DARK_BY_CHOICE = tokens_of(':root[data-bs-theme="dark"]')
DARK_BY_DEVICE = tokens_of(':root:not([data-bs-theme="light"])')


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


# --- colours ----------------------------------------------------------------
@pytest.mark.parametrize("light", [LIGHT, DARK_BY_CHOICE], ids=["light", "dark"])
def test_contrast_when_tokens_meet_then_wcag_aa(light):
    found = {
        (text, ground, least): round(contrast(light[text], light[ground]), 2)
        for text, ground, least in PAIRS
    }
    too_weak = {pair: number for pair, number in found.items() if number < pair[2]}

    assert too_weak == {}


def test_dark_when_chosen_or_wished_by_the_device_then_the_same():
    assert DARK_BY_CHOICE == DARK_BY_DEVICE
    assert set(DARK_BY_CHOICE) == set(LIGHT)


def test_colours_when_used_then_only_through_tokens():
    loose = re.compile(r"#[0-9a-f]{3,8}\b", re.IGNORECASE)
    found = {}
    for sheet in ("base", "components", "pages"):
        css = re.sub(
            r"url\([^)]*\)|@media print \{.*?\n  \}",
            "",
            (STATIC / "css" / f"{sheet}.css").read_text(),
            flags=re.DOTALL,
        )
        found[sheet] = loose.findall(css)

    assert found == {"base": [], "components": [], "pages": []}


# --- vendored files ---------------------------------------------------------
def test_vendored_files_when_listed_then_each_has_its_sum():
    vendor = STATIC / "vendor"
    lines = re.findall(r"^([0-9a-f]{64})  (\S+)$", (vendor / "VENDOR.md").read_text(), re.MULTILINE)

    files = [path for path in vendor.rglob("*") if path.is_file() and path.name != "VENDOR.md"]
    on_disk = {
        str(path.relative_to(vendor)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }

    assert {name: total for total, name in lines} == on_disk


def test_static_files_when_read_then_name_no_other_host():
    foreign = {}
    for path in STATIC.rglob("*"):
        if path.suffix in {".css", ".js", ".svg", ".webmanifest"}:
            text = re.sub(
                r"http://www\.w3\.org/[\w/]+|/\*!.*?\*/", "", path.read_text(), flags=re.DOTALL
            )
            foreign[path.name] = re.findall(r"https?://[^\s\"')]+|sourceMappingURL", text)

    assert {name: hosts for name, hosts in foreign.items() if hosts} == {}


# --- icons and pictures -----------------------------------------------------
def test_icons_when_named_then_in_the_sprite():
    sprite = set(
        re.findall(
            r'<symbol id="([\w-]+)"', (STATIC / "vendor/bootstrap-icons/sprite.svg").read_text()
        )
    )
    named = set()
    for path in TEMPLATES:
        named |= set(re.findall(r'components/icon\.html" with name="([\w-]+)"', path.read_text()))
    for path in ROOT.glob("*/**/*.py"):
        if not {".venv", "tests", "migrations"} & set(path.parts) and not path.stem.endswith(
            "admin"
        ):
            named |= set(
                re.findall(r'"?\bicon"?(?:=|: |, default=)"([a-z][\w-]+)"', path.read_text())
            )
    for path in (ROOT / "mall" / "demo").rglob("*.toml"):
        named |= set(re.findall(r'^icon = "([\w-]+)"', path.read_text(), re.MULTILINE))

    assert named - sprite == set()


def test_pictures_when_named_then_vendored():
    pictures = {path.stem for path in (STATIC / "vendor/fluent-emoji-3d/pictures").glob("*.webp")}
    named = set()
    for path in TEMPLATES:
        named |= set(re.findall(r'picture="(\w+)"', path.read_text())) | set(
            re.findall(r"pictures/(\w+)\.webp", path.read_text())
        )

    assert named - pictures == set()


# --- templates --------------------------------------------------------------
def test_templates_when_read_then_no_inline_style_script_or_foreign_host():
    offences = {}
    for path in PAGES:
        text = re.sub(
            r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", "", path.read_text(), flags=re.DOTALL
        )
        offences[str(path)] = re.findall(
            r"\sstyle=|<style|<script(?![^>]*\ssrc=)|\son[a-z]+=|https?://(?!www\.w3\.org)", text
        )

    assert {path: found for path, found in offences.items() if found} == {}


def test_components_when_opened_then_name_their_inputs_first():
    silent = [
        path.name for path in COMPONENTS if not path.read_text().startswith("{% comment %}Inputs: ")
    ]

    assert silent == []


def test_components_when_counted_then_short():
    lines = {path.name: len(path.read_text().splitlines()) for path in COMPONENTS}

    assert {name: number for name, number in lines.items() if number > 32} == {}


# --- back office ------------------------------------------------------------
def test_classes_of_the_back_office_when_used_then_some_sheet_has_them():
    """unfold's sheet has the classes of unfold's own templates; another one does nothing."""
    ours = [STATIC / "css" / name for name in ("back_office.css", "slips.css")]
    sheets = "".join(path.read_text() for path in [UNFOLD_SHEET, *ours])
    used = {
        name
        for path in (ROOT / "templates").rglob("admin/**/*.html")
        for names in re.findall(
            r'class="([^"]*)"', re.sub(r"{%.*?%}|{{.*?}}", " ", path.read_text())
        )
        for name in names.split()
        if "__" not in name  # of a block of ours, which may stand for itself
    }

    special = re.compile(r"([:./%])")
    lost = {name for name in used if "." + special.sub(r"\\\1", name) not in sheets}

    assert lost == {"chart"}  # unfold's script finds it


def test_back_office_rooms_when_opened_by_a_superuser_then_all_there(rf, db):
    from django.conf import settings

    from accounts.models import User

    request = rf.get("/admin/")
    request.user = User(username="root", is_superuser=True, is_active=True)

    lost = [
        str(room["title"])
        for wing in settings.UNFOLD["SIDEBAR"]["navigation"]
        for room in wing["items"]
        if not room["link"](request)
    ]

    assert lost == []
