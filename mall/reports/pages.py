"""The report pages of the back office, and each of their tables as CSV or .xlsx."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.template.response import TemplateResponse

from mall.core import export
from mall.reports.dress import dressed
from marketing.analytics import period as periods
from marketing.analytics import reports

MAY_READ = "marketing.read_reports"


def show(request, name):
    """Show one report of the asked days, or one of its tables as CSV (``?csv=<table>``, with
    ``format=xlsx`` as a workbook)."""
    if not request.user.has_perm(MAY_READ):
        raise PermissionDenied
    if name not in reports.REPORTS:
        raise Http404
    period, refusal = asked(request)
    report = reports.work_out(name, period)
    if "csv" in request.GET:
        return taken_along(request, report, period, request.GET["csv"])
    context = {
        **admin.site.each_context(request),
        "title": report.title,
        "report": dressed(report, period),
        "refusal": refusal,
        "lengths": periods.LENGTHS,
        "reports": reports.titles(),
        "name": name,
    }
    return TemplateResponse(request, "admin/reports/report.html", context)


def asked(request):
    """Return the period of the page's address, and why it is not the one asked for, if so."""
    try:
        return periods.read(request.GET), ""
    except periods.BadPeriod as refusal:
        return periods.latest(), refusal


def taken_along(request, report, period, name):
    """Return a table of a report as a download: names as header, raw numbers, yuan with two
    places.
    """
    table = report.table(name)
    if table is None:
        raise Http404
    days = f"-{period.first}-{period.last}" if report.has_period else ""
    return export.table_response(
        request,
        f"{report.name}-{name}{days}",
        [column.title for column in table.columns],
        table.rows,
    )
