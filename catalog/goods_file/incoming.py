"""The pictures of a file: found in its ZIP by the names in the table, kept in the database while
the file waits, and put where pictures of products lie once it is carried out.

A stored name holds the hash of what came, with width and height (decision 0094): the same picture
has the same name, whenever it comes.
"""

from hashlib import blake2b
from pathlib import PurePosixPath

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from catalog.goods_file.package import Package
from catalog.goods_file.standing import picture_names
from catalog.models import GoodsPicture, ProductImage
from mall.core import pictures
from mall.core.form_fields import PictureField
from mall.core.tables.errors import BadCell, UnreadableTable

ROOM = "products/imported"
HELD_BYTES_MAX = 512 * 1024 * 1024
PICTURES_MAX = 20  # of one product


class Incoming:
    """The pictures that the goods of a package name; ``held`` are those it brings, by hash."""

    def __init__(self, package: Package):
        self._package, self.held, self._size = package, {}, 0

    def resolve(self, goods, standing) -> None:
        """Put stored names for the names of a product's pictures, or tell what is wrong with them.

        Raises: UnreadableTable.
        """
        if not goods.pictures:
            return
        product = standing.product(goods.key)
        own = picture_names(product, standing.pictures.get(product.pk, [])) if product else []
        found = []
        try:
            if len(goods.pictures) > PICTURES_MAX:
                raise BadCell(_("more than %(most)s pictures") % {"most": PICTURES_MAX})
            for name in goods.pictures:
                found.append(self._stored(name, own))
        except BadCell as bad:
            goods.faults.append([goods.line, str(bad)])
            return
        goods.pictures = list(dict.fromkeys(found))

    def keep(self, row) -> None:
        """Keep what came with a file that waits."""
        for digest, content in self.held.items():
            GoodsPicture.objects.create(job=row, digest=digest, content=content)

    def _stored(self, name, own) -> str:
        content = self._package.picture(name)
        mine = [one for one in own if _is_called(one, name)]
        if content is None and not mine:
            raise BadCell(_("there is no picture %(name)s in the ZIP") % {"name": name[:80]})
        if mine and (content is None or _bytes_of(mine[0]) == content):
            return mine[0]
        width, height = _size_of(content, name)
        digest = blake2b(content, digest_size=8).hexdigest()
        if digest not in self.held:
            self._size += len(content)
            if self._size > HELD_BYTES_MAX:
                words = _("The pictures are too large together. Please split the ZIP.")
                raise UnreadableTable(words)
            self.held[digest] = content
        return f"{ROOM}/{digest}-{width}x{height}.webp"


def store(row, goods) -> None:
    """Put the pictures of these goods where they are served from; those that are there stay."""
    names = {name for one in goods for name in one.pictures or () if name.startswith(f"{ROOM}/")}
    digests = {PurePosixPath(name).name.partition("-")[0]: name for name in names}
    for held in row.held.filter(digest__in=digests):
        name = digests[held.digest]
        if not _storage().exists(name):
            _storage().save(name, _shrunk(bytes(held.content), name))


def _size_of(content, name) -> tuple[int, int]:
    """Return the size a picture will have, before a pixel is unpacked. Raises: BadCell."""
    try:
        return pictures.look_at(ContentFile(content, name=name), PictureField.side)
    except ValidationError as error:
        raise BadCell(f"{name[:80]}: {error.messages[0]}") from None


def _shrunk(content, name) -> ContentFile:
    side, most_bytes = PictureField.side, PictureField.most_bytes
    return pictures.within(ContentFile(content, name=name), side, most_bytes=most_bytes)


def _is_called(stored, name) -> bool:
    path = name.replace("\\", "/").strip("/").casefold()
    return path in (stored.casefold(), PurePosixPath(stored).name.casefold())


def _bytes_of(name) -> bytes | None:
    try:
        with _storage().open(name) as file:
            return file.read()
    except OSError:
        return None


def _storage():
    return ProductImage._meta.get_field("image").storage
