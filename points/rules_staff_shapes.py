"""What the API of the back office takes and shows of rules and their back-tests."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.validators import UniqueValidator

from mall.core.api_fields import StrictBooleanField
from mall.core.strict import StrictIntegerField, StrictSerializer
from points import back_tests, overlap, rule_tables, rule_wording, rule_writing, rulebook
from points.conditions import CATEGORIES
from points.models import LEVELS, BackTest, Budget, Rule, RuleVersion
from points.models.budgets import BUDGET_MAX
from points.models.rules import ACTION, MULTIPLIER
from points.models.tiers import PERCENT_MAX

MANY, FEW = 1_000_000, 32_767
OWN = ("name_zh_hans", "name_en", "status", "priority", "starts_at", "ends_at")


def _whole(most, least=0):
    return StrictIntegerField(min_value=least, max_value=most, required=False)


class RuleStepRequest(StrictSerializer):
    step = StrictIntegerField(min_value=1, max_value=MANY)
    points = StrictIntegerField(min_value=0, max_value=MANY)


class RuleNumbersRequest(StrictSerializer):
    """The numbers of a version; what is left out stays as it is."""

    value = serializers.ChoiceField(RuleVersion.Value.choices, required=False)
    points = _whole(MANY)
    table = serializers.ListField(
        child=_whole(MANY),
        max_length=rule_tables.MOST_STEPS,
        required=False,
        help_text="Points of step 1, 2, 3 …; later steps earn the last number.",
    )
    steps = RuleStepRequest(
        many=True,
        required=False,
        max_length=rule_tables.MOST_STEPS,
        help_text="Instead of table where only certain steps earn.",
    )
    validity = serializers.ChoiceField(RuleVersion.Validity.choices, required=False)
    validity_days = _whole(FEW)
    per_day, per_week, per_month, per_life = (_whole(MANY, 1) for _each in range(4))
    every_days, matures_after_days = _whole(FEW), _whole(FEW)
    weekdays = serializers.ListField(
        child=StrictIntegerField(min_value=1, max_value=7), required=False, max_length=7
    )
    with_tier = StrictBooleanField(required=False)
    percent = _whole(PERCENT_MAX, 1)
    actions = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, max_length=100
    )
    stackable = StrictBooleanField(required=False)
    tier_from, tier_to = _whole(LEVELS, 1), _whole(LEVELS, 1)
    categories = serializers.ListField(
        child=StrictIntegerField(min_value=1, max_value=2**63 - 1), required=False, max_length=500
    )
    first_time = StrictBooleanField(required=False)
    segment = serializers.RegexField(
        r"^[a-z0-9][a-z0-9:_-]*$", max_length=40, required=False, allow_blank=True
    )
    amount_min = serializers.DecimalField(
        12, 2, min_value=Decimal("0.01"), required=False, allow_null=True
    )
    budget_points = StrictIntegerField(
        min_value=1, max_value=BUDGET_MAX, required=False, allow_null=True
    )

    def validate_steps(self, steps):
        """Return steps as a version keeps them, by rising step."""
        pairs = sorted([one["step"], one["points"]] for one in steps)
        if len({step for step, _points in pairs}) < len(pairs):
            raise serializers.ValidationError(rule_writing.NO_STEPS)
        return pairs

    def validate_actions(self, actions):
        """Refuse what no rule pays for."""
        known = set(Rule.objects.exclude(action=MULTIPLIER).values_list("action", flat=True))
        return _known(actions, known, _("No rule pays for %(unknown)s."))

    def validate_categories(self, categories):
        """Refuse categories that are not there."""
        known = {pk for answer in CATEGORIES.ask() for pk, _name in answer}
        return sorted(_known(categories, known, _("There is no category %(unknown)s.")))

    def validate_weekdays(self, weekdays):
        """Return each once, Monday first."""
        return sorted(set(weekdays))


def _known(named, known, words):
    unknown = [str(one) for one in named if one not in known]
    if unknown:
        raise serializers.ValidationError(words % {"unknown": ", ".join(unknown[:20])})
    return named


class RuleChangeRequest(RuleNumbersRequest):
    """What to change about a rule; what is left out stays."""

    name_zh_hans, name_en = (serializers.CharField(max_length=80, required=False) for _each in "12")
    status = serializers.ChoiceField(Rule.Status.choices, required=False)
    priority = _whole(FEW)
    starts_at, ends_at = (
        serializers.DateTimeField(required=False, allow_null=True) for _each in range(2)
    )
    budget_per = serializers.ChoiceField(Budget.Per.choices, required=False)
    version = serializers.CharField(
        max_length=64, required=False, help_text="Mark of what was read; 409 when it changed."
    )


class RuleRequest(RuleChangeRequest):
    """A new rule; what is left out has the shop's usual value."""

    code = serializers.SlugField(max_length=40, validators=[UniqueValidator(Rule.objects.all())])
    action = serializers.RegexField(
        ACTION, max_length=40, required=False, help_text="None for one that multiplies."
    )
    name_zh_hans, name_en = (serializers.CharField(max_length=80) for _each in "12")
    value = serializers.ChoiceField(RuleVersion.Value.choices)
    version = None


class BackTestRequest(RuleNumbersRequest):
    """Numbers to be tried; what is left out is as the rule has it."""

    days = serializers.ChoiceField(BackTest.Days.choices, default=BackTest.Days.MONTH)


class RuleBudgetSerializer(serializers.ModelSerializer):
    points = serializers.IntegerField(source="points_max")

    class Meta:
        model = Budget
        fields = ["points", "per", "taken", "percent", "paused_at"]


class StaffRuleSerializer(serializers.ModelSerializer):
    status = serializers.ChoiceField(Rule.Status.choices)
    number = serializers.SerializerMethodField(help_text="Of the newest version.")
    numbers = serializers.SerializerMethodField(help_text="Of the newest version, by name.")
    budget = RuleBudgetSerializer(allow_null=True)
    sentence = serializers.SerializerMethodField(help_text="All of it in words.")
    rivals = serializers.SerializerMethodField(
        help_text="Codes of running rules that answer the same event; the smaller priority wins."
    )
    version = serializers.SerializerMethodField(help_text="Mark of what is shown; send it along.")

    class Meta:
        model = Rule
        fields = ["code", "action", *OWN, "number", "numbers", "budget", "sentence", "rivals"]
        fields += ["version"]

    def get_number(self, rule) -> int:
        return rule.versions.first().number

    def get_numbers(self, rule) -> dict:
        return rulebook.numbers_of(rule.versions.first())

    def get_sentence(self, rule) -> str:
        newest = rule.versions.first()
        newest.rule = rule
        return rule_wording.sentence_of(newest)

    def get_rivals(self, rule) -> list[str]:
        return [other.code for other in overlap.rivals_of(rule)]

    def get_version(self, rule) -> str:
        return rule_writing.mark(rule)


class BackTestSerializer(serializers.ModelSerializer):
    rule = serializers.CharField(source="rule.code")
    numbers, result = serializers.JSONField(), serializers.JSONField(allow_null=True)
    said = serializers.SerializerMethodField(help_text="What to know before believing it.")

    class Meta:
        model = BackTest
        fields = ["id", "rule", "days", "until", "status", "numbers", "facts", "result", "said"]

    def get_said(self, test) -> list[str]:
        return [str(words) for words in back_tests.said_of(test)]
