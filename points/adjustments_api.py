"""The API of the back office of points: adjustments, permission-checked, through the same verbs as
the admin.
"""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.core import repeats
from mall.core.api import Clerk, Cursor, key_of, once_key
from mall.core.strict import StrictIntegerField, StrictSerializer, read
from points import adjustments
from points.machine import POINTS_MAX
from points.models import Adjustment, PointAccount

TAGS = ["staff points"]
LONGEST_TICKET = 56  # the entry's reference, ticket:<ticket>, has room for 64


# --- who may ----------------------------------------------------------------
class MayAdjust(Clerk):
    looking, acting = "points.view_adjustment", "points.adjust_points"


class MayApprove(Clerk):
    looking, acting = "points.view_adjustment", "points.approve_adjustment"


# --- shapes ----------------------------------------------------------------
class AdjustmentRequest(StrictSerializer):
    member = StrictIntegerField(min_value=1, max_value=2**63 - 1, help_text="The member's number.")
    points = StrictIntegerField(
        min_value=-POINTS_MAX, max_value=POINTS_MAX, help_text="Plus gives, minus takes."
    )
    reason = serializers.CharField(max_length=200, help_text="What the member reads.")
    note = serializers.CharField(max_length=500, help_text="For colleagues and auditors.")

    def validate_points(self, points):
        if not points:
            raise serializers.ValidationError(
                _("Please use a whole number of points."), "invalid_amount"
            )
        return points


class AdjustmentApprovalRequest(StrictSerializer):
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class PointsDecisionRequest(StrictSerializer):
    note = serializers.CharField(
        max_length=500, help_text="The reason, for colleagues and auditors."
    )


class AdjustmentQuery(StrictSerializer):
    status = serializers.ChoiceField(Adjustment.Status.choices, required=False)
    cursor = serializers.CharField(required=False, max_length=200)


class AdjustmentSerializer(serializers.ModelSerializer):
    member = serializers.IntegerField(source="account_id")
    reason = serializers.CharField(source="description")
    status = serializers.ChoiceField(Adjustment.Status.choices)
    requested_by = serializers.IntegerField(source="requested_by_id")
    decided_by = serializers.IntegerField(source="decided_by_id", allow_null=True)
    entry = serializers.IntegerField(
        source="entry_seq",
        allow_null=True,
        help_text="The number of the member's entry, once posted.",
    )

    class Meta:
        model = Adjustment
        fields = [
            "id", "member", "points", "reason", "note", "status", "requested_by", "requested_at",
            "decided_by", "decided_at", "decision_note", "entry",
        ]  # fmt: skip


class Newest(Cursor):
    ordering = "-pk"


class Asked:
    """A list narrowed by the query, unknown words refused."""

    query = None

    def get_queryset(self):
        asked = read(self.query, self.request.query_params.dict()).validated_data
        return self.queryset.filter(
            **{name: value for name, value in asked.items() if name != "cursor"}
        )


# --- adjustments --------------------------------------------------------------
class Adjustments(Asked, ListAPIView):
    permission_classes = [IsAuthenticated, MayAdjust]
    serializer_class = AdjustmentSerializer
    pagination_class = Newest
    query = AdjustmentQuery
    queryset = Adjustment.objects.all()

    @extend_schema(
        operation_id="staff_adjustments_list",
        tags=TAGS,
        parameters=[
            OpenApiParameter(
                "status",
                str,
                enum=Adjustment.Status.values,
                description="Only adjustments in this state.",
            )
        ],
    )
    def get(self, request, *args, **kwargs):
        """List corrections, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="staff_adjustments_ask",
        tags=TAGS,
        request=AdjustmentRequest,
        responses={201: AdjustmentSerializer},
        parameters=[once_key("adjustment", longest=56)],
    )
    def post(self, request):
        """Correct a member's points; above what one person may do it waits for a colleague (status
        waiting).
        """
        sent = read(AdjustmentRequest, request.data).validated_data
        ticket = key_of(request)
        if not repeats.is_key(ticket, longest=LONGEST_TICKET):
            raise serializers.ValidationError(
                {"Idempotency-Key": [_("Please send a key of your own with each adjustment.")]}
            )
        if not PointAccount.objects.filter(pk=sent["member"]).exists():
            raise Http404
        words = {"note": sent["note"], "description": sent["reason"]}
        made = adjustments.ask(
            sent["member"],
            points=sent["points"],
            ticket=f"api:{ticket}",
            operator=request.user,
            **words,
        )
        return Response(AdjustmentSerializer(made).data, status=201)


class AdjustmentDetail(RetrieveAPIView):
    permission_classes = [IsAuthenticated, MayAdjust]
    serializer_class = AdjustmentSerializer
    queryset = Adjustment.objects.all()

    @extend_schema(operation_id="staff_adjustments_read", tags=TAGS)
    def get(self, request, *args, **kwargs):
        """Show one correction."""
        return super().get(request, *args, **kwargs)


class Approval(APIView):
    permission_classes = [IsAuthenticated, MayApprove]

    @extend_schema(
        operation_id="staff_adjustments_approve",
        tags=TAGS,
        request=AdjustmentApprovalRequest,
        responses=AdjustmentSerializer,
    )
    def post(self, request, pk):
        """Post what a colleague asked for."""
        sent, adjustment = (
            read(AdjustmentApprovalRequest, request.data).validated_data,
            get_object_or_404(Adjustment, pk=pk),
        )
        return Response(
            AdjustmentSerializer(
                adjustments.approve(adjustment, operator=request.user, **sent)
            ).data
        )


class Rejection(APIView):
    permission_classes = [IsAuthenticated, MayApprove]

    @extend_schema(
        operation_id="staff_adjustments_reject",
        tags=TAGS,
        request=PointsDecisionRequest,
        responses=AdjustmentSerializer,
    )
    def post(self, request, pk):
        """Turn down what a colleague asked for, with the reason."""
        sent, adjustment = (
            read(PointsDecisionRequest, request.data).validated_data,
            get_object_or_404(Adjustment, pk=pk),
        )
        return Response(
            AdjustmentSerializer(adjustments.reject(adjustment, operator=request.user, **sent)).data
        )


urlpatterns = [
    path("staff/adjustments", Adjustments.as_view()),
    path("staff/adjustments/<int:pk>", AdjustmentDetail.as_view()),
    path("staff/adjustments/<int:pk>/approve", Approval.as_view()),
    path("staff/adjustments/<int:pk>/reject", Rejection.as_view()),
]
