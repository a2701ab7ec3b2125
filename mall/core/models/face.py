"""What the shop looks like and says of itself: its face, its pages, the blocks of its home page."""

import secrets

from django.core.validators import FileExtensionValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from mall.core import clock
from mall.core.kept import KeptRow
from mall.core.renditions import StoredPictureField

HEX_COLOUR = RegexValidator(
    r"^#[0-9a-fA-F]{6}\Z", _("Write a colour like #c2410f."), code="invalid_colour"
)
# A page of ours, or one of another site over HTTPS. "//host" would be another site's too.
LINK = RegexValidator(
    r"^(/(?![/\\])|https://)[^\s\\]*\Z",
    _("Write a path of this shop like /products/, or an address with https://."),
    code="invalid_link",
)


def logo_path(face, filename):
    """Return a name of its own for each logo, so that browsers may keep one for good."""
    return f"face/{secrets.token_urlsafe(12)}.webp"


def picture_path(block, filename):
    """Return where a picture of the home page stands; its name is one of its content."""
    return f"home/{filename}"


class ShopFace(KeptRow):
    """Who the shop is; one row, our own name and colours where it says nothing."""

    name = models.CharField(_("name of the shop"), max_length=40, blank=True)
    slogan = models.CharField(
        _("slogan"), max_length=80, blank=True, help_text=_("Stands beside the name in the footer.")
    )
    description = models.CharField(
        _("description"),
        max_length=160,
        blank=True,
        help_text=_("What search engines and shared links say of the shop."),
    )
    logo = models.ImageField(
        _("logo"),
        upload_to=logo_path,
        blank=True,
        validators=[FileExtensionValidator(["jpg", "jpeg", "png", "webp"])],
        help_text=_("A square picture as JPEG, PNG or WebP; the icons of phones are made from it."),
    )
    accent_light = models.CharField(
        _("colour by day"),
        max_length=7,
        blank=True,
        validators=[HEX_COLOUR],
        help_text=_("Of buttons and links, on light ground. Empty: persimmon, #c2410f."),
    )
    accent_dark = models.CharField(
        _("colour by night"),
        max_length=7,
        blank=True,
        validators=[HEX_COLOUR],
        help_text=_("The same on dark ground. Empty: #f27c4b."),
    )
    contact_email = models.EmailField(_("contact e-mail"), blank=True)
    contact_phone = models.CharField(_("contact phone"), max_length=40, blank=True)
    contact_address = models.CharField(_("contact address"), max_length=200, blank=True)
    icp_number = models.CharField(
        _("ICP number"),
        max_length=40,
        blank=True,
        help_text=_("As the registry writes it; it stands in the footer, with a link there."),
    )

    class Meta:
        verbose_name = _("shop's face")
        verbose_name_plural = _("shop's face")

    def __str__(self):
        return str(self._meta.verbose_name)


class ShopPage(KeptRow):
    """A page of the shop's own words. Each saved text is a version, and every version is kept
    (simple-history): what a member agreed to can always be read.
    """

    class Kind(models.TextChoices):
        HELP = "help", _("Help")
        TERMS = "terms", _("Terms of service")
        PRIVACY = "privacy", _("Privacy policy")
        ABOUT = "about", _("About us")

    kind = models.CharField(_("page"), max_length=10, choices=Kind.choices, unique=True)
    title = models.CharField(_("title"), max_length=80, blank=True)
    body = models.TextField(
        _("text"), blank=True, help_text=_("Empty: the text that came with the software.")
    )
    version = models.PositiveIntegerField(_("version"), default=0, editable=False)
    # The version from which on a member must have agreed; 0: none.
    binding_version = models.PositiveIntegerField(
        _("binding since version"), default=0, editable=False
    )
    changed_at = models.DateTimeField(_("changed"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("page of the shop")
        verbose_name_plural = _("pages of the shop")
        ordering = ["pk"]

    def __str__(self):
        return self.get_kind_display()

    def get_absolute_url(self):
        return f"/{self.kind}/"


class HomeBlock(KeptRow):
    """One part of the home page, in its order and its time."""

    class Kind(models.TextChoices):
        BANNER = "banner", _("Banner")
        CATEGORIES = "categories", _("Categories")
        PICKS = "picks", _("Picked goods")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    title = models.CharField(_("title"), max_length=60, blank=True)
    text = models.CharField(_("text"), max_length=160, blank=True)
    picture = StoredPictureField(
        _("picture"),
        upload_to=picture_path,
        blank=True,
        width_field="picture_width",
        height_field="picture_height",
        validators=[FileExtensionValidator(["jpg", "jpeg", "png", "webp"])],
    )
    # told in the page, so that nothing moves when the picture comes
    picture_width = models.PositiveIntegerField(null=True, blank=True, editable=False)
    picture_height = models.PositiveIntegerField(null=True, blank=True, editable=False)
    link = models.CharField(_("link"), max_length=300, blank=True, validators=[LINK])
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_on = models.BooleanField(_("shown"), default=True)
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("block of the home page")
        verbose_name_plural = _("blocks of the home page")
        ordering = ["position", "pk"]

    def __str__(self):
        return self.title or self.get_kind_display()
