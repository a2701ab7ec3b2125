"""Flash sessions behind the counter: planned with their items, announced, watched and called
off.
"""

from django.contrib import admin, messages
from django.forms.models import BaseInlineFormSet
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin
from unfold.decorators import action, display

from mall.core.admin.action_forms import ask, page_of, sent
from mall.core.admin.day_range import DayRangeFilter
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.newest import NewestChoicesFilter
from mall.core.admin.read_only import ReadOnly
from mall.core.admin.search import MEMBER_HELP, members
from mall.core.admin.table_inline import TableInline
from mall.core.versions import mark_of
from orders.flash import sessions
from orders.forms import CallOffForm, ConfirmForm
from orders.models import FlashItem, FlashSession, Registration

STATUS_COLOURS = {
    FlashSession.Status.DRAFT: "info",
    FlashSession.Status.SCHEDULED: "warning",
    FlashSession.Status.RUNNING: "success",
    FlashSession.Status.ENDED: "info",
    FlashSession.Status.CANCELLED: "danger",
}


class ItemFormSet(BaseInlineFormSet):
    """Items whose prices fit their goods."""

    def clean(self):
        super().clean()
        for form in self.forms:
            item = form.cleaned_data if hasattr(form, "cleaned_data") else {}
            sku = item.get("sku")
            if not sku or item.get("DELETE") or not item.get("points_price"):
                continue
            if (
                sku.points_price
                and item["points_price"] > sku.points_price
                and item.get("cash_price", 0) >= sku.cash_price
            ):
                form.add_error("points_price", _("That is more than the usual price."))


class ItemInline(TableInline):
    model = FlashItem
    formset = ItemFormSet
    extra = 0
    min_num = 0
    hide_title = True
    autocomplete_fields = ["sku"]
    fields = ["sku", "points_price", "cash_price", "stock", "limit_per_person", "position"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("sku__product")

    def has_add_permission(self, request, obj=None):
        return super().has_add_permission(request, obj) and _is_draft(obj)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and _is_draft(obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and _is_draft(obj)


@admin.register(FlashSession)
class FlashSessionAdmin(TranslationAdmin, ModelAdmin):
    """What was announced stays as it was announced: a session is changed while it is a draft, later
    only called off.
    """

    is_short = True
    list_display = ["name", "shown_status", "starts_at", "ends_at", "by_lot", "opened_at"]
    # No date_hierarchy over an instant: it asks the server for time zones, which Debian's MariaDB
    # does not bring.
    list_filter = [("starts_at", DayRangeFilter)]
    list_filter_submit = True
    search_fields = ["name_zh_hans", "name_en"]
    inlines = [ItemInline]
    fields = ["name", "starts_at", "ends_at", "by_lot"]
    actions_detail = ["show_figures", "announce", "call_off"]

    def get_readonly_fields(self, request, obj=None):
        return [] if _is_draft(obj) else ["starts_at", "ends_at", "by_lot"]

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and _is_draft(obj)

    def get_actions_detail(self, request, object_id):
        """Offer to announce a draft, and to call off what was announced and is not over."""
        session = self.get_object(request, str(object_id))
        over = (FlashSession.Status.ENDED, FlashSession.Status.CANCELLED)
        useless = {"announce"} if not _is_draft(session) else {"call_off", "show_figures"}
        useless |= {"call_off"} if session and session.status in over else set()
        return [
            button
            for button in super().get_actions_detail(request, object_id)
            if button.method.original_function_name not in useless
        ]

    def has_run_permission(self, request, object_id=None):
        return request.user.has_perm("orders.run_flashsession")

    def has_figures_permission(self, request, object_id=None):
        return request.user.has_perm("orders.view_flashsession")

    def save_related(self, request, form, formsets, change):
        """Say at once what would keep a draft from being announced."""
        super().save_related(request, form, formsets, change)
        session = form.instance
        if _is_draft(session):
            items = list(session.items.select_related("sku__product"))
            for complaint in sessions.complaints(session, items):
                messages.warning(request, complaint)

    @display(description=_("status"), label=STATUS_COLOURS)
    def shown_status(self, session):
        return session.status, FlashSession.Status(session.status).label

    @action(description=_("Live figures"), url_path="figures", permissions=["figures"])
    def show_figures(self, request, object_id):
        """Show what is left, sold and waiting for payment, right now."""
        session = self._get(request, object_id)
        rows = sessions.figures(session)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Live figures"),
            "opts": self.opts,
            "row": session,
            "status": FlashSession.Status(session.status).label,
            "rows": rows,
            "total": {name: sum(row[name] for row in rows) for name in ("left", "sold", "waiting")},
            "back_url": page_of(self, session),
        }
        return TemplateResponse(request, "orders/admin/flash_figures.html", context)

    @action(description=_("Announce"), url_path="announce", permissions=["run"])
    def announce(self, request, object_id):
        """Set the stock aside and show the session in the shop."""
        session = self._get(request, object_id)
        if not _is_draft(session):
            messages.info(request, _("This session was announced before."))
            return HttpResponseRedirect(page_of(self, session))

        def verb(session, _said):
            sessions.announce(session, actor=f"staff:{request.user.pk}")
            return _("Announced. Its stock is set aside, and members can see it.")

        question = _(
            "Announce this session? Its pieces are set aside from the shelf, and prices and times "
            "are fixed from then on."
        )
        facts = [
            f"{item.sku} × {item.stock}" for item in session.items.select_related("sku__product")
        ]
        words = {"about": session, "question": question, "facts": facts}
        items = session.items.order_by("pk").values_list(*ItemInline.fields)
        words["mark"] = mark_of(session, list(items))
        return ask(
            self, request, session, ConfirmForm(sent(request)), verb, title=_("Announce"), **words
        )

    @action(description=_("Call off"), url_path="call-off", permissions=["run"])
    def call_off(self, request, object_id):
        """Return what is left to the shelf; orders stay."""
        session = self._get(request, object_id)
        if _is_draft(session):
            messages.info(request, _("A draft is not seen by anybody: delete it instead."))
            return HttpResponseRedirect(page_of(self, session))

        def verb(session, said):
            sessions.call_off(session, actor=f"staff:{request.user.pk}", reason=said["reason"])
            return _("Called off. What was left is back on the shelf.")

        question = _(
            "Call this session off? What is left goes back on the shelf; orders placed so far stay."
        )
        return ask(
            self,
            request,
            session,
            CallOffForm(sent(request)),
            verb,
            title=_("Call off"),
            about=session,
            question=question,
        )

    def _get(self, request, object_id):
        return self.get_queryset(request).get(pk=object_id)


@admin.register(Registration)
class RegistrationAdmin(ReadOnly, ModelAdmin):
    """Who registered for what is drawn by lot; the shop writes it by itself."""

    list_fullwidth = True
    list_display = ["registered_at", "session", "item", "user", "number", "state", "rank", "order"]
    list_filter = ["session", ("state", NewestChoicesFilter)]
    list_select_related = ["session", "item__sku__product", "user", "order"]
    search_fields = members("user")
    search_help_text = MEMBER_HELP


def _is_draft(session) -> bool:
    return session is None or session.opened_at is None
