"""Points on the way, to read: what was promised, when it arrives, what refunds took."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.read_only import ReadOnly
from mall.core.admin.search import members
from points.models import Grant, TakeBack

REFERENCE_HELP = _(
    "A whole reference (order:…), a member's whole name or e-mail, or how the name begins."
)
GRANT_COLOURS = {"pending": "info", "matured": "success", "void": "warning"}


@admin.register(Grant)
class GrantAdmin(ReadOnly, ModelAdmin):
    """Nobody edits a promise: an order makes it, a refund shrinks it, the sweep brings it in."""

    list_display = [
        "reference",
        "member",
        "what_for",
        "points",
        "taken_back",
        "shown_status",
        "matures_at",
    ]
    list_filter = ["status", "version__rule"]
    list_select_related = ["account__user", "version__rule"]
    search_fields = ["=reference", *members("account__user")]
    search_help_text = REFERENCE_HELP
    fields = [
        "member", "action", "version", "reference", "key", "amount", "points", "taken_back",
        "claws", "status",
        "on", "promised_at", "confirmed_at", "matures_at", "matured_at", "matured_points",
        "entry_seq",
    ]  # fmt: skip
    readonly_fields = fields

    @admin.display(description=_("Member"), ordering="account_id")
    def member(self, grant):
        return grant.account.user.get_username()

    @admin.display(description=_("Rule"), ordering="action")
    def what_for(self, grant):
        return grant.version.rule.name

    @display(description=_("Status"), ordering="status", label=GRANT_COLOURS)
    def shown_status(self, grant):
        return grant.status, grant.get_status_display()


@admin.register(TakeBack)
class TakeBackAdmin(ReadOnly, ModelAdmin):
    """What refunds took, refund by refund."""

    list_display = ["reference", "account", "share", "pending", "points", "debt", "created_at"]
    search_fields = ["=reference", *members("account__user"), "reference"]
    search_help_text = REFERENCE_HELP
    list_select_related = ["account__user"]
    fields = readonly_fields = [
        "account",
        "reference",
        "key",
        "share",
        "pending",
        "points",
        "debt",
        "created_at",
    ]
