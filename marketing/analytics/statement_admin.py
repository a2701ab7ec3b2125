"""Month-end statements in the back office: read, never changed."""

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.read_only import ReadOnly
from marketing.models import MonthStatement

ROW = '<tr><td class="pr-4">{}</td><td class="pr-4">{}</td><td>{}</td></tr>'


@admin.register(MonthStatement)
class MonthStatementAdmin(ReadOnly, ModelAdmin):
    """A closed month as the books said then. The journal as a file: report “Breakage & month
    ends”.
    """

    is_short = True
    list_fullwidth = True
    list_display = ["shown_month", "issued", "redeemed", "expired", "adjusted", "late", "owed"]
    list_display += ["worth", "breakage", "made_at"]
    fields = ["shown_month", "issued", "redeemed", "expired", "adjusted", "late", "owed", "rate"]
    fields += ["worth", "breakage", "journal", "ends", "made_at"]
    readonly_fields = fields

    @admin.display(description=_("month"), ordering="month")
    def shown_month(self, row):
        return f"{row.month:%Y-%m}"

    @admin.display(description=_("journal lines"))
    def journal(self, row):
        return _table((line["line"], line["points"], line["yuan"]) for line in row.lines)

    @admin.display(description=_("what ends when"))
    def ends(self, row):
        return _table((month[:7], owed, expected) for month, owed, expected in row.ladder)


def _table(rows):
    return format_html("<table>{}</table>", format_html_join("", ROW, rows))
