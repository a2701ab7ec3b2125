"""The API of the back office of points: cases, permission-checked, through the same verbs as the
admin.
"""

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.core.api import Clerk
from mall.core.strict import StrictSerializer, read
from mall.core.versions import check_read
from points import risk
from points.adjustments_api import TAGS, Asked, Newest, PointsDecisionRequest
from points.models import RiskCase


class MayDecide(Clerk):
    looking, acting = "points.view_riskcase", "points.freeze_points"


class CaseDecisionRequest(PointsDecisionRequest):
    version = serializers.CharField(
        max_length=64,
        required=False,
        help_text="Of the case as it was read: refused once the member has written since.",
    )


class CaseQuery(StrictSerializer):
    status = serializers.ChoiceField(RiskCase.Status.choices, required=False)
    kind = serializers.ChoiceField(RiskCase.Kind.choices, required=False)
    cursor = serializers.CharField(required=False, max_length=200)


class CaseSerializer(serializers.ModelSerializer):
    member = serializers.IntegerField(source="account_id")
    kind = serializers.ChoiceField(RiskCase.Kind.choices)
    scope = serializers.ChoiceField(RiskCase.Scope.choices)
    status = serializers.ChoiceField(RiskCase.Status.choices)
    decided_by = serializers.IntegerField(source="decided_by_id", allow_null=True)
    version = serializers.CharField(
        help_text="Mark of what the member says; send it with the decision."
    )

    class Meta:
        model = RiskCase
        fields = [
            "id", "member", "kind", "scope", "status", "note", "opened_at", "appeal", "appealed_at",
            "decided_by", "decided_at", "decision_note", "version",
        ]  # fmt: skip


class CaseDetailSerializer(CaseSerializer):
    evidence = serializers.JSONField(
        help_text="What was seen when the case was opened: sums by rule, entries, sign-ins, or "
        "findings."
    )

    class Meta(CaseSerializer.Meta):
        fields = [*CaseSerializer.Meta.fields, "evidence"]


class Cases(Asked, ListAPIView):
    permission_classes = [IsAuthenticated, MayDecide]
    serializer_class = CaseSerializer
    pagination_class = Newest
    query = CaseQuery
    queryset = RiskCase.objects.all()

    @extend_schema(
        operation_id="staff_cases_list",
        tags=TAGS,
        parameters=[
            OpenApiParameter(
                "status", str, enum=RiskCase.Status.values, description="Only cases in this state."
            ),
            OpenApiParameter(
                "kind", str, enum=RiskCase.Kind.values, description="Only cases of this kind."
            ),
        ],
    )
    def get(self, request, *args, **kwargs):
        """List cases, newest first."""
        return super().get(request, *args, **kwargs)


class CaseDetail(RetrieveAPIView):
    permission_classes = [IsAuthenticated, MayDecide]
    serializer_class = CaseDetailSerializer
    queryset = RiskCase.objects.all()

    @extend_schema(operation_id="staff_cases_read", tags=TAGS)
    def get(self, request, *args, **kwargs):
        """Show one case with its evidence."""
        return super().get(request, *args, **kwargs)


class CaseRelease(APIView):
    permission_classes = [IsAuthenticated, MayDecide]

    @extend_schema(
        operation_id="staff_cases_release",
        tags=TAGS,
        request=CaseDecisionRequest,
        responses=CaseSerializer,
    )
    def post(self, request, pk):
        """Let the member go on."""
        return _decide(request, pk, release=True)


class CaseUpholding(APIView):
    permission_classes = [IsAuthenticated, MayDecide]

    @extend_schema(
        operation_id="staff_cases_keep",
        tags=TAGS,
        request=CaseDecisionRequest,
        responses=CaseSerializer,
    )
    def post(self, request, pk):
        """Keep the account paused."""
        return _decide(request, pk, release=False)


def _decide(request, pk, *, release):
    sent = read(CaseDecisionRequest, request.data).validated_data
    case = get_object_or_404(RiskCase, pk=pk)
    if "version" in sent:
        check_read(sent["version"], case.version)
    decided = risk.decide(case, operator=request.user, release=release, note=sent["note"])
    return Response(CaseSerializer(decided).data)


urlpatterns = [
    path("staff/cases", Cases.as_view()),
    path("staff/cases/<int:pk>", CaseDetail.as_view()),
    path("staff/cases/<int:pk>/release", CaseRelease.as_view()),
    path("staff/cases/<int:pk>/keep", CaseUpholding.as_view()),
]
