"""Invitations in the API of the back office: what is held and why, and a person's decision, through
the same verbs as the admin.
"""

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.core.api import Clerk
from mall.core.strict import StrictSerializer, read
from mall.core.versions import check_read
from marketing.models import Referral
from marketing.referral import referrals
from points.adjustments_api import Asked, Newest
from points.cases_api import CaseDecisionRequest

TAGS = ["back office"]


class MayDecide(Clerk):
    looking, acting = "marketing.view_referral", "marketing.decide_referral"


class ReferralQuery(StrictSerializer):
    status = serializers.ChoiceField(Referral.Status.choices, required=False)
    cursor = serializers.CharField(required=False, max_length=200)


class StaffReferralSerializer(serializers.ModelSerializer):
    inviter = serializers.IntegerField(source="inviter_id")
    invitee = serializers.IntegerField(source="invitee_id")
    status = serializers.ChoiceField(Referral.Status.choices)
    reason = serializers.CharField(allow_blank=True, help_text="Why it is held or not counted.")
    signs = serializers.JSONField(
        help_text="What is the same: code of the rule, count of other accounts, whether the "
        "inviter's is one of them."
    )
    decided_by = serializers.IntegerField(source="decided_by_id", allow_null=True)
    version = serializers.CharField(help_text="Mark of what is decided; send it along.")

    class Meta:
        model = Referral
        fields = [
            "id", "inviter", "invitee", "status", "reason", "signs", "joined_at", "due_at",
            "order_no", "inviter_points", "invitee_points", "settled_at", "decided_by",
            "decided_at", "decision_note", "version",
        ]  # fmt: skip


class Referrals(Asked, ListAPIView):
    permission_classes = [IsAuthenticated, MayDecide]
    serializer_class = StaffReferralSerializer
    pagination_class = Newest
    query = ReferralQuery
    queryset = Referral.objects.all()

    @extend_schema(
        operation_id="staff_referrals_list",
        tags=TAGS,
        parameters=[
            OpenApiParameter(
                "status", str, enum=Referral.Status.values, description="Only those in this state."
            )
        ],
    )
    def get(self, request, *args, **kwargs):
        """List invited members, newest first."""
        return super().get(request, *args, **kwargs)


class ReferralRelease(APIView):
    permission_classes = [IsAuthenticated, MayDecide]

    @extend_schema(
        operation_id="staff_referrals_release",
        tags=TAGS,
        request=CaseDecisionRequest,
        responses=StaffReferralSerializer,
    )
    def post(self, request, pk):
        """Pay what was held, once its order stands."""
        return _decide(request, pk, release=True)


class ReferralRefusal(APIView):
    permission_classes = [IsAuthenticated, MayDecide]

    @extend_schema(
        operation_id="staff_referrals_refuse",
        tags=TAGS,
        request=CaseDecisionRequest,
        responses=StaffReferralSerializer,
    )
    def post(self, request, pk):
        """Never pay it; the reason is kept."""
        return _decide(request, pk, release=False)


def _decide(request, pk, *, release):
    sent = read(CaseDecisionRequest, request.data).validated_data
    referral = get_object_or_404(Referral, pk=pk)
    if "version" in sent:
        check_read(sent["version"], referral.version)
    words = {"operator": request.user, "release": release, "note": sent["note"]}
    return Response(StaffReferralSerializer(referrals.decide(referral, **words)).data)


urlpatterns = [
    path("staff/referrals", Referrals.as_view()),
    path("staff/referrals/<int:pk>/release", ReferralRelease.as_view()),
    path("staff/referrals/<int:pk>/refuse", ReferralRefusal.as_view()),
]
