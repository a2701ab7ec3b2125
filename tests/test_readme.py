"""Both READMEs show the shop in their own language, small enough to open at once."""

import re

import pytest
from PIL import Image

from tests.conftest import ROOT

PICTURES = ROOT / "docs" / "pictures"
MEGABYTE = 1_000_000
READMES = {"en": ROOT / "README.md", "zh": ROOT / "README.zh-CN.md"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PHONE, DESKTOP = (390, 844), (1280, 800)
SIZES = {
    "loop.webp": PHONE,
    "home.webp": PHONE,
    "check-in.webp": PHONE,
    "product.webp": PHONE,
    "points.webp": PHONE,
    "home-desktop.webp": DESKTOP,
    "report.webp": DESKTOP,
}
READS = ["product list, 24", "product detail", "order history, 20", "points statement"]
languages = pytest.mark.parametrize("language", READMES)


@languages
def test_readme_when_read_then_shows_every_picture_of_its_language_and_says_what_it_shows(language):
    images = re.findall(r"<img ([^>]*)>", READMES[language].read_text("utf-8"))
    shown = {
        re.search(r'src="([^"]*)"', one)[1]: re.search(r'alt="([^"]*)"', one)[1] for one in images
    }

    assert set(shown) == {f"docs/pictures/{language}/{name}" for name in SIZES}
    assert all(len(words) > 10 for words in shown.values())
    assert {bool(CHINESE.search(words)) for words in shown.values()} == {language == "zh"}


@languages
def test_pictures_when_kept_then_whole_screens_and_a_loop_of_about_twenty_seconds(language):
    files = {path.name: path for path in (PICTURES / language).iterdir()}

    sizes, seconds = {}, 0
    for name, path in files.items():
        with Image.open(path) as picture:
            sizes[name] = picture.size
            for frame in range(picture.n_frames if name == "loop.webp" else 0):
                picture.seek(frame)
                picture.load()  # only now it tells how long
                seconds += picture.info["duration"] / 1000

    assert sizes == SIZES
    assert 15 <= seconds <= 25


def test_pictures_when_kept_then_small_enough_for_a_slow_line():
    assert sum(path.stat().st_size for path in PICTURES.rglob("*.webp")) < 1.5 * MEGABYTE


def measured() -> dict:
    """Return what ``make bench`` counted a second, by door, to two places."""
    table = (ROOT / "benchmarks" / "RESULTS.md").read_text("utf-8").partition("## Targets")[2]
    rows = re.findall(r"^\| ([^|]+) \|[^|]+\|[^|]+\| ([\d,.]+) \| ok/s \|", table, re.MULTILINE)
    return {door: int(float(f"{float(now.replace(',', '')):.1e}")) for door, now in rows}


@languages
def test_readme_when_it_tells_how_much_is_carried_then_what_the_benchmarks_counted(language):
    told = re.findall(r"^\| [^|]+ \| ([\d,– /]+) \|$", READMES[language].read_text("utf-8"), re.M)
    now = measured()
    reads = [now[door] for door in READS]

    assert told == [
        f"{min(reads):,}–{max(reads):,}",
        f"{now['check-in']:,}",
        f"{now['redeem, one hot']:,} / {now['redeem, many products']:,}",
        f"{now['order with cash and its notice, hot']:,}",
        f"{now['redeem on SQLite, 8 threads']:,}",
    ]
