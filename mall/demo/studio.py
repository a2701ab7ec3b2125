"""Where the demo shop's product pictures are taken: an emoji on a softly lit ground, always the
same way.

The emoji (256 px) are vendored in ``pictures/``; NOTICE.md there names their origin and licence.
"""

import hashlib
from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFilter

PICTURES = Path(__file__).parent / "pictures"
SIDE = 640
SUBJECT = 400
# The lowest visible pixel of every subject stands on this line, so that a row of cards looks level.
FLOOR = 512
QUALITY = 82


def picture_path(emoji: str) -> Path:
    """Return the file of a vendored emoji, named by its code points as in the package."""
    return PICTURES / f"{'-'.join(f'{ord(sign):x}' for sign in emoji)}.webp"


def take_picture(emoji: str, ground, *, slug: str) -> bytes:
    """Return a 640 × 640 WebP of an emoji on its category's ground (two colours, light and deep).

    The light falls from a side that the slug decides, so that one shelf is not a row of stamps.
    The same arguments give the same picture.
    """
    subject = cut_out(emoji, SUBJECT)
    seed = hashlib.sha256(slug.encode()).digest()
    picture = _ground(tuple(ground), seed[0] % 3, seed[1] % 3)
    left, top = (SIDE - subject.width) // 2, FLOOR - subject.height
    picture = _with_shadow(picture, subject, left, ground[1])
    picture.paste(subject, (left, top), subject)
    return encoded(picture, QUALITY)


def cut_out(emoji, longest):
    """Return an emoji cut to what is visible, its longer side ``longest`` pixels; enlarged, with
    its edges crisp again.
    """
    picture = visible(emoji)
    scale = longest / max(picture.size)
    size = tuple(round(length * scale) for length in picture.size)
    if scale <= 1:
        return picture.resize(size, Image.Resampling.BICUBIC)
    return picture.resize(size, Image.Resampling.LANCZOS).filter(
        ImageFilter.UnsharpMask(radius=2, percent=60, threshold=2)
    )


def encoded(picture, quality, *, effort=4) -> bytes:
    """Return a picture as WebP; more effort (0 to 6) takes longer for fewer bytes."""
    file = BytesIO()
    picture.save(file, "WEBP", quality=quality, method=effort)
    return file.getvalue()


@cache
def visible(emoji):
    """Return an emoji without the empty rows and columns around it."""
    with Image.open(picture_path(emoji)) as file:
        picture = file.convert("RGBA")
    return picture.crop(picture.getchannel("A").point(lambda alpha: 255 * (alpha > 16)).getbbox())


@cache
def _ground(ground, side, shade):
    """A wall that is lightest where the lamp hangs, and a floor one tone deeper below a soft
    horizon.
    """
    light, deep = (ImageColor.getrgb(colour) for colour in ground)
    deep = tuple(round(d + (x - d) * 0.14 * shade) for x, d in zip(light, deep, strict=True))
    across = (SIDE // 4, SIDE // 2, SIDE * 3 // 4)[side]
    lamp = _lamp().crop((SIDE - across, SIDE - SIDE // 3, 2 * SIDE - across, 2 * SIDE - SIDE // 3))
    deep = Image.new("RGB", (SIDE, SIDE), deep)
    wall = Image.composite(deep, Image.new("RGB", (SIDE, SIDE), light), lamp)
    return Image.composite(
        deep, wall, _blurred((-SIDE, FLOOR - 60, 2 * SIDE, 2 * SIDE), 70, 28, shape="rectangle")
    )


@cache
def _lamp():
    return Image.radial_gradient("L").resize((SIDE * 2, SIDE * 2), Image.Resampling.BICUBIC)


def _with_shadow(picture, subject, left, deep):
    """A wide soft shadow, and a narrow dark one where the subject touches the floor."""
    dark = tuple(round(value * 0.55) for value in ImageColor.getrgb(deep))
    foot = subject.getchannel("A").crop((0, subject.height * 7 // 8, *subject.size)).getbbox()
    first, last = left + foot[0], left + foot[2]
    shadow = Image.new("L", (SIDE, SIDE), 0)
    for grow, height, strength, blur in ((0.14, 28, 100, 20), (-0.08, 12, 125, 8)):
        reach = round((last - first) * grow) + 6
        box = (first - reach, FLOOR - height, last + reach, FLOOR + height)
        shadow = ImageChops.lighter(shadow, _blurred(box, strength, blur, shape="ellipse"))
    return Image.composite(Image.new("RGB", (SIDE, SIDE), dark), picture, shadow)


def _blurred(box, strength, blur, *, shape):
    """A soft shape, painted at a quarter of the size: what is blurred anyway needs no more."""
    layer = Image.new("L", (SIDE // 4, SIDE // 4), 0)
    getattr(ImageDraw.Draw(layer), shape)(tuple(length / 4 for length in box), fill=strength)
    return layer.filter(ImageFilter.GaussianBlur(blur / 4)).resize(
        (SIDE, SIDE), Image.Resampling.BICUBIC
    )
