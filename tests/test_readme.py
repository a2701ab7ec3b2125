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
