"""Mails in the admin: what waits, what left, and what was given up with its error; given-up ones
can be sent again.
"""

from django.contrib import admin, messages
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.newest import NewestChoicesFilter, NewestTheirChoicesFilter
from mall.core.admin.read_only import ReadOnly
from mall.core.admin.search import MEMBER_HELP, members
from marketing.models import Delivery
from marketing.notices import deliveries

STATE_COLOURS = {
    "waiting": "info",
    "sending": "info",
    "sent": "success",
    "skipped": "warning",
    "dead": "danger",
}


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, ModelAdmin):
    """The queue. Where a mail goes stays covered: it is the member's e-mail at the moment of
    sending.
    """

    list_fullwidth = True
    list_display = ["created_at", "user", "kind", "state_shown", "tries", "why", "sent_at"]
    list_filter = [
        "state",
        ("channel", NewestChoicesFilter),
        ("notification__kind", NewestTheirChoicesFilter),
    ]
    search_fields = members("user")
    search_help_text = MEMBER_HELP
    list_select_related = ["user", "notification"]
    fields = [
        "user",
        "kind",
        "title",
        "channel",
        "state",
        "tries",
        "next_try_at",
        "handed_at",
        "sent_at",
        "why",
        "created_at",
    ]
    readonly_fields = ["kind", "title", "why"]
    actions = ["send_again"]

    @display(description=_("kind"))
    def kind(self, delivery):
        return delivery.notification.get_kind_display()

    @display(description=_("title"))
    def title(self, delivery):
        return delivery.notification.wording.title

    @display(description=_("state"), label=STATE_COLOURS, ordering="state")
    def state_shown(self, delivery):
        return delivery.state, delivery.get_state_display()

    @display(description=_("error"))
    def why(self, delivery):
        return gettext(delivery.error) if delivery.error else ""

    @action(description=_("Send again what was given up"), permissions=["send"])
    def send_again(self, request, queryset):
        """Queue the chosen deliveries anew; those that left or wait are left alone."""
        count = deliveries.send_again(queryset, actor=request.user)
        text = ngettext(
            "%(count)s mail is on its way again.", "%(count)s mails are on their way again.", count
        )
        messages.success(request, text % {"count": count})

    def has_send_permission(self, request):
        return request.user.has_perm("marketing.change_delivery")
