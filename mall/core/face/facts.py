"""What is known of the face, as values that pages may show."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import blake2b

from django.conf import settings
from django.utils.translation import get_language, gettext

from mall.core import clock, richtext
from mall.core.face import colours
from mall.core.kept import shown
from mall.core.models import HomeBlock, ShopFace, ShopPage

ICP_REGISTRY = "https://beian.miit.gov.cn/"  # what the footer's number must lead to
CONSENTED = (ShopPage.Kind.TERMS, ShopPage.Kind.PRIVACY)


def _in_language(words: dict) -> str:
    return words.get(get_language()) or words.get(settings.LANGUAGE_CODE) or ""


def _address(file) -> str:
    """Return where a picture stands; one that was not saved yet (a preview) stands in the page."""
    if not file:
        return ""
    if file._committed:
        return file.url
    file.seek(0)
    return f"data:image/webp;base64,{b64encode(file.read()).decode()}"


def _words(row, name) -> dict:
    """Return a translated field's text by language, without those that say nothing."""
    found = {
        code: getattr(row, f"{name}_{code.replace('-', '_')}") for code, _ in settings.LANGUAGES
    }
    return {code: text for code, text in found.items() if text}


@dataclass(frozen=True)
class Face:
    """Who the shop is. ``key`` is another one whenever anything of it is."""

    names: dict
    slogans: dict
    descriptions: dict
    logo: str  # its address, "" for our own
    logo_name: str  # in the storage
    light: str
    dark: str
    email: str
    phone: str
    address: str
    icp: str
    key: str

    @property
    def name(self) -> str:
        return _in_language(self.names) or gettext("Points Mall")

    @property
    def slogan(self) -> str:
        return _in_language(self.slogans) or gettext("Little by little, something nice.")

    @property
    def description(self) -> str:
        return _in_language(self.descriptions) or gettext(
            "Collect points, check in every day and swap them for things you like."
        )

    @property
    def style_query(self) -> str:
        """What /face.css is asked for; "" where our own colours are worn."""
        if not (self.light or self.dark):
            return ""
        light, dark = self.light or colours.DEFAULT["light"], self.dark or colours.DEFAULT["dark"]
        return f"light={light[1:]}&dark={dark[1:]}"

    @property
    def icp_link(self) -> str:
        return ICP_REGISTRY


@dataclass(frozen=True)
class Page:
    """A page of the shop's words; version 0 is the text that came with the software."""

    kind: str
    titles: dict
    bodies: dict
    version: int
    binding: int
    changed_at: datetime | None

    @property
    def title(self) -> str:
        return _in_language(self.titles) or str(ShopPage.Kind(self.kind).label)

    @property
    def body(self):
        """The text, safe to be printed; "" where the page has none of its own."""
        return richtext.safe(_in_language(self.bodies))


@dataclass(frozen=True)
class Block:
    """A part of the home page."""

    kind: str
    titles: dict
    texts: dict
    picture: str
    width: int | None
    height: int | None
    link: str
    starts_at: datetime | None
    ends_at: datetime | None

    @property
    def title(self) -> str:
        return _in_language(self.titles)

    @property
    def text(self) -> str:
        return _in_language(self.texts)

    @property
    def box(self) -> tuple[int, int] | None:
        """The picture's width and height."""
        return (self.width, self.height) if self.width and self.height else None

    @cached_property
    def key(self) -> str:
        """Another one whenever anything of it is."""
        return repr(self)

    def is_due(self, at) -> bool:
        return (self.starts_at is None or self.starts_at <= at) and (
            self.ends_at is None or at < self.ends_at
        )


def face_of(row: ShopFace) -> Face:
    """Return a row as what pages show; also one that was not saved, for a preview."""
    told = (
        _words(row, "name"),
        _words(row, "slogan"),
        _words(row, "description"),
        _address(row.logo),
        row.logo.name or "",
        row.accent_light,
        row.accent_dark,
        row.contact_email,
        row.contact_phone,
        row.contact_address,
        row.icp_number,
    )
    return Face(*told, key=blake2b(repr(told).encode(), digest_size=6).hexdigest())


def block_of(row: HomeBlock) -> Block:
    """Return a row as what the home page shows."""
    has_picture = bool(row.picture)
    return Block(
        row.kind,
        _words(row, "title"),
        _words(row, "text"),
        _address(row.picture),
        row.picture_width if has_picture else None,
        row.picture_height if has_picture else None,
        row.link,
        row.starts_at,
        row.ends_at,
    )


def page_from(row: ShopPage) -> Page:
    """Return a row as what its page shows."""
    return Page(
        row.kind,
        _words(row, "title"),
        _words(row, "body"),
        row.version,
        row.binding_version,
        row.changed_at if row.version else None,
    )


NOBODY = face_of(ShopFace())
# What stands on the home page of a shop that arranged nothing: goods first, as a phone is small.
USUAL = tuple(
    block_of(HomeBlock(kind=kind)) for kind in (HomeBlock.Kind.PICKS, HomeBlock.Kind.CATEGORIES)
)


@shown
def _kept_face() -> Face:
    row = ShopFace.objects.order_by("pk").first()
    return face_of(row) if row else NOBODY


@shown
def _kept_pages() -> dict[str, Page]:
    return {row.kind: page_from(row) for row in ShopPage.objects.all()}


@shown
def _kept_blocks() -> tuple[Block, ...] | None:
    rows = [block_of(row) for row in HomeBlock.objects.all() if row.is_on]
    return tuple(rows) if rows or HomeBlock.objects.exists() else USUAL


def current() -> Face:
    """Return the face the shop wears now."""
    return _kept_face()


def last_seen() -> Face:
    """Return the face the shop wore when this process last looked, without looking again: for pages
    that tell of a fault of the database.
    """
    return _kept_face.last(NOBODY)


def page_of(kind: str) -> Page:
    """Return a page as it is published."""
    return _kept_pages().get(kind) or Page(kind, {}, {}, 0, 0, None)


def binding() -> tuple[int, int]:
    """Return the versions of terms and privacy policy from which on a member must have agreed."""
    terms, privacy = (page_of(kind).binding for kind in CONSENTED)
    return terms, privacy


def blocks() -> tuple[list[Block], datetime | None]:
    """Return the blocks of the home page in their order, and when they change by themselves."""
    now = clock.now()
    all_blocks = _kept_blocks()
    bounds = [at for one in all_blocks for at in (one.starts_at, one.ends_at) if at and at > now]
    return [one for one in all_blocks if one.is_due(now)], min(bounds, default=None)
