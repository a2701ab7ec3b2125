"""The further pictures of the demo shop's goods: in use, close up, as they are sent, and how large.

Composed of the same vendored art as the first one (studio.py), smaller, with what a shelf's
pictures share painted once.
"""

import hashlib
from functools import cache
from pathlib import Path

from django.conf import settings
from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFilter, ImageFont, ImageStat

from mall.demo.studio import cut_out, encoded, visible

SIDE = 480
FLOOR = 400  # where things stand
TABLE = 318  # where the wall ends
QUALITY, EFFORT = 78, 2
BANNER = (1088, 340)
PAPER = (252, 250, 246)
PENCIL = (104, 91, 82)
WRAPPINGS = Path(settings.BASE_DIR) / "static/vendor/fluent-emoji-3d/pictures"
# How goods reach people: by kind.
WRAPPED_IN = {"physical": "package", "virtual": "envelope", "card_key": "ticket"}
# What stands beside the goods of a shelf.
BESIDE = {
    "home": ("🪴", "☕", "📚"),
    "food": ("🍵", "🧺", "🍊"),
    "digital": ("⌨️", "☕", "📓"),
    "stationery": ("🪴", "🖋️", "☕"),
    "outdoor": ("⛺", "🎒", "🧭"),
    "kids": ("🧸", "🎨", "🧩"),
    "care": ("🌸", "🪞", "🧴"),
    "vouchers": ("🎁", "🌳", "🎧"),
}


