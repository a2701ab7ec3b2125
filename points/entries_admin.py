"""Entries of the ledger, in the back office."""

from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from mall.core import actors
from mall.core.admin import figures
from mall.core.admin.day_range import DayRangeFilter, WithinDaysFilter
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.read_only import ReadOnly
from mall.core.admin.search import members
from mall.core.templatetags.mall import signed_points
from points import explanation, rule_wording, wording
from points.models import Event, LedgerEntry


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnly, ModelAdmin):
    """Every posting, newest members first; nobody edits it, a mistake is corrected by a new
    entry.
    """

    list_display = ["when", "member", "kind", "words", "change", "available", "reference"]
    list_display += ["rule", "by"]
    list_filter = [("biz_date", DayRangeFilter), ("kind", WithinDaysFilter)]
    list_filter_submit = True
    list_select_related = ["account__user"]
    list_fullwidth = True
    ordering = ["-pk"]
    search_fields = [*members("account__user"), "key", "reference"]
    search_help_text = _(
        "A member's whole name or e-mail, or how the name begins; a fact (order:…:spend) or a "
        "reference (order:…), written out in full."
    )
    fields = [
        "created_at", "biz_date", "member", "seq", "kind", "words", "change", "held_change",
        "debt_change",
        "available", "held", "debt", "lots_in_words",
        "key", "rule", "rule_version", "rule_in_words", "reference", "reverses_seq", "used_by",
        "by", "description", "note", "hash",
    ]  # fmt: skip
    readonly_fields = fields
    by = actors.column("actor", _("By"))
    change = figures.column("delta", _("Change"), signed_points)
    held_change = figures.column("held_delta", _("Change of reserved"), signed_points)
    debt_change = figures.column("debt_delta", _("Change of owed"), signed_points)
    available = figures.column("balance_after", _("Available after"))
    held = figures.column("held_after", _("Reserved after"))
    debt = figures.column("debt_after", _("Owed after"))

    def get_search_results(self, request, queryset, search_term):
        """Look for a reference among the entries of whoever has facts of it: entries stand by
        member, so the newest of all are the newest members'.
        """
        about = Event.objects.about(search_term.strip()).first()
        if about is not None:
            queryset = queryset.filter(account=about.member)
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=_("Time"), ordering="pk")
    def when(self, entry):
        return f"{timezone.localtime(entry.created_at):%Y-%m-%d %H:%M}"

    def lookup_allowed(self, lookup, value, request=None):
        return lookup == "account" or super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("Member"), ordering="pk")
    def member(self, entry):
        return entry.account.user.get_username()

    @admin.display(description=_("What the member reads"))
    def words(self, entry):
        return wording.describe(entry)

    @admin.display(description=_("Lots"))
    def lots_in_words(self, entry):
        lots = (
            (lot.expires_on or _("Never expire"), signed_points(lot.points))
            for lot in wording.lots_of(entry)
        )
        return format_html_join("", "<div>{}: {}</div>", lots) or "–"

    @admin.display(description=_("What the rule said"))
    def rule_in_words(self, entry):
        version = explanation.version_of(entry)
        if version is None:
            return "–"
        words = " · ".join([rule_wording.worth_of(version), *rule_wording.details_of(version)])
        return format_html(
            '<a class="underline" href="{}">{}</a>: {}',
            reverse("admin:points_rule_change", args=[version.rule_id]),
            version,
            words,
        )

    @admin.display(description=_("Later entries that used these points"))
    def used_by(self, entry):
        story = explanation.of_entry(entry.account_id, entry.seq)
        link = '<div><a class="underline" href="{}">{}</a> · {}</div>'
        named = (
            (other, points)
            for seq, points in story.trace.used_by
            if (other := story.neighbours.get(seq))
        )
        rows = (
            (
                reverse("admin:points_ledgerentry_change", args=[other.pk]),
                wording.describe(other),
                points,
            )
            for other, points in named
        )
        return format_html_join("", link, rows) or "–"
