"""Renditions: the smaller copies of a stored picture that a page offers a browser in ``srcset``.

A picture is named by what is in it, ``products/2026/11/9f3c…-640x480.webp`` (hash, width, height):
from its address alone follow the widths there are, and a browser may keep it for good. A rendition
is made when somebody first asks for it and stands in a folder named like its picture,
``sized/products/2026/11/9f3c…-640x480.webp/360.webp``. All of them can be made again at any time:
no row names them, no backup holds them (decision 0094).
"""

import re
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from posixpath import normpath
from uuid import uuid4

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.images import get_image_dimensions
from django.core.files.storage import default_storage
from django.db.models.fields.files import ImageField, ImageFieldFile

from mall.core import pictures

log = structlog.get_logger(__name__)
FOLDER = "sized/"
# A thumb, a card of two to a row on phones of two and of three pixels a point, and larger ones.
WIDTHS = (160, 360, 540, 800, 1200)
# What the shop shows. Members' own pictures are not among them: what they delete is gone at once.
OF_THE_SHOP = ("products/", "home/", "face/")
NAMED_BY_CONTENT = re.compile(r"[0-9a-f]{16}-(?P<width>\d+)x\d+(?:_\w+)?\.\w+(?:/\d+\.webp)?$")
ASKED = re.compile(rf"{FOLDER}(?P<name>.+)/(?P<width>{'|'.join(map(str, WIDTHS))})\.webp")
# What can be made smaller. A shop of before has pictures of other kinds, too: they have one size.
KINDS = re.compile(r"\.(?:jpe?g|png|webp)$", re.IGNORECASE)
REMEMBERED = 4000  # addresses, half a kB each


class TooLarge(Exception):
    """A picture stored before uploads were bounded cannot be made smaller here; its name."""


class StoredPicture(ImageFieldFile):
    def save(self, name, content, save=True):
        """See Django; the file's name says what is in it."""
        super().save(name_of(content, name), content, save)


class StoredPictureField(ImageField):
    """A picture that is kept under a name of its content; to migrations an ``ImageField``."""

    attr_class = StoredPicture

    def deconstruct(self):
        """See Django."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.ImageField", args, kwargs


def name_of(content, name: str) -> str:
    """Return the name of a picture's file by its content, width and height; ``name`` is what it was
    called, and stays what a file without a picture in it is called.
    """
    width, height = get_image_dimensions(content)
    if not (width and height):
        return name
    content.seek(0)
    digest = blake2b(digest_size=8)
    for chunk in content.chunks():
        digest.update(chunk)
    content.seek(0)
    return f"{digest.hexdigest()}-{width}x{height}.{name.rpartition('.')[2].lower()}"


def is_lasting(name: str) -> bool:
    """Return whether what a file holds can never change under its name."""
    return bool(NAMED_BY_CONTENT.search(name))


@lru_cache(REMEMBERED)
def srcset(address: str) -> str:
    """Return the ``srcset`` of the picture at an address of ours, "" where there is but one size:
    drawings among the static files, what is not in our storage, and kinds nobody makes smaller.

    Of a picture that was stored before pictures were named by their content the width is not known:
    it gets no copies wider than itself, whatever they are called.
    """
    name = address.removeprefix(settings.MEDIA_URL)
    if name == address or not name.startswith(OF_THE_SHOP) or not KINDS.search(name):
        return ""
    named = NAMED_BY_CONTENT.search(name)
    widest = int(named["width"]) if named else None
    offered = [
        f"{settings.MEDIA_URL}{FOLDER}{name}/{width}.webp {width}w"
        for width in WIDTHS
        if widest is None or width < widest
    ]
    return ", ".join([*offered, f"{address} {widest}w"] if widest else offered)


def find(path: str) -> bytes | None:
    """Return the rendition that a file's name asks for, if it is none that stands there already:
    made now, and kept for whoever asks next. None for every other file.

    Raises: FileNotFoundError when no picture of the shop has that name; TooLarge.
    """
    asked = ASKED.fullmatch(path)
    if asked is None or default_storage.exists(path):
        return None
    name = asked["name"]
    is_plain = normpath(name) == name and name.startswith(OF_THE_SHOP)
    if not (is_plain and default_storage.exists(name)):
        raise FileNotFoundError(path)
    try:
        with default_storage.open(name) as picture:
            made = pictures.narrower(picture, int(asked["width"]))
    except (IsADirectoryError, ValidationError) as error:
        is_large = getattr(error, "code", None) == "too_big"
        raise (TooLarge(name) if is_large else FileNotFoundError(path)) from error
    try:
        _keep(path, made)
    except OSError as error:  # a full disk costs the next reader this work, nobody the picture
        log.warning("rendition_not_kept", reason=error.strerror)
    made.seek(0)
    return made.read()


def sweep() -> int:
    """Delete the renditions of pictures that are gone, or stand there anew under an old name;
    return how many.
    """
    gone = 0
    for folder, files in list(_folders(FOLDER.rstrip("/"))):
        name = folder.removeprefix(FOLDER)
        since = _changed_at(name)
        for path in [f"{folder}/{file}" for file in files]:
            if since is None or _changed_at(path) < since:
                default_storage.delete(path)
                gone += 1
        if since is None:
            default_storage.delete(folder)
    return gone


def _keep(path, made) -> None:
    """Write a rendition whole or not at all: a front server reads the folder too."""
    try:
        place = Path(default_storage.path(path))
    except NotImplementedError:  # no folder but a store, which does so by itself
        default_storage.save(path, made)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f".{uuid4().hex}")
    draft.write_bytes(made.read())
    draft.replace(place)


def _folders(at):
    """Yield each folder that holds renditions, with their names."""
    if not default_storage.exists(at):
        return
    inner, files = default_storage.listdir(at)
    if files:
        yield at, files
    for name in inner:
        yield from _folders(f"{at}/{name}")


def _changed_at(name):
    try:
        return default_storage.get_modified_time(name)
    except FileNotFoundError:
        return None
