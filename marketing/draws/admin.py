"""Draws behind the counter: planned with their prizes, checked, announced, watched, called off; and
the tickets that were drawn.
"""

from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from modeltranslation.admin import TranslationAdmin, TranslationTabularInline
from unfold.decorators import action, display

from catalog.admin import ProductAdmin
from catalog.models import Product
from mall.core.admin.action_forms import ask, page_of, sent
from mall.core.admin.day_range import DayRangeFilter
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.newest import NewestChoicesFilter
from mall.core.admin.read_only import ReadOnly
from mall.core.admin.search import members
from mall.core.admin.table_inline import TableInline
from mall.core.export import csv_response
from mall.core.versions import mark_of
from marketing.draws import complaints, programme, results
from marketing.draws.forms import DrawGoodsForm
from marketing.models import Draw, DrawGoods, DrawPrize, DrawTicket
from orders.forms import CallOffForm, ConfirmForm

STATUS_COLOURS = {
    Draw.Status.DRAFT: "info",
    Draw.Status.ANNOUNCED: "warning",
    Draw.Status.OPEN: "success",
    Draw.Status.OVER: "info",
    Draw.Status.CANCELLED: "danger",
}
FROZEN = [
    "code", "starts_at", "ends_at", "free_per_day", "draws_per_day", "price_points", "pity_after",
]  # fmt: skip


