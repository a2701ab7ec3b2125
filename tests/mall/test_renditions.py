"""Smaller copies of pictures: offered by address, made when asked for, gone with their picture."""

import os
import re
import tarfile
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template import Context, Template
from PIL import Image

from catalog.models import Product
from mall.backups import media
from mall.core import renditions
from tests.factories.catalog import ProductFactory

NAME = "products/2026/11/0123456789abcdef-640x480.webp"
ON_DISK = "django.core.files.storage.FileSystemStorage"
FOR_GOOD = "max-age=31536000, public, immutable"


def drawing(size=(640, 480), form="WEBP") -> bytes:
    written = BytesIO()
    Image.radial_gradient("L").resize(size).convert("RGB").save(written, form)
    return written.getvalue()


@pytest.fixture
def shelf(db, settings, tmp_path):
    """Pictures of the shop, one of a member, and what is none."""
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": ON_DISK}}
    settings.MEDIA_ROOT = tmp_path / "media"
    for name in (NAME, "products/old.jpg", "avatars/me.webp", "home/wide.png"):
        form = "JPEG" if name.endswith("jpg") else name.rpartition(".")[2].upper()
        default_storage.save(name, ContentFile(drawing(form=form)))
    default_storage.save("products/words.webp", ContentFile(b"no picture"))
    return tmp_path / "media"


def sizes(response) -> tuple:
    with Image.open(BytesIO(response.getvalue())) as picture:
        return response["Content-Type"], picture.format, picture.size


# --- names and addresses ------------------------------------------------------------
def test_save_when_a_picture_comes_by_form_or_by_code_then_named_by_what_is_in_it(shelf):
    by_form = ProductFactory(image=SimpleUploadedFile("Tasse 1.PNG", drawing(form="PNG")))
    by_code = ProductFactory()
    by_code.image.save("other.png", ContentFile(drawing(form="PNG")))
    no_picture = ProductFactory(image=ContentFile(b"words", name="words.png"))

    names = [Product.objects.get(pk=one.pk).image.name for one in (by_form, by_code, no_picture)]

    assert re.fullmatch(r"products/\d{4}/\d\d/[0-9a-f]{16}-640x480\.png", names[0])
    assert renditions.name_of(ContentFile(drawing(form="PNG")), "x.png") in names[0]
    assert names[1] != names[0] and names[1].startswith(names[0].removesuffix(".png"))
    assert [renditions.is_lasting(name) for name in names] == [True, True, False]


def test_srcset_when_a_name_tells_the_width_then_every_smaller_one_and_itself():
    sized = f"/media/sized/{NAME}"

    assert renditions.srcset(f"/media/{NAME}") == (
        f"{sized}/160.webp 160w, {sized}/360.webp 360w, {sized}/540.webp 540w, /media/{NAME} 640w"
    )
    assert renditions.srcset("/media/products/old.jpg").count("/media/sized/products/old.jpg/") == 5
    assert renditions.srcset("/media/products/OLD.JPG").count("OLD.JPG/") == 5
    # the last are pictures of a time that took any kind; these are shown as they are
    none = ("", "/static/x.webp", "/media/avatars/me.webp", "data:image/webp")
    assert not any(map(renditions.srcset, (*none, "/media/products/a.gif", "/media/home/b.avif")))


@pytest.mark.parametrize(
    ("place", "sight", "element"),
    [
        (
            "thumb",
            "",
            f'<img class="thumb" src="/media/{NAME}" srcset="…" sizes="4rem" alt="A &amp; B"'
            ' width="64" height="64" loading="lazy" decoding="async">',
        ),
        (
            "flash",
            "first",
            f'<img src="/media/{NAME}" srcset="…" sizes="7rem" alt="A &amp; B"'
            ' width="112" height="112" fetchpriority="high" decoding="async">',
        ),
    ],
)
def test_picture_when_written_then_sized_and_lazy_unless_seen_at_once(place, sight, element):
    template = Template("{% picture address place alt=alt sight=sight %}")

    written = template.render(
        Context({"address": f"/media/{NAME}", "place": place, "alt": "A & B", "sight": sight})
    )

    assert written.replace(renditions.srcset(f"/media/{NAME}"), "…") == element


