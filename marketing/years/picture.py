"""A year as a picture to keep and to post: figures beside signs, no words.

So it reads the same in every language, needs no font that a server may lack (Pillow brings one for
digits), and names nobody. 1200 × 630 pixels, as those who show links want it.
"""

from functools import cache, lru_cache
from io import BytesIO

from django.contrib.staticfiles import finders
from PIL import Image, ImageDraw, ImageFont

from mall.core.templatetags.mall import points
from marketing.years.summary import Summary

SIZE = WIDTH, HEIGHT = 1200, 630
EDGE, TILE_TOP, TILE_GAP = 64, 400, 24
GROUND, SUN, CARD = (255, 241, 219), (255, 222, 186), (255, 253, 249)
INK, SOFT = (59, 43, 34), (122, 74, 40)
COLOURS = 128  # of the palette: a third of the bytes, and nobody sees it


def of(summary: Summary) -> bytes:
    """Return the PNG of a year: points earned, and below them best streak, check-ins and pieces."""
    tiles = (summary.best_streak, summary.check_ins, summary.pieces)
    return _drawn(summary.year, summary.earned, *tiles)


@lru_cache(64)  # those who show a link ask for its picture again and again
def _drawn(year, earned, *tiles) -> bytes:
    picture = _ground().copy()
    pen = ImageDraw.Draw(picture)
    _write(pen, (EDGE, 84), str(year), 84, WIDTH, colour=SOFT)
    _write(pen, (EDGE + 208, 264), points(earned), 176, 860)
    for (left, right), number in zip(_tiles(), tiles, strict=True):
        _write(pen, (left + 152, TILE_TOP + 83), points(number), 76, right - left - 180)
    written = BytesIO()
    picture.quantize(COLOURS).save(written, "PNG", optimize=True)
    return written.getvalue()


def _tiles() -> list[tuple[int, int]]:
    """Return from where to where each of the three tiles goes."""
    width = (WIDTH - 2 * EDGE - 2 * TILE_GAP) // 3
    lefts = [EDGE + place * (width + TILE_GAP) for place in range(3)]
    return [(left, left + width) for left in lefts]


@cache
def _ground() -> Image.Image:
    """What all years have in common: the ground, the signs and the tiles."""
    picture = Image.new("RGB", SIZE, GROUND)
    pen = ImageDraw.Draw(picture)
    pen.circle((WIDTH - 140, 110), 330, SUN)
    _put(picture, "party", 150, (WIDTH - EDGE - 150, 32))
    _put(picture, "coin", 184, (EDGE, 172))
    for (left, right), sign in zip(_tiles(), ("fire", "calendar", "package"), strict=True):
        pen.rounded_rectangle((left, TILE_TOP, right, TILE_TOP + 166), 28, CARD)
        _put(picture, sign, 108, (left + 24, TILE_TOP + 29))
    return picture


def _put(picture, sign, side, place):
    with Image.open(finders.find(f"vendor/fluent-emoji-3d/pictures/{sign}.webp")) as file:
        shown = file.convert("RGBA").resize((side, side), Image.Resampling.LANCZOS)
    picture.paste(shown, place, shown)


def _write(pen, place, words, size, room, *, colour=INK):
    """Write words in letters of a size, or of the largest smaller one in which they fit."""
    wide = _letters(size).getlength(words)
    size = size if wide <= room else int(size * room / wide)
    # there is no bold one
    pen.text(place, words, colour, _letters(size), anchor="lm", stroke_width=size // 60)


@cache
def _letters(size):
    return ImageFont.load_default(size)