class PrizeInline(TableInline, TranslationTabularInline):
    model = DrawPrize
    extra = 0
    hide_title = True
    autocomplete_fields = ["coupon", "sku"]
    fields = [
        "position", "name", "kind", "weight", "stock", "points", "coupon", "sku", "is_pity",
    ]  # fmt: skip

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("sku__product", "coupon")

    def has_add_permission(self, request, obj=None):
        return super().has_add_permission(request, obj) and _is_draft(obj)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and _is_draft(obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and _is_draft(obj)


@admin.register(Draw)
class DrawAdmin(TranslationAdmin, ModelAdmin):
    """What was announced stays as it was announced: members were promised it."""

    is_short = True
    list_display = ["title", "shown_status", "starts_at", "ends_at", "drawn"]
    list_filter = [("starts_at", DayRangeFilter)]
    list_filter_submit = True
    search_fields = ["code", "title_zh_hans", "title_en"]
    prepopulated_fields = {"code": ["title_en"]}
    inlines = [PrizeInline]
    fieldsets = [
        (None, {"fields": ["title", "text", "code", "starts_at", "ends_at"]}),
        (
            _("Tickets"),
            {"fields": ["free_per_day", "draws_per_day", "price_points", "pity_after"]},
        ),
    ]
    actions_detail = ["show_figures", "export_results", "announce", "call_off"]

    def get_readonly_fields(self, request, obj=None):
        return [] if _is_draft(obj) else FROZEN

    def get_prepopulated_fields(self, request, obj=None):
        return super().get_prepopulated_fields(request, obj) if obj is None else {}

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and _is_draft(obj)

    def get_actions_detail(self, request, object_id):
        """Offer to announce a draft, and to call off what was announced and is not over."""
        draw = self.get_object(request, str(object_id))
        over = (Draw.Status.OVER, Draw.Status.CANCELLED)
        useless = {"announce"}
        if _is_draft(draw):
            useless = {"call_off", "show_figures", "export_results"}
        useless |= {"call_off"} if draw and draw.status in over else set()
        return [
            button
            for button in super().get_actions_detail(request, object_id)
            if button.method.original_function_name not in useless
        ]

    def has_run_permission(self, request, object_id=None):
        return request.user.has_perm("marketing.run_draw")

    def has_figures_permission(self, request, object_id=None):
        return request.user.has_perm("marketing.view_draw")

    def save_related(self, request, form, formsets, change):
        """Say at once what would keep a draft from being announced."""
        super().save_related(request, form, formsets, change)
        if _is_draft(form.instance):
            for complaint in complaints.of(form.instance, _prizes_of(form.instance)):
                messages.warning(request, complaint)

    @display(description=_("status"), label=STATUS_COLOURS)
    def shown_status(self, draw):
        return draw.status, Draw.Status(draw.status).label

    @action(description=_("Results"), url_path="figures", permissions=["figures"])
    def show_figures(self, request, object_id):
        """Show what was drawn, what is left, and what waits for an address."""
        draw = self._get(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Results"),
            "opts": self.opts,
            "row": draw,
            "status": Draw.Status(draw.status).label,
            "figures": programme.figures(draw),
            "back_url": page_of(self, draw),
        }
        return TemplateResponse(request, "marketing/admin/draw_figures.html", context)

    @action(description=_("All tickets as CSV"), url_path="results", permissions=["figures"])
    def export_results(self, request, object_id):
        """Hand over every ticket that was drawn, in order."""
        draw = self._get(request, object_id)
        return csv_response(f"draw-{draw.code}", results.header(), results.rows(draw))

    @action(description=_("Announce"), url_path="announce", permissions=["run"])
    def announce(self, request, object_id):
        """Promise the draw: from then on nothing of it changes."""
        draw = self._get(request, object_id)
        if not _is_draft(draw):
            messages.info(request, _("This draw was announced before."))
            return HttpResponseRedirect(page_of(self, draw))

        def verb(draw, _said):
            programme.announce(draw, actor=f"staff:{request.user.pk}")
            return _("Announced. Its goods are set aside, and members can see it.")

        question = _(
            "Announce this draw? Prizes, weights and times are fixed from then on, the goods are "
            "set aside, and the hash of the secret seed is published."
        )
        facts = [
            f"{prize} · {prize.weight} · {'∞' if prize.stock is None else prize.stock}"
            for prize in _prizes_of(draw)
        ]
        words = {"about": draw, "question": question, "facts": facts}
        words["mark"] = mark_of(draw, list(draw.prizes.order_by("pk").values_list()))
        form = ConfirmForm(sent(request))
        return ask(self, request, draw, form, verb, title=_("Announce"), **words)

    @action(
        description=pgettext_lazy("lucky draw", "Call off"),
        url_path="call-off",
        permissions=["run"],
    )
    def call_off(self, request, object_id):
        """End the draw at once; what was won stays won."""
        draw = self._get(request, object_id)
        if _is_draft(draw):
            messages.info(request, _("A draft is not seen by anybody: delete it instead."))
            return HttpResponseRedirect(page_of(self, draw))

        def verb(draw, said):
            programme.call_off(draw, actor=f"staff:{request.user.pk}", reason=said["reason"])
            return _("Called off. What was left is back on the shelf.")

        question = _(
            "Call this draw off? Nobody can draw any more; what was won stays won, and the seed is "
            "revealed."
        )
        form, words = CallOffForm(sent(request)), {"about": draw, "question": question}
        return ask(
            self, request, draw, form, verb, title=pgettext_lazy("lucky draw", "Call off"), **words
        )

    def _get(self, request, object_id):
        return self.get_queryset(request).get(pk=object_id)


@admin.register(DrawTicket)
class DrawTicketAdmin(ReadOnly, ModelAdmin):
    """Tickets as they were given and drawn; the shop writes them by itself."""

    list_fullwidth = True
    list_display = ["granted_at", "draw", "user", "source", "number", "prize", "order"]
    list_filter = ["draw", ("source", NewestChoicesFilter)]
    list_select_related = ["draw", "user", "prize", "order"]
    search_fields = [*members("user"), "draw__code"]
    search_help_text = _(
        "A member's whole name or e-mail, or how the name begins; a part of a draw's code."
    )


class DrawGoodsInline(TableInline):
    """On the page of a product that is a ticket: of which draw."""

    model = DrawGoods
    form = DrawGoodsForm
    extra = 1
    max_num = 1
    can_delete = False  # who has ordered it could not be given anything
    autocomplete_fields = ["draw"]
    fields = ["draw"]

    @staticmethod
    def fits(product) -> bool:
        """Whether a product is a ticket."""
        return product.kind == Product.Kind.TICKET


ProductAdmin.more_inlines.append(DrawGoodsInline)


def _prizes_of(draw):
    return list(draw.prizes.select_related("sku__product", "coupon"))


def _is_draft(draw) -> bool:
    return draw is None or draw.announced_at is None
