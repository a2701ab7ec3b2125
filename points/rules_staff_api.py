"""The API of the back office: rules written by the same verb as in the admin, and back-tests of
numbers before they are in force.
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
from points import back_tests, rule_writing, rulebook
from points.adjustments_api import TAGS, Asked, Newest
from points.models import BackTest, Budget, Rule, RuleVersion
from points.rules_staff_shapes import (
    OWN,
    BackTestRequest,
    BackTestSerializer,
    RuleChangeRequest,
    RuleRequest,
    StaffRuleSerializer,
)


class MayRule(Clerk):
    looking, acting = "points.view_rule", "points.change_rule"


class RuleQuery(StrictSerializer):
    status = serializers.ChoiceField(Rule.Status.choices, required=False)
    cursor = serializers.CharField(required=False, max_length=200)


# --- rules -----------------------------------------------------------------------
class StaffRules(Asked, ListAPIView):
    permission_classes = [IsAuthenticated, MayRule]
    serializer_class = StaffRuleSerializer
    pagination_class = Newest
    query = RuleQuery
    queryset = Rule.objects.select_related("budget")

    @extend_schema(
        operation_id="staff_rules_list",
        tags=TAGS,
        parameters=[
            OpenApiParameter(
                "status", str, enum=Rule.Status.values, description="Only rules in this state."
            )
        ],
    )
    def get(self, request, *args, **kwargs):
        """List rules of every state, the newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="staff_rules_add",
        tags=TAGS,
        request=RuleRequest,
        responses={201: StaffRuleSerializer},
    )
    def post(self, request):
        """Write a rule down; a draft unless its status says otherwise."""
        said = read(RuleRequest, request.data).validated_data
        action = rule_writing.action_of(said.pop("action", ""), said["value"])
        rule = Rule(code=said.pop("code"), action=action)
        return Response(_kept(rule, said, RuleVersion(), request.user), status=201)


class StaffRule(APIView):
    permission_classes = [IsAuthenticated, MayRule]

    @extend_schema(operation_id="staff_rules_read", tags=TAGS, responses=StaffRuleSerializer)
    def get(self, request, code):
        """Show one rule."""
        return Response(StaffRuleSerializer(get_object_or_404(Rule, code=code)).data)

    @extend_schema(
        operation_id="staff_rules_change",
        tags=TAGS,
        request=RuleChangeRequest,
        responses=StaffRuleSerializer,
    )
    def patch(self, request, code):
        """Change a rule; other numbers become a version, in force for what happens from now on."""
        said = read(RuleChangeRequest, request.data).validated_data
        rule = get_object_or_404(Rule, code=code)
        return Response(_kept(rule, said, rule.versions.first(), request.user))


class RuleBackTests(APIView):
    permission_classes = [IsAuthenticated, MayRule]

    @extend_schema(
        operation_id="staff_rules_back_test",
        tags=TAGS,
        request=BackTestRequest,
        responses={201: BackTestSerializer},
    )
    def post(self, request, code):
        """Have numbers tried on past facts; the clock does it, read the result by its id."""
        said = read(BackTestRequest, request.data).validated_data
        rule = get_object_or_404(Rule, code=code)
        budget = said.pop("budget_points", rule.budget and rule.budget.points_max)
        numbers = _numbers(said, rule.versions.first(), rule.action)
        asked = {**numbers, "budget_points": budget}
        test = back_tests.ask(rule, asked, days=said["days"], operator=request.user)
        return Response(BackTestSerializer(test).data, status=201)


class BackTests(APIView):
    permission_classes = [IsAuthenticated, MayRule]

    @extend_schema(operation_id="staff_back_tests_read", tags=TAGS, responses=BackTestSerializer)
    def get(self, request, pk):
        """Show a back-test; ``result`` is null until it is done."""
        return Response(BackTestSerializer(get_object_or_404(BackTest, pk=pk)).data)


def _kept(rule, said, newest, operator) -> dict:
    """Keep a rule as it was sent, and show it."""
    for name in OWN:
        setattr(rule, name, said.get(name, getattr(rule, name)))
    if problem := rule_writing.wrong_window(rule.starts_at, rule.ends_at):
        raise serializers.ValidationError({"ends_at": [problem]})
    budget = rule.budget
    rule_writing.keep(
        rule,
        _numbers(said, newest, rule.action),
        budget_points=said.get("budget_points", budget and budget.points_max),
        budget_per=said.get("budget_per", budget.per if budget else Budget.Per.TOTAL),
        actor=operator,
        read=said.get("version"),
    )
    return StaffRuleSerializer(Rule.objects.select_related("budget").get(pk=rule.pk)).data


def _numbers(said, newest, action) -> dict:
    """Return the numbers of a version: what was sent, and of the newest what was not."""
    if "steps" in said:
        said["table"] = said.pop("steps")
    numbers = rulebook.numbers_of(newest)
    numbers |= {name: said[name] for name in rulebook.NUMBERS if name in said}
    if wrong := rule_writing.lacking(numbers, action=action):
        raise serializers.ValidationError({name: [words] for name, words in wrong.items()})
    return numbers


urlpatterns = [
    path("staff/rules", StaffRules.as_view()),
    path("staff/rules/<slug:code>", StaffRule.as_view()),
    path("staff/rules/<slug:code>/back-tests", RuleBackTests.as_view()),
    path("staff/back-tests/<int:pk>", BackTests.as_view()),
]
