"""The reports for programs: the same numbers as on the pages, unrounded."""

from django.http import Http404
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.core.api import Clerk
from mall.reports.pages import MAY_READ
from marketing.analytics import period as periods
from marketing.analytics import reports


class MayReadReports(Clerk):
    looking = MAY_READ


class FigureSerializer(serializers.Serializer):
    name = serializers.CharField()
    label = serializers.CharField()
    unit = serializers.ChoiceField(["count", "points", "yuan", "share", "days"])
    value = serializers.JSONField(
        allow_null=True,
        help_text="A number; yuan as a string with two places; null while nothing can be said.",
    )
    before = serializers.JSONField(
        allow_null=True,
        help_text="The same of the equally many days before; null when there is none.",
    )


class ColumnSerializer(serializers.Serializer):
    name = serializers.CharField()
    title = serializers.CharField()
    unit = serializers.ChoiceField(["count", "points", "yuan", "share", "days", "day", "text"])


class ReportTableSerializer(serializers.Serializer):
    name = serializers.CharField()
    title = serializers.CharField()
    columns = ColumnSerializer(many=True)
    rows = serializers.ListField(
        child=serializers.ListField(child=serializers.JSONField(allow_null=True))
    )


class ReportSerializer(serializers.Serializer):
    """One report of the back office."""

    name = serializers.CharField()
    title = serializers.CharField()
    first = serializers.DateField(help_text="First shop day.")
    last = serializers.DateField(help_text="Last shop day.")
    counted_at = serializers.DateTimeField(allow_null=True)
    figures = FigureSerializer(many=True)
    tables = ReportTableSerializer(many=True)


class Report(APIView):
    """A report of the back office as numbers."""

    permission_classes = [IsAuthenticated, MayReadReports]

    @extend_schema(
        operation_id="read_report",
        parameters=[
            OpenApiParameter("name", str, "path", enum=sorted(reports.REPORTS)),
            OpenApiParameter(
                "days", OpenApiTypes.INT, description="The latest days up to today (usually 30)."
            ),
            OpenApiParameter("from", OpenApiTypes.DATE, description="First shop day."),
            OpenApiParameter("to", OpenApiTypes.DATE, description="Last shop day."),
        ],
        responses=ReportSerializer,
    )
    def get(self, request, name):
        """Read a report of the latest days, or from one shop day to another."""
        if name not in reports.REPORTS:
            raise Http404
        period = periods.read(request.query_params)
        report = reports.work_out(name, period)
        shown = {
            "name": report.name,
            "title": report.title,
            "first": period.first,
            "last": period.last,
            "counted_at": report.counted_at,
            "figures": [
                {
                    "name": t.name,
                    "label": t.label,
                    "unit": t.unit,
                    "value": _plain(t.value),
                    "before": _plain(t.before),
                }
                for t in report.tiles
            ],
            "tables": [
                {
                    "name": t.name,
                    "title": t.title,
                    "columns": t.columns,
                    "rows": [[_plain(value) for value in row] for row in t.rows],
                }
                for t in report.tables
            ],
        }
        return Response(ReportSerializer(shown).data)


def _plain(value):
    return value if value is None or isinstance(value, (int, float, str)) else str(value)


app_name = "reports-api"
urlpatterns = [path("staff/reports/<slug:name>", Report.as_view(), name="report")]
