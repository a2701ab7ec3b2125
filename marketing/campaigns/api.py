"""The API of the back office: campaigns, moved on by the same verbs as in the admin, and what they
did.
"""

from decimal import Decimal

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.validators import UniqueValidator
from rest_framework.views import APIView

from mall.core.api import Clerk, Cursor
from mall.core.strict import StrictIntegerField, StrictSerializer, read
from marketing.campaigns import lifecycle, planning, report, segment_api, wording
from marketing.models import Campaign, Segment
from marketing.models.campaign import (
    MOST_HELD_OUT,
    MOST_MULTIPLIER,
    MOST_POINTS,
    NO_MULTIPLIER,
    OWN_PAGE,
)
from orders.models import CouponTemplate
from points import budgets

TAGS = segment_api.TAGS
MOVES = ("schedule", "withdraw", "pause", "resume", "end")
WORDS = [
    f"{name}_{language}" for name in ("title", "text", "reason") for language in ("zh_hans", "en")
]


class MayCampaign(Clerk):
    looking, acting = "marketing.view_campaign", "marketing.change_campaign"


# --- shapes ----------------------------------------------------------------------
def _words(longest):
    return serializers.CharField(max_length=longest, required=False, allow_blank=True)


def _whole(most, least=0):
    return StrictIntegerField(min_value=least, max_value=most, required=False)


def _yuan(least=0):
    return serializers.DecimalField(12, 2, min_value=least, required=False)


class CampaignRequest(StrictSerializer):
    code = serializers.SlugField(
        max_length=40, validators=[UniqueValidator(Campaign.objects.all())]
    )
    name_zh_hans = serializers.CharField(max_length=60)
    name_en = serializers.CharField(max_length=60)
    segment = serializers.SlugRelatedField("code", queryset=Segment.objects.all())
    starts_at, ends_at = serializers.DateTimeField(), serializers.DateTimeField()
    points = _whole(MOST_POINTS)
    coupon = serializers.PrimaryKeyRelatedField(
        queryset=CouponTemplate.objects.all(), required=False, allow_null=True
    )
    earn_percent = _whole(MOST_MULTIPLIER, NO_MULTIPLIER)
    title_zh_hans, title_en = _words(60), _words(60)
    text_zh_hans, text_en = _words(200), _words(200)
    reason_zh_hans, reason_en = _words(120), _words(120)
    link = serializers.CharField(max_length=200, required=False, validators=[OWN_PAGE])
    budget_points, budget_yuan = _whole(10**9), _yuan()
    holdout_percent = _whole(MOST_HELD_OUT)
    goal = serializers.ChoiceField(Campaign.Goal.choices, required=False)
    smallest_uplift = serializers.DecimalField(6, 1, min_value=Decimal("0.1"), required=False)
    margin_percent = _whole(100, 1)

    def validate(self, said):
        """Say beside its field what lacks for a start."""
        wrong = planning.lacking(Campaign(**said))
        if wrong:
            raise serializers.ValidationError({name: [words] for name, words in wrong.items()})
        return said


class CampaignMoveRequest(StrictSerializer):
    move = serializers.ChoiceField([(move, move) for move in MOVES])


class CampaignBudgetRequest(StrictSerializer):
    points = StrictIntegerField(min_value=0, max_value=10**9)
    yuan = serializers.DecimalField(12, 2, min_value=0)


class CampaignSerializer(serializers.ModelSerializer):
    status = serializers.ChoiceField(Campaign.Status.choices)
    goal = serializers.ChoiceField(Campaign.Goal.choices)
    paused_for = serializers.CharField(help_text="operator, budget, or empty.")
    segment = serializers.CharField(source="segment.code")
    coupon = serializers.IntegerField(source="coupon_id", allow_null=True)
    sentence = serializers.SerializerMethodField(help_text="All of it in words.")
    spent_points = serializers.SerializerMethodField()

    class Meta:
        model = Campaign
        fields = [
            "code", "name", "name_zh_hans", "name_en", "status", "paused_for", "segment",
            "starts_at", "ends_at", "points", "coupon", "earn_percent", *WORDS, "link",
            "budget_points", "spent_points", "budget_yuan", "spent_yuan", "holdout_percent", "goal",
            "smallest_uplift", "margin_percent", "sentence",
        ]  # fmt: skip

    def get_sentence(self, campaign) -> str:
        return wording.of_campaign(campaign)

    def get_spent_points(self, campaign) -> int:
        budget = budgets.of(campaign.budget_code) if campaign.budget_points else None
        return budget.taken if budget else 0


