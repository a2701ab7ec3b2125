"""Invitations in API v1: the caller's link, what it brings, and how far those are who came by
it.
"""

from django.urls import path, reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from marketing.referral import board, invitations

NEWEST = 100


class InvitedSerializer(serializers.Serializer):
    name = serializers.CharField(help_text="Masked.")
    state = serializers.ChoiceField(board.STATES)
    joined_at = serializers.DateTimeField()
    until = serializers.DateTimeField(
        allow_null=True, help_text="When the return window of their first order is over."
    )
    points = serializers.IntegerField(help_text="What it brought the caller.")
    reason = serializers.CharField(allow_blank=True, help_text="Why it is held or not counted.")
    detail = serializers.CharField(source="words", help_text="The same as a sentence.")


class ReferralSerializer(serializers.Serializer):
    url = serializers.URLField(help_text="The caller's own link; the same one every time.")
    invitation = serializers.CharField(
        help_text="The signed part of it: an app sends it with the sign-up of whoever was invited."
    )
    points = serializers.IntegerField(help_text="For each invited member whose order stands.")
    welcome = serializers.IntegerField(help_text="For the invited member, at the same time.")
    per_month = serializers.IntegerField(help_text="How many a month are paid.")
    paid_this_month = serializers.IntegerField()
    invited = serializers.IntegerField()
    earned = serializers.IntegerField(help_text="Points of all that were paid.")
    results = InvitedSerializer(many=True, help_text=f"The newest {NEWEST}.")


class ReferralView(APIView):
    @extend_schema(operation_id="referral_read", tags=["sharing"], responses=ReferralSerializer)
    def get(self, request):
        """Show the caller's invitation and those who came by it."""
        link = invitations.link_of(request.user.pk)
        terms, sums = board.terms(), board.sums(request.user)
        address = reverse("marketing:landing", args=[link.token])
        facts = {
            "url": request.build_absolute_uri(address),
            "invitation": link.token,
            "points": terms.points,
            "welcome": terms.welcome,
            "per_month": terms.per_month,
            "paid_this_month": sums.paid_this_month,
            "invited": sums.invited,
            "earned": sums.points,
            "results": board.shown(list(board.of(request.user)[:NEWEST])),
        }
        return Response(ReferralSerializer(facts).data)


urlpatterns = [path("referral", ReferralView.as_view(), name="referral")]
