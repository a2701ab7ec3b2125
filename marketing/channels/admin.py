"""Messages in the admin: what waits, what left, what was given up and why; and how often members
are written to.
"""

from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.newest import NewestChoicesFilter
from mall.core.admin.one_row import OneRow
from mall.core.admin.read_only import ReadOnly
from mall.core.admin.search import MEMBER_HELP, members
from marketing.models import ContactPolicy, Message
from marketing.notices import digest
from marketing.notices.admin import STATE_COLOURS


@admin.register(ContactPolicy)
class ContactPolicyAdmin(OneRow, ModelAdmin):
    """The one row of numbers that all channels go by."""

    fields = ["per_day", "per_week", "daily_digest", "digest_hour"]

    def save_model(self, request, obj, form, change):
        """What was put off by the numbers before goes by these."""
        super().save_model(request, obj, form, change)
        if form.changed_data:
            digest.wake()


@admin.register(Message)
class MessageAdmin(ReadOnly, ModelAdmin):
    """The queue. Which number or browser it goes to is asked when it is sent."""

    list_fullwidth = True
    list_display = ["created_at", "user", "kind", "channel", "state_shown", "tries", "why"]
    list_display += ["sent_at"]
    list_filter = [("state", NewestChoicesFilter), ("channel", NewestChoicesFilter)]
    search_fields = members("user")
    search_help_text = MEMBER_HELP
    list_select_related = ["user", "notification"]
    fields = ["user", "kind", "channel", "state", "tries", "next_try_at", "sent_at", "why"]
    fields += ["created_at"]
    readonly_fields = ["kind", "why"]

    @display(description=_("kind"))
    def kind(self, message):
        return message.notification.get_kind_display()

    @display(description=_("state"), label=STATE_COLOURS, ordering="state")
    def state_shown(self, message):
        return message.state, message.get_state_display()

    @display(description=_("error"))
    def why(self, message):
        return gettext(message.error) if message.error else ""
