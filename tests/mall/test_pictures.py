"""Pictures as phones and programs make them: shrunk, upright, without where they were taken."""

import struct
import zlib
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from PIL import Image, ImageCms

from mall.core import pictures
from mall.core.form_fields import PictureField

ORIENTATION, GPS = 0x0112, 0x8825


def photo(size=(4032, 3024), form="JPEG", *, mode="RGB", exif=True, **options):
    """A phone's photo lying on its side, red above and blue below when held upright."""
    image = Image.new(mode, size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    tags = Image.Exif()
    tags[ORIENTATION] = 6  # turn by a quarter
    tags.get_ifd(GPS)[2] = (31.0, 13.0, 49.0)
    written = BytesIO()
    image.save(written, form, exif=tags if exif else None, **options)
    return SimpleUploadedFile(f"IMG_0001.{form.lower()}", written.getvalue())


def opened(made):
    return Image.open(BytesIO(made.read()))


@pytest.mark.parametrize(
    "options", [{"form": "JPEG"}, {"form": "JPEG", "progressive": True}, {"form": "WEBP"}]
)
def test_shrink_when_a_phone_sends_twelve_megapixels_then_small_upright_and_without_a_place(
    options,
):
    uploaded = photo(**options)

    made = PictureField().clean(uploaded)
    kept = opened(made)

    assert (kept.format, kept.size, made.name) == ("WEBP", (1200, 1600), "picture.webp")
    top, bottom = kept.getpixel((600, 40)), kept.getpixel((600, 1560))
    assert top[0] > 200 > 60 > top[2] and bottom[2] > 200 > 60 > bottom[0]
    assert not kept.getexif() and b"GPS" not in made.open().read()
    assert made.size <= PictureField.most_bytes


def test_square_when_a_photo_lies_on_its_side_then_cut_from_the_upright_middle():
    kept = opened(pictures.square(photo(), 256))

    assert kept.size == (256, 256)
    assert kept.getpixel((128, 5))[0] > 200 and kept.getpixel((128, 250))[2] > 200


@pytest.mark.parametrize(
    ("mode", "form", "holes"),
    [("RGBA", "PNG", True), ("P", "PNG", False), ("CMYK", "JPEG", False), ("L", "JPEG", False)],
)
def test_shrink_when_a_program_made_it_then_written_anew(mode, form, holes):
    written = BytesIO()
    Image.new(mode, (300, 200)).save(written, form)

    kept = opened(PictureField().clean(SimpleUploadedFile(f"x.{form}", written.getvalue())))

    assert (kept.format, kept.size) == ("WEBP", (300, 200))
    assert (kept.mode == "RGBA") == holes


def test_shrink_when_grey_has_sixteen_bits_or_a_phone_adds_a_second_picture_then_as_it_looks():
    grey, photos = BytesIO(), BytesIO()
    Image.new("I;16", (300, 200), 30_000).save(grey, "PNG")
    depth = Image.new("RGB", (300, 200), "lime")
    large = Image.new("RGB", (8000, 6000), "red")  # 48 megapixels, as phones have
    large.save(photos, "MPO", save_all=True, append_images=[depth])
    uploads = [SimpleUploadedFile("x.jpg", written.getvalue()) for written in (grey, photos)]

    kept = [opened(PictureField().clean(uploaded)) for uploaded in uploads]

    assert [one.size for one in kept] == [(300, 200), (1600, 1200)]
    assert abs(kept[0].getpixel((9, 9))[0] - 30_000 // 256) < 4
    assert kept[1].getpixel((9, 9))[0] > 240 > 9 > kept[1].getpixel((9, 9))[1]


def test_shrink_when_the_colours_have_a_profile_then_it_is_kept():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    kept = opened(PictureField().clean(photo((400, 300), icc_profile=profile)))

    assert kept.info["icc_profile"] == profile


def test_shrink_when_noise_fits_no_file_then_made_smaller_until_it_does():
    written = BytesIO()
    Image.effect_noise((900, 900), 200).convert("RGB").save(written, "PNG")

    made = pictures.within(SimpleUploadedFile("n.png", written.getvalue()), 900, most_bytes=50_000)

    assert made.size <= 50_000


def bomb(width, height):
    """A PNG of a hundred bytes that says it is huge."""

    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(b"\0" * 50)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 50, "heic"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "heic"),
        (bomb(6000, 5000), "too_big"),
        (bomb(10**5, 10**5), "not_a_picture"),  # Pillow's own guard comes first
        (bomb(500, 500), "not_a_picture"),  # cut off
        (photo((100, 100)).read()[:400], "not_a_picture"),
        (b"<svg onload=alert(1)>", "not_a_picture"),
        (b"GIF89a" + b"\0" * 20, "not_a_picture"),
        (b"\0" * (pictures.MOST_MEGABYTES * 1024 * 1024 + 1), "too_big"),
    ],
)
def test_shrink_when_it_is_no_fit_picture_then_refused_in_words(body, code):
    with pytest.raises(ValidationError) as refusal:
        PictureField().clean(SimpleUploadedFile("IMG_0001.jpg", body))

    assert refusal.value.code == code
    with translation.override("en"):
        assert code != "heic" or "Most Compatible" in refusal.value.messages[0]
