"""The icons of the shop, made from its logo in the sizes that browsers and phones ask for."""

from functools import lru_cache
from io import BytesIO

from django.contrib.staticfiles import finders
from django.core.files.storage import default_storage
from django.templatetags.static import static
from PIL import Image, ImageOps

SIDES = {"icon-192.png": 192, "icon-512.png": 512, "apple-touch-icon.png": 180}
FAVICON_SIDES = [(16, 16), (32, 32), (48, 48)]
GROUND = "#fffdf9"  # under a logo with holes: phones make them black
SAFE_SHARE = 0.8  # of an icon that is cut to a circle, what is surely seen


def address(shop, name: str) -> str:
    """Return where an icon of this face stands; each logo's has an address of its own."""
    return f"/icons/{name}?v={shop.key}" if shop.logo else static(f"icons/{name}")


@lru_cache(32)
def made(logo: str, name: str) -> bytes | None:
    """Return an icon made from a logo in the storage; None for a size nobody asks for, or when the
    file is gone. A logo's name is never used again, so what was made stays right.
    """
    side = SIDES.get(name)
    picture = _read(logo) if side else None
    if picture is None:
        return None
    picture = ImageOps.contain(picture, [round(side * SAFE_SHARE)] * 2)
    icon = Image.new("RGB", (side, side), GROUND)
    place = tuple((side - length) // 2 for length in picture.size)
    icon.paste(picture, place, picture)
    written = BytesIO()
    icon.save(written, "PNG", optimize=True)
    return written.getvalue()


@lru_cache(8)
def favicon(logo: str) -> bytes:
    """Return a logo as an ICO; our own where the shop has none."""
    picture = logo and _read(logo)
    if not picture:
        with Image.open(finders.find("icons/icon-192.png")) as ours:
            picture = ours.convert("RGBA")
    written = BytesIO()
    picture.save(written, "ICO", sizes=FAVICON_SIDES)
    return written.getvalue()


def _read(logo):
    try:
        with default_storage.open(logo) as file, Image.open(file) as picture:
            return picture.convert("RGBA")
    except OSError:
        return None
