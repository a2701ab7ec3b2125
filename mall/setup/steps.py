"""What a new shop still needs before its first customer, each with the place where it is done.

One question for all of it.
"""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Exists, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from catalog.models import Category, Product, Sku
from mall.core.models import SetupStep, ShopFace, ShopPage
from orders.models import Order

MAY_SET_UP = "mall.change_shopface"
Name = SetupStep.Name
LEGAL = (ShopPage.Kind.TERMS, ShopPage.Kind.PRIVACY)
IN_STOCK = Q(stock__quantity__gt=0)
WRITTEN = Q(body_zh_hans__gt="") | Q(body_en__gt="")
TRIED = (Name.MAIL, Name.CERTIFICATE, Name.BACKUP, Name.OVER)
FACTS = {
    "face": ShopFace.objects.filter(
        Q(name_zh_hans__gt="") | Q(name_en__gt=""),
        Q(contact_email__gt="") | Q(contact_phone__gt=""),
    ),
    **{kind.value: ShopPage.objects.filter(WRITTEN, kind=kind) for kind in LEGAL},
    "category": Category.objects.all(),
    "product": Sku.objects.filter(IN_STOCK, is_active=True, product__status=Product.Status.ON),
    "order": Order.objects.filter(paid_at__isnull=False),
    **{name.value: SetupStep.objects.filter(name=name) for name in TRIED},
}


@dataclass(frozen=True)
class Step:
    """One thing to do: what, why, where, and whether it is done. ``trial`` is what a button of the
    list tries.
    """

    name: str
    title: str
    text: str
    url: str
    is_done: bool
    trial: str = ""
    trial_title: str = ""


def facts_of(user) -> dict[str, bool]:
    """Return what is there already, by name; one question."""
    asked = {f"has_{name}": Exists(rows) for name, rows in FACTS.items()}
    found = User.objects.filter(pk=user.pk).order_by().values(**asked).get()
    return {name: bool(found[f"has_{name}"]) for name in FACTS}


def steps_of(user) -> list[Step]:
    """Return the list for who may set the shop up, the next thing first in order; nothing once it
    was put away.
    """
    if not user.has_perm(MAY_SET_UP):
        return []
    there = facts_of(user)
    return [] if there[Name.OVER] else listed(there)


def listed(there: dict[str, bool]) -> list[Step]:
    """Return every step in the order in which a shop opens."""
    providers = set(settings.PAYMENT_PROVIDERS) - {"sandbox"}
    return [
        Step(
            "face",
            _("Say who you are"),
            _("Name, logo and how to reach you: they stand on every page and in every mail."),
            reverse("admin:mall_shopface_changelist"),
            there["face"],
        ),
        Step(
            "pages",
            _("Write terms and privacy policy"),
            _("Members agree to them at sign-up; what stands there now came with the software."),
            reverse("admin:mall_shoppage_changelist"),
            all(there[kind] for kind in LEGAL),
        ),
        Step(
            "category",
            _("Make the first category"),
            _("Goods stand in one."),
            reverse("admin:catalog_category_add"),
            there["category"],
        ),
        Step(
            "product",
            _("Put the first goods on sale, with stock"),
            _("A product with a variant and its price, on sale, at least one piece on the shelf."),
            reverse("admin:catalog_product_add"),
            there["product"],
        ),
        Step(
            "mail",
            _("Send yourself a mail"),
            _(
                "Members set new passwords by mail. EMAIL_URL names the mail server: in mall.env, "
                "or exported before ./scripts/run."
            ),
            reverse("set_up"),
            there[Name.MAIL],
            "mail",
            _("Send a mail"),
        ),
        Step(
            "payment",
            _("Take money"),
            _(
                "PAYMENT_PROVIDERS names alipay, wechat or both, and docs/payments.md what each "
                "needs. With the sandbox everybody pays without money: for a rehearsal only."
            ),
            reverse("set_up"),
            bool(providers),
        ),
        Step(
            "certificate",
            _("Have a certificate"),
            _("Browsers warn of a shop without one. Put yours where docs/operations.md says."),
            reverse("set_up"),
            there[Name.CERTIFICATE],
            "certificate",
            _("Look at it"),
        ),
        Step(
            "backup",
            _("Make a backup"),
            _(
                "“docker compose run --rm backup”, or without Docker “./ops/backup FOLDER”, makes "
                "one and proves it; every night, please."
            ),
            reverse("set_up"),
            there[Name.BACKUP],
            "backup",
            _("It is made"),
        ),
        Step(
            "order",
            _("Place the first order yourself"),
            _("Sign up in another browser, buy something and pay: so you see what members see."),
            "/",
            there["order"],
        ),
    ]
