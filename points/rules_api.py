"""The API of rules: what earns points now."""

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.core.api import listed, whole
from points import rule_wording, rules
from points.models import RuleVersion


class LimitsSerializer(serializers.Serializer):
    day = serializers.IntegerField(source="per_day")
    week = serializers.IntegerField(source="per_week")
    month = serializers.IntegerField(source="per_month")
    life = serializers.IntegerField(source="per_life")


class StepSerializer(serializers.Serializer):
    step = serializers.IntegerField()
    points = serializers.IntegerField()


class RuleSerializer(serializers.Serializer):
    code = serializers.CharField(source="rule.code")
    action = serializers.CharField(source="rule.action")
    name = serializers.CharField(source="rule.name")
    version = serializers.IntegerField(source="number")
    value = serializers.ChoiceField(RuleVersion.Value.choices)
    points = serializers.IntegerField(
        help_text="Fixed: each time. Per yuan: for one yuan. Table: for the first step. Percent: "
        "none of its own."
    )
    table = serializers.ListField(
        child=serializers.IntegerField(), source="every_step", help_text="Points of step 1, 2, 3 …"
    )
    steps = StepSerializer(
        many=True, source="certain_steps", help_text="Where only certain steps earn: those."
    )
    limits = LimitsSerializer(source="*")
    every_days = serializers.IntegerField(
        help_text="At most once in so many days; 0: only the limits."
    )
    matures_after_days = serializers.IntegerField(
        help_text="Days on the way after receipt of the goods; 0: at once."
    )
    weekdays = serializers.ListField(
        child=serializers.IntegerField(), help_text="Only on these, 1 is Monday; empty: every day."
    )
    percent = serializers.IntegerField(
        help_text="Percent: multiplies what the rules of its actions pay; 200 is double."
    )
    actions = serializers.SerializerMethodField(
        help_text="What it multiplies; empty: every rule that is multiplied by the tier, too."
    )
    with_tier = serializers.BooleanField(
        source="is_multiplied", help_text="The member's tier multiplies it."
    )
    conditions = serializers.SerializerMethodField(
        help_text="What it asks for, in the reader's language: tiers, categories, a first time."
    )
    validity = serializers.ChoiceField(RuleVersion.Validity.choices)
    ends_at = serializers.DateTimeField(source="rule.ends_at", allow_null=True)

    def get_actions(self, version) -> list[str]:
        """Return the actions a multiplier is for."""
        return version.actions or []

    def get_conditions(self, version) -> list[str]:
        """Return the phrases that pages show."""
        return rule_wording.conditions_of(version)

    def to_representation(self, version):
        shown = super().to_representation(version)
        is_multiplier = version.value == RuleVersion.Value.PERCENT
        points = 0 if is_multiplier else rules.worth(version, amount=1, step=1)
        return {**shown, "points": points}


class Rules(APIView):
    """What earns points now."""

    @extend_schema(
        operation_id="list_point_rules",
        tags=["points"],
        responses=listed("RulePage", RuleSerializer),
    )
    def get(self, request):
        return Response(whole(RuleSerializer(rules.in_force(), many=True).data))


urlpatterns = [path("points/rules", Rules.as_view())]