def in_use(shelf, goods) -> bytes:
    """Return the goods on a table by a window, with things of their shelf behind them."""
    seed = _seed(goods)
    behind = [sign for sign in BESIDE[shelf["slug"]] if sign != goods["picture"]]
    left, right = behind[seed[0] % len(behind)], behind[(seed[0] + 1) % len(behind)]
    things = [
        (cut_out(left, 150), 96, TABLE + 26),
        (cut_out(right, 128), SIDE - 88, TABLE + 20),
        (cut_out(goods["picture"], 262), SIDE // 2, FLOOR + 28),
    ]
    return _photographed(_room(tuple(shelf["ground"]), seed[1] % 3), things, shelf["ground"][1])


def close_up(shelf, goods) -> bytes:
    """Return a part of the goods, large: the one with the most of them on it."""
    picture = _paper(tuple(shelf["ground"])).copy()
    whole = visible(goods["picture"])
    part = min(whole.size) * 2 // 3
    places = [
        (left, top, left + part, top + part)
        for left in range(0, whole.width - part + 1, max(1, (whole.width - part) // 2))
        for top in range(0, whole.height - part + 1, max(1, (whole.height - part) // 2))
    ]
    filled = whole.getchannel("A")
    near = whole.crop(max(places, key=lambda place: ImageStat.Stat(filled.crop(place)).sum[0]))
    near = near.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    picture.paste(near, (0, 0), near)
    return encoded(picture, QUALITY, effort=EFFORT)


def as_sent(shelf, goods) -> bytes:
    """Return the goods before what they come in: a parcel, an envelope, a ticket."""
    kind = goods.get("kind", shelf.get("kind", "physical"))
    things = [
        (_wrapping(WRAPPED_IN[kind]), SIDE // 2 + 44, FLOOR),
        (cut_out(goods["picture"], 186), 138, FLOOR + 34),
    ]
    return _photographed(_paper(tuple(shelf["ground"])), things, shelf["ground"][1])


def how_large(shelf, goods) -> bytes | None:
    """Return a drawing with the goods' width and height in centimetres; None where they say none.

    The goods' ``size`` are whole centimetres.
    """
    if "size" not in goods:
        return None
    width, height = goods["size"]
    thing = cut_out(goods["picture"], 250)
    left, top = (SIDE - thing.width) // 2 + 22, (SIDE - thing.height) // 2 - 28
    right, bottom = left + thing.width, top + thing.height
    picture = _sheet().copy()
    picture.paste(thing, (left, top), thing)
    pen = ImageDraw.Draw(picture)
    _measure(pen, (left, bottom + 26), (right, bottom + 26), f"{width} cm")
    _measure(pen, (left - 26, top), (left - 26, bottom), f"{height} cm")
    return encoded(picture, QUALITY, effort=EFFORT)


def banner(ground, signs) -> bytes:
    """Return a wide picture: things in a row on a ground of two colours, light and deep."""
    width, height = BANNER
    light, deep = (Image.new("RGB", BANNER, colour) for colour in ground)
    picture = Image.composite(deep, light, Image.linear_gradient("L").resize(BANNER))
    step = width // len(signs)
    for place, sign in enumerate(signs):
        thing = cut_out(sign, 190 + 50 * (place % 2))
        left = step * place + (step - thing.width) // 2
        picture.paste(thing, (left, height - 36 - thing.height), thing)
    return encoded(picture, QUALITY, effort=EFFORT)


# In the order of a gallery.
SHOTS = {"in_use": in_use, "close_up": close_up, "as_sent": as_sent, "how_large": how_large}


def _measure(pen, start, end, words):
    """Draw a line with a stroke across each end, and its length beside it."""
    is_level = start[1] == end[1]
    across = (0, 8) if is_level else (8, 0)
    pen.line([start, end], PENCIL, 3)
    for x, y in (start, end):
        pen.line([x - across[0], y - across[1], x + across[0], y + across[1]], PENCIL, 3)
    middle = ((start[0] + end[0]) // 2, (start[1] + end[1]) // 2)
    place = (middle[0], middle[1] + 26) if is_level else (middle[0] - 16, middle[1])
    pen.text(place, words, PENCIL, _letters(), anchor="mm" if is_level else "rm")


@cache
def _letters():
    return ImageFont.load_default(26)


def _photographed(room, things, deep):
    """Stand things (each: picture, middle, foot) in a room, with their shadows, and photograph."""
    dark = tuple(round(value * 0.55) for value in ImageColor.getrgb(deep))
    shadow = Image.new("L", (SIDE // 4, SIDE // 4), 0)
    for thing, middle, foot in things:
        reach = thing.width * 0.42
        box = [(middle - reach) / 4, (foot - 16) / 4, (middle + reach) / 4, (foot + 12) / 4]
        layer = Image.new("L", shadow.size, 0)
        ImageDraw.Draw(layer).ellipse(box, fill=120)
        shadow = ImageChops.lighter(shadow, layer)
    shadow = shadow.filter(ImageFilter.GaussianBlur(3)).resize((SIDE, SIDE))
    picture = Image.composite(Image.new("RGB", (SIDE, SIDE), dark), room, shadow)
    for thing, middle, foot in things:
        picture.paste(thing, (middle - thing.width // 2, foot - thing.height), thing)
    return encoded(picture, QUALITY, effort=EFFORT)


@cache
def _room(ground, where):
    """A wall with the light of a window on it, above a table."""
    light, deep = (ImageColor.getrgb(colour) for colour in ground)
    picture = Image.new("RGB", (SIDE, SIDE), light)
    window = Image.new("L", (SIDE // 4, SIDE // 4), 0)
    pen, left = ImageDraw.Draw(window), 12 + 22 * where
    for pane in (0, 20):
        pen.polygon(
            [
                (left + pane, 6),
                (left + pane + 16, 6),
                (left + pane + 4, 66),
                (left + pane - 12, 66),
            ],
            fill=150,
        )
    window = window.filter(ImageFilter.GaussianBlur(1.4)).resize((SIDE, SIDE))
    picture = Image.composite(Image.new("RGB", (SIDE, SIDE), "white"), picture, window)
    table = tuple(round(value * 0.9) for value in deep)
    ImageDraw.Draw(picture).rectangle((0, TABLE, SIDE, SIDE), fill=table)
    edge = tuple(round(value * 0.97) for value in deep)
    ImageDraw.Draw(picture).rectangle((0, TABLE, SIDE, TABLE + 7), fill=edge)
    return picture


@cache
def _paper(ground):
    """A sheet of the shelf's colour, lighter in its middle."""
    light, deep = (ImageColor.getrgb(colour) for colour in ground)
    mask = Image.radial_gradient("L").resize((SIDE, SIDE))
    return Image.composite(
        Image.new("RGB", (SIDE, SIDE), deep), Image.new("RGB", (SIDE, SIDE), light), mask
    )


@cache
def _sheet():
    """Squared paper."""
    picture = Image.new("RGB", (SIDE, SIDE), PAPER)
    pen = ImageDraw.Draw(picture)
    for at in range(0, SIDE, 24):
        pen.line([at, 0, at, SIDE], (238, 232, 222))
        pen.line([0, at, SIDE, at], (238, 232, 222))
    return picture


@cache
def _wrapping(name):
    with Image.open(WRAPPINGS / f"{name}.webp") as file:
        wrapping = file.convert("RGBA")
    return wrapping.crop(wrapping.getbbox()).resize((288, 288), Image.Resampling.BICUBIC)


def _seed(goods):
    return hashlib.sha256(goods["slug"].encode()).digest()
