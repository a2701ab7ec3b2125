"""Month-end statements in the back office: read, never changed."""

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from mall.core.admin import figures
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.read_only import ReadOnly
from mall.core.templatetags.mall import points, yuan
from marketing.models import MonthStatement

NUMBER = '<td class="pr-4 text-right">{}</td>'
ROW = f'<tr><td class="pr-4">{{}}</td>{NUMBER}{NUMBER}</tr>'
LINES = {
    "issued": _("Issued"),
    "redeemed": _("Redeemed"),
    "expired": _("Expired"),
    "adjusted": _("Adjusted"),
    "revalued": _("Revalued"),
    "breakage": _("Expected to expire"),
}


@admin.register(MonthStatement)
class MonthStatementAdmin(ReadOnly, ModelAdmin):
    """A closed month as the books said then. The journal as a file: report “Breakage & month
    ends”.
    """

    is_short = True
    list_fullwidth = True
    list_display = ["shown_month", "all_issued", "all_redeemed", "all_expired", "all_adjusted"]
    list_display += ["all_late", "all_owed", "all_worth", "expected", "made_at"]
    fields = [*list_display[:7], "rate", "all_worth", "expected", "journal", "ends", "made_at"]
    readonly_fields = fields
    all_issued = figures.column("issued", _("issued"))
    all_redeemed = figures.column("redeemed", _("redeemed"))
    all_expired = figures.column("expired", _("expired"))
    all_adjusted = figures.column("adjusted", _("adjusted"))
    all_late = figures.column("late", _("of earlier months"))
    all_owed = figures.column("owed", _("owed at the end"))
    all_worth = figures.column("worth", _("worth in yuan"), yuan)
    expected = figures.column("breakage", _("expected to expire"))

    @admin.display(description=_("month"), ordering="month")
    def shown_month(self, row):
        return f"{row.month:%Y-%m}"

    @admin.display(description=_("journal lines"))
    def journal(self, row):
        return _table(
            (LINES[line["line"]], points(line["points"]), yuan(line["yuan"])) for line in row.lines
        )

    @admin.display(description=_("what ends when"))
    def ends(self, row):
        return _table(
            (month[:7], points(owed), points(expected)) for month, owed, expected in row.ladder
        )


def _table(rows):
    return format_html("<table>{}</table>", format_html_join("", ROW, rows))
