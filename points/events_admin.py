"""Facts of members, and what could not follow from one and waits for a person."""

from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from mall.core import actors, audit
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.read_only import ReadOnly
from points import event_delivery
from points.models import Event, Parked


@admin.register(Event)
class EventAdmin(ReadOnly, ModelAdmin):
    """What members did and what happened to what is theirs, in the order of commit."""

    list_display = ["at", "member", "kind", "reference", "by", "note"]
    list_per_page = 50
    ordering = ["-pk"]
    search_fields = ["=reference"]
    search_help_text = _("What a fact is about, whole: order:20261129-ABCDEFGHJKLMN.")
    fields = ["at", "member", "kind", "reference", "by", "note", "data", "request_id"]
    readonly_fields = fields
    by = actors.column("actor", _("by"))

    @admin.display(description=_("Member"), ordering="pk")
    def member(self, event):
        return event.member


class OpenFilter(admin.SimpleListFilter):
    """Those that wait, unless all are asked for."""

    title = _("state")
    parameter_name = "done_at__isnull"

    def lookups(self, request, model_admin):
        return [("True", _("Waiting")), ("False", _("Made up for"))]

    def queryset(self, request, queryset):
        if self.value() in ("True", "False"):
            return queryset.filter(done_at__isnull=self.value() == "True")
        return queryset


@admin.register(Parked)
class ParkedAdmin(ReadOnly, ModelAdmin):
    """Facts with something that failed five times. Trying again does it once, however often."""

    list_display = ["parked_at", "event", "listener", "error", "tries", "shown_state"]
    list_filter = [OpenFilter]
    list_select_related = ["event"]
    list_per_page = 50
    fields = ["event", "listener", "error", "tries", "parked_at", "done_at"]
    readonly_fields = fields
    actions = ["try_again"]

    @display(description=_("state"), label={_("Waiting"): "danger", _("Made up for"): "success"})
    def shown_state(self, parked):
        return _("Made up for") if parked.done_at else _("Waiting")

    def has_try_permission(self, request):
        return request.user.has_perm("points.change_parked")

    @action(description=_("Try again"), permissions=["try"])
    def try_again(self, request, queryset):
        """Have the chosen ones follow after all, each in a transaction of its own."""
        chosen = list(queryset.filter(done_at__isnull=True).select_related("event"))
        done = [parked for parked in chosen if event_delivery.make_up_for(parked)]
        for parked in done:
            audit.note(request.user, "points.make_up_for", target=parked)
        if done:
            self.message_user(request, _("%(n)s made up for.") % {"n": len(done)})
        if len(done) < len(chosen):
            left = len(chosen) - len(done)
            self.message_user(
                request,
                _("%(n)s failed again; the reason is in the list.") % {"n": left},
                messages.ERROR,
            )
