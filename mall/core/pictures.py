"""Pictures people upload: looked at, turned upright, shrunk, and written anew as WebP.

Only our own encoding is stored, so neither a disguised file nor the place a photo was taken (its
EXIF block) reaches the disk. Of the colours' profile we keep what browsers need.
"""

import struct
from io import BytesIO
from threading import Lock

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

MOST_MEGABYTES = 10
# Unpacked whole, at four bytes a pixel. A JPEG that comes line by line is unpacked at the size it
# is wanted in: a phone's 50 megapixels cost it no more than a few.
MOST_PIXELS = 25_000_000
MOST_JPEG_PIXELS = 64_000_000
FORMATS = ("JPEG", "PNG", "WEBP")
# What phones write: behind the photo a second picture (its brightness, its depth), not looked at.
BY_LINES = ("JPEG", "MPO")
HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
LONGEST_PROFILE_BYTES = 16 * 1024
SIDEWAYS = (5, 6, 7, 8)  # as EXIF says that a photo lies on its side
QUALITIES = (82, 60, 35)
ACCEPTED = "image/jpeg,image/png,image/webp"  # an iPhone then sends its HEIC photos as JPEG

_one_at_a_time = Lock()  # so that a process holds one unpacked picture, whatever its threads


def within(uploaded, side: int, *, most_bytes: int) -> ContentFile:
    """Return an uploaded picture as WebP whose longer side has at most ``side`` pixels, in at most
    ``most_bytes``.

    Raises: ValidationError (too_big, heic, not_a_picture).
    """
    return _written(_read(uploaded, lambda picture: _shrink(picture, side, max)), most_bytes)


def narrower(kept, width: int) -> ContentFile:
    """Return a stored picture as WebP of at most ``width`` pixels across.

    Raises: ValidationError (too_big, heic, not_a_picture).
    """
    return _written(_read(kept, lambda picture: _shrink(picture, width, _across)), None)


def look_at(uploaded, side: int) -> tuple[int, int]:
    """Return the width and height a picture has ``within`` a side, before a pixel is unpacked.

    Raises: ValidationError (too_big, heic, not_a_picture).
    """

    def measure(picture):
        scale = min(1, side / max(picture.size))
        width, height = (max(1, round(length * scale)) for length in picture.size)
        is_lying = picture.getexif().get(ExifTags.Base.Orientation) in SIDEWAYS
        return (height, width) if is_lying else (width, height)

    return _read(uploaded, measure)


def square(uploaded, side: int) -> ContentFile:
    """Return an uploaded picture as a WebP square of ``side`` pixels, cut from its middle.

    Raises: ValidationError (too_big, heic, not_a_picture).
    """

    def cut(picture):
        return ImageOps.fit(_shrink(picture, 2 * side, min), (side, side))

    return _written(_read(uploaded, cut), None)


def _read(uploaded, change):
    if uploaded.size > MOST_MEGABYTES * 1024 * 1024:
        raise ValidationError(
            _("Choose a picture of at most %(limit)s MB."),
            code="too_big",
            params={"limit": MOST_MEGABYTES},
        )
    uploaded.seek(0)
    head = uploaded.read(12)
    if head[4:8] == b"ftyp" and head[8:12] in HEIC:
        raise ValidationError(
            _(
                "This is an HEIC photo, which most browsers cannot show. Please send it as JPEG: "
                "on an iPhone choose Settings, Camera, Formats, “Most Compatible”."
            ),
            code="heic",
        )
    uploaded.seek(0)
    try:
        with _one_at_a_time, Image.open(uploaded, formats=FORMATS) as picture:
            _look_at_size(picture)
            return change(picture)
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        struct.error,
        Image.DecompressionBombError,
    ) as error:
        raise ValidationError(
            _("Choose a JPEG, PNG or WebP picture."), code="not_a_picture"
        ) from error


def _look_at_size(picture) -> None:
    """Refuse, before a pixel is unpacked, a small file that holds a huge picture."""
    by_lines = picture.format in BY_LINES and not picture.info.get("progressive")
    if picture.width * picture.height > (MOST_JPEG_PIXELS if by_lines else MOST_PIXELS):
        raise ValidationError(_("This picture has too many pixels."), code="too_big")


def _shrink(picture, side, which):
    """Return the picture upright, its longer (max) or shorter (min) side at most so long."""
    scale = min(1, side / which(picture.size))
    picture.thumbnail([max(1, round(length * scale)) for length in picture.size])
    profile = picture.info.get("icc_profile") or b""
    is_plain = picture.mode in ("RGB", "RGBA") and len(profile) <= LONGEST_PROFILE_BYTES
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I"):  # 16 bits of grey: Pillow cuts them off at 255, all is white
        upright = upright.convert("I").point(lambda grey: grey / 256).convert("L")
    has_holes = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
    upright = upright.convert("RGBA" if has_holes else "RGB")
    upright.info = {"icc_profile": profile} if profile and is_plain else {}
    return upright


def _across(size):
    return size[0]


def _written(picture, most_bytes) -> ContentFile:
    profile = picture.info.get("icc_profile")
    for quality in QUALITIES:
        written = BytesIO()
        picture.save(written, "WEBP", quality=quality, icc_profile=profile)
        if most_bytes is None or written.tell() <= most_bytes:
            return ContentFile(written.getvalue(), name="picture.webp")
    half = picture.resize([max(1, length // 2) for length in picture.size])
    half.info = picture.info
    return _written(half, most_bytes)
