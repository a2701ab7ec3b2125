"""An own shop has a folder of pictures of its own, also one that was begun beside the demo's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mall import own_pictures
from mall.backups import media
from tests.factories.catalog import SkuFactory

ROOT = Path(__file__).resolve().parents[2]
ASKED = (
    "from django.conf import settings; "
    "print(settings.MEDIA_ROOT, settings.MEDIA_SHARED or '-', sep='\\n')"
)


@pytest.fixture
def shared(tmp_path):
    """The folder of both shops, as a release before left it."""
    folder = tmp_path / "media"
    for name in ("products/demo/a.webp", "products/demo/named.webp", "products/2026/11/own.webp",
                 "avatars/1.webp", "sized/products/2026/11/own.webp/360.webp"):  # fmt: skip
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return folder


def files_in(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_move_out_when_a_shop_shared_its_folder_then_its_pictures_are_found_and_backed_up_alone(
    db, shared, tmp_path
):
    own = tmp_path / "shop-media"
    SkuFactory(product__image="products/demo/named.webp")
    SkuFactory(product__image="products/2026/11/own.webp")
    before = files_in(shared)

    own_pictures.move_out(shared, own)

    kept = {"products/demo/named.webp", "products/2026/11/own.webp", "avatars/1.webp"}
    assert files_in(own) == kept and files_in(shared) == before
    packed = media.pack(own, tmp_path / "media.tar.gz", progress=False)
    assert packed["files"] == 3 and media.missing(kept) == []


def test_move_out_when_it_was_done_or_broke_off_then_no_picture_is_lost(db, shared, tmp_path):
    own, part = tmp_path / "shop-media", tmp_path / "shop-media.part"
    part.mkdir()
    (part / "half").write_text("a copy that broke off")
    own_pictures.move_out(shared, own)
    (own / "avatars/1.webp").write_text("changed since")
    (own / "avatars/2.webp").write_text("new")

    own_pictures.move_out(shared, own)

    assert files_in(own) == {"products/2026/11/own.webp", "avatars/1.webp", "avatars/2.webp"}
    assert (own / "avatars/1.webp").read_text() == "changed since" and not part.exists()


@pytest.mark.parametrize("shared", ["", "missing"])
def test_move_out_when_nothing_was_shared_then_nothing_is_made(shared, tmp_path):
    own_pictures.move_out(shared and tmp_path / shared, tmp_path / "own")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("said", "folder", "before"),
    [({"MALL_DEMO": "yes"}, "var/media", "-"),
     ({"MALL_DEMO": "no"}, "var/shop-media", "var/media"),
     ({"MALL_DEMO": "no", "MEDIA_ROOT": "/pictures"}, "/pictures", "-")],
)  # fmt: skip
def test_settings_when_a_shop_is_chosen_then_it_has_its_own_folder(said, folder, before):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MALL_", "DJANGO_"))}
    clean |= {"DJANGO_SETTINGS_MODULE": "mall.settings.embedded", **said}

    told = subprocess.run(
        [sys.executable, "-c", ASKED], cwd=ROOT, env=clean, check=True, capture_output=True
    )

    places = [str(ROOT / name) if name != "-" else name for name in (folder, before)]
    assert told.stdout.decode().splitlines() == places