# --- made when asked for --------------------------------------------------------------
def test_picture_when_a_rendition_is_asked_then_made_once_small_and_kept_for_good(client, shelf):
    path = f"/media/sized/{NAME}/360.webp"

    first, second = client.get(path), client.get(path)

    assert sizes(first) == sizes(second) == ("image/webp", "WEBP", (360, 270))
    assert first["Cache-Control"] == second["Cache-Control"] == FOR_GOOD
    assert client.get(f"/media/{NAME}")["Cache-Control"] == FOR_GOOD
    assert [file.name for file in (shelf / "sized" / NAME).iterdir()] == ["360.webp"]


def test_picture_when_its_name_tells_nothing_then_never_wider_and_kept_an_hour(client, shelf):
    old = client.get("/media/sized/products/old.jpg/1200.webp")
    wide = client.get("/media/sized/home/wide.png/160.webp")

    assert sizes(old) == ("image/webp", "WEBP", (640, 480))
    assert sizes(wide) == ("image/webp", "WEBP", (160, 120))
    assert old["Cache-Control"] == "max-age=3600"


@pytest.mark.parametrize(
    "path",
    [
        f"{NAME}/361.webp",
        f"{NAME}/0360.webp",
        "products/none.webp/360.webp",
        "products/words.webp/360.webp",
        "products/360.webp",
        "products/\0/360.webp",
        "avatars/me.webp/360.webp",
        "products/../avatars/me.webp/360.webp",
        f"products/../{NAME}/540.webp",
        f"sized/{NAME}/360.webp/360.webp",
        f"{'products/' + 'n' * 300}/360.webp",
    ],
)
def test_picture_when_no_picture_of_the_shop_is_asked_in_a_width_of_ours_then_404(
    client, shelf, path
):
    client.get(f"/media/sized/{NAME}/360.webp")
    before = sorted(shelf.rglob("*"))

    response = client.get(f"/media/sized/{path}")

    assert response.status_code == 404
    assert sorted(shelf.rglob("*")) == before


def test_picture_when_it_cannot_be_kept_then_shown_all_the_same(client, shelf):
    (shelf / "sized").write_text("no folder")

    response = client.get(f"/media/sized/{NAME}/160.webp")

    assert sizes(response) == ("image/webp", "WEBP", (160, 120))


def test_picture_when_it_is_too_large_to_be_made_smaller_then_shown_as_it_is(client, shelf):
    whole = "products/poster.png"
    Image.new("1", (5001, 5000)).save(shelf / whole)

    response = client.get(f"/media/sized/{whole}/360.webp")

    assert (response.status_code, response["Location"]) == (302, f"/media/{whole}")
    assert response["Cache-Control"] == "max-age=3600"
    assert not (shelf / "sized").exists()


# --- gone with their picture ----------------------------------------------------------
def test_sweep_when_pictures_are_gone_or_stand_there_anew_then_their_renditions_go(client, shelf):
    asked = [
        f"{NAME}/160.webp",
        "products/old.jpg/160.webp",
        "products/old.jpg/360.webp",
        "home/wide.png/160.webp",
    ]
    for name in asked:
        client.get(f"/media/sized/{name}")
    (shelf / NAME).unlink()
    later = (shelf / "home/wide.png").stat().st_mtime + 60
    os.utime(shelf / "home/wide.png", (later, later))

    assert (renditions.sweep(), renditions.sweep()) == (2, 0)

    left = {str(file.relative_to(shelf)) for file in (shelf / "sized").rglob("*.webp")}
    assert {f"sized/{name}" for name in asked[1:3]} == {name for name in left if "jpg/" in name}
    assert len([file for file in (shelf / "sized").rglob("*") if file.is_file()]) == 2
    assert not (shelf / "sized" / NAME).exists()


def test_pack_when_a_shop_is_backed_up_then_without_what_can_be_made_again(client, shelf, tmp_path):
    client.get(f"/media/sized/{NAME}/160.webp")

    media.pack(shelf, tmp_path / "media.tar.gz", progress=False)

    with tarfile.open(tmp_path / "media.tar.gz") as archive:
        names = archive.getnames()
    assert NAME in names and not [name for name in names if name.startswith("sized")]