class CampaignArm(serializers.Serializer):
    size = serializers.IntegerField()
    did = serializers.IntegerField(help_text="How many came back, or bought.")
    mean = serializers.FloatField(help_text="The share, or the yuan of a member.")


class CampaignUplift(serializers.Serializer):
    difference, low, high = (serializers.FloatField() for _each in range(3))


class CampaignFigure(serializers.Serializer):
    figure = serializers.ChoiceField(Campaign.Goal.choices, source="code")
    is_goal = serializers.BooleanField(help_text="Named before the start: the one that decides.")
    state = serializers.ChoiceField(
        [(state, state) for state in ("no_holdout", "waiting", "unclear", "more", "less")]
    )
    said = serializers.CharField(help_text="What it says, plainly.")
    treated = CampaignArm(allow_null=True)
    held_out = CampaignArm(allow_null=True)
    uplift = CampaignUplift(allow_null=True, help_text="Treated less held out, 95 of 100.")
    needed = serializers.IntegerField(allow_null=True, help_text="How many members more it takes.")


class CampaignReport(serializers.Serializer):
    treated, held_out, given, waiting, refused = (serializers.IntegerField() for _each in range(5))
    cost_points = serializers.IntegerField(source="cost.points")
    cost_yuan = serializers.DecimalField(14, 2, source="cost.yuan")
    said_of_cost = serializers.CharField()
    figures = CampaignFigure(many=True, source="rows")


class Newest(Cursor):
    ordering = "-pk"


# --- campaigns -------------------------------------------------------------------
class Campaigns(ListAPIView):
    permission_classes = [IsAuthenticated, MayCampaign]
    serializer_class = CampaignSerializer
    pagination_class = Newest
    queryset = Campaign.objects.select_related("segment", "coupon")

    @extend_schema(operation_id="staff_campaigns_list", tags=TAGS)
    def get(self, request, *args, **kwargs):
        """List campaigns, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="staff_campaigns_add",
        tags=TAGS,
        request=CampaignRequest,
        responses={201: CampaignSerializer},
    )
    def post(self, request):
        """Make a draft."""
        said = read(CampaignRequest, request.data).validated_data
        campaign = lifecycle.keep(Campaign(**said), actor=request.user)
        return Response(CampaignSerializer(campaign).data, status=201)


class CampaignDetail(APIView):
    permission_classes = [IsAuthenticated, MayCampaign]

    @extend_schema(operation_id="staff_campaigns_read", tags=TAGS, responses=CampaignSerializer)
    def get(self, request, code):
        """Show one campaign."""
        return Response(CampaignSerializer(get_object_or_404(Campaign, code=code)).data)


class CampaignMoves(APIView):
    permission_classes = [IsAuthenticated, MayCampaign]

    @extend_schema(
        operation_id="staff_campaigns_move",
        tags=TAGS,
        request=CampaignMoveRequest,
        responses=CampaignSerializer,
    )
    def post(self, request, code):
        """Schedule, withdraw, pause, resume or end a campaign; 409 where its state forbids it."""
        move = read(CampaignMoveRequest, request.data).validated_data["move"]
        campaign = get_object_or_404(Campaign, code=code)
        moved = getattr(lifecycle, move)(campaign, actor=request.user)
        return Response(CampaignSerializer(moved).data)


class CampaignBudget(APIView):
    permission_classes = [IsAuthenticated, MayCampaign]

    @extend_schema(
        operation_id="staff_campaigns_raise_budget",
        tags=TAGS,
        request=CampaignBudgetRequest,
        responses=CampaignSerializer,
    )
    def post(self, request, code):
        """Make the budgets of a scheduled campaign larger."""
        said = read(CampaignBudgetRequest, request.data).validated_data
        campaign = get_object_or_404(Campaign, code=code)
        raised = lifecycle.raise_budget(campaign, **said, actor=request.user)
        return Response(CampaignSerializer(raised).data)


class CampaignReports(APIView):
    permission_classes = [IsAuthenticated, MayCampaign]

    @extend_schema(operation_id="staff_campaigns_report", tags=TAGS, responses=CampaignReport)
    def get(self, request, code):
        """Show what a campaign did and cost; no figure before its day or without a holdout."""
        return Response(CampaignReport(report.of(get_object_or_404(Campaign, code=code))).data)


urlpatterns = [
    *segment_api.urlpatterns,
    path("staff/campaigns", Campaigns.as_view()),
    path("staff/campaigns/<slug:code>", CampaignDetail.as_view()),
    path("staff/campaigns/<slug:code>/moves", CampaignMoves.as_view()),
    path("staff/campaigns/<slug:code>/budget", CampaignBudget.as_view()),
    path("staff/campaigns/<slug:code>/report", CampaignReports.as_view()),
]
