"""Rules, rates and the numbers of the points policy: what an operator sets without a shell."""

from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import TabularInline
from unfold.decorators import action, display

from mall.core import actors, audit, clock
from mall.core.admin.action_forms import ask, sent
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.one_row import OneRow
from mall.core.admin.read_only import ReadOnly
from points import back_tests, overlap, owning, rule_wording, rule_writing, rulebook
from points.forms import RateForm
from points.models import ExchangeRate, PointsPolicy, Rule, RuleVersion
from points.models.rules import MULTIPLIER
from points.rule_forms import BackTestForm, RuleForm

RULE_COLOURS = {
    "active": "success",
    "scheduled": "info",
    "paused": "warning",
    "draft": "info",
    "ended": "danger",
}


class VersionInline(ReadOnly, TabularInline):
    """The versions a rule has had; each stays as it is."""

    model = RuleVersion
    extra = 0
    fields = readonly_fields = [
        "number",
        "worth",
        "validity",
        "validity_days",
        "per_day",
        "per_week",
        "per_month",
        "per_life",
        "by",
        "created_at",
    ]
    by = actors.column("created_by", _("By"))
    verbose_name_plural = _("Versions so far")

    @admin.display(description=_("Points"))
    def worth(self, version):
        return rule_wording.worth_of(version)


@admin.register(Rule)
class RuleAdmin(SimpleHistoryAdmin, ModelAdmin):
    """What an action is worth. Saving other numbers adds a version; entries of the old one keep
    naming it.
    """

    is_short = True
    form = RuleForm
    inlines = [VersionInline]
    actions_detail = ["back_test"]
    list_display = [
        "shown_name",
        "action",
        "worth",
        "shown_status",
        "rivals",
        "spent",
        "starts_at",
        "ends_at",
    ]
    list_filter = ["status"]
    search_fields = ["code", "action", "name_zh_hans", "name_en"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "name_zh_hans",
                    "name_en",
                    ("code", "action"),
                    ("status", "priority"),
                    "starts_at",
                    "ends_at",
                ]
            },
        ),
        (_("What it is worth"), {"fields": ["value", "points", "table", "with_tier"]}),
        (_("What it multiplies"), {"fields": ["percent", "actions", "stackable"]}),
        (
            _("Limits"),
            {"fields": [("per_day", "per_week"), ("per_month", "per_life"), "every_days"]},
        ),
        (_("When"), {"fields": ["weekdays", "matures_after_days"]}),
        (
            _("For whom and for what"),
            {
                "fields": [
                    ("tier_from", "tier_to"),
                    "segment",
                    "first_time",
                    "categories",
                    "amount_min",
                ]
            },
        ),
        (_("Budget"), {"fields": [("budget_points", "budget_per")]}),
        (_("How long the points live"), {"fields": ["validity", "validity_days"]}),
    ]

    def get_fieldsets(self, request, obj=None):
        """Who only looks reads the numbers as a sentence: they stand in the versions."""
        if obj is None or self.has_change_permission(request, obj):
            return self.fieldsets
        (title, words), *_numbers = self.fieldsets
        return [(title, {"fields": [*words["fields"], "sentence"]})]

    def get_queryset(self, request):
        found = super().get_queryset(request).select_related("budget")
        return found.prefetch_related("versions")

    def changelist_view(self, request, extra_context=None):
        """List the rules; those that answer the same event at the same time are looked for once."""
        self._running = list(
            Rule.objects.filter(status__in=overlap.RUNNING).prefetch_related("versions")
        )
        return super().changelist_view(request, extra_context)

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj is not None and request.method == "GET":
            self._warn(request, obj)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def _warn(self, request, rule):
        newest = rule.versions.first()
        if newest is not None:
            newest.rule = rule
            messages.info(request, rule_wording.sentence_of(newest))
        for other in overlap.rivals_of(rule):
            words = {
                "rule": other.name,
                "wins": min((rule, other), key=lambda one: (one.priority, one.pk)).name,
            }
            messages.warning(request, overlap.WORDS[rule.action == MULTIPLIER] % words)

    def get_readonly_fields(self, request, obj=None):
        return ["code", "action", "sentence"] if obj else []

    def has_change_permission(self, request, obj=None):
        """What belongs to a campaign is changed there; a button asks with an id."""
        is_own = not isinstance(obj, Rule) or not owning.owner_of(obj.code)
        return super().has_change_permission(request, obj) and is_own

    def has_delete_permission(self, request, obj=None):
        """Entries name a rule for good: it ends, it is not deleted."""
        return False

    def save_model(self, request, obj, form, change):
        points_max, per = form.budget()
        words = {"budget_points": points_max, "budget_per": per, "actor": request.user}
        version = rule_writing.keep(obj, form.numbers(), **words)
        if "_continue" not in request.POST:  # there the rule's own page says it
            self._warn(request, Rule.objects.prefetch_related("versions").get(pk=obj.pk))
        if set(form.changed_data) & set(rulebook.NUMBERS):
            messages.info(
                request,
                _("Version %(number)s is in force for what happens from now on.")
                % {"number": version.number},
            )

    @action(
        description=_("Back-test"), url_path="back-test", permissions=["change"], icon="history"
    )
    def back_test(self, request, object_id):
        """Ask for a back-test of the rule's numbers, or of others, before they are in force."""
        rule = self.get_object(request, object_id)
        version = rule.versions.first()
        budget = {"budget_points": rule.budget.points_max} if rule.budget else {}
        form = BackTestForm(sent(request), version=version, initial=budget)

        def verb(rule, answers):
            test = back_tests.ask(rule, form.numbers(), days=answers["days"], operator=request.user)
            return HttpResponseRedirect(test.get_absolute_url())

        title = _("Back-test: what it would have cost")
        return ask(self, request, rule, form, verb, title=title)

    @admin.display(description=_("Name"), ordering="name_zh_hans")
    def shown_name(self, rule):
        return rule.name

    @admin.display(description=_("In a sentence"))
    def sentence(self, rule):
        newest = rule.versions.first()
        return rule_wording.sentence_of(newest) if newest else "–"

    @admin.display(description=_("Points"))
    def worth(self, rule):
        newest = next(iter(rule.versions.all()), None)
        return rule_wording.worth_of(newest) if newest else "–"

    @display(description=_("Beside"), label={"rival": "danger"})
    def rivals(self, rule):
        """Name the rules that would pay for the same event; the smaller priority wins."""
        found = overlap.rivals_of(rule, self._running)
        return ("rival", ", ".join(other.name for other in found)) if found else ""

    @display(description=_("Budget"), label={"some": "info", "nearly": "warning", "out": "danger"})
    def spent(self, rule):
        """Say how much of the budget is taken."""
        budget = rule.budget
        if budget is None:
            return ""
        state = "out" if budget.paused_at else "nearly" if budget.is_nearly_out else "some"
        return state, f"{budget.percent} %"

    @display(description=_("Status"), ordering="status", label=RULE_COLOURS)
    def shown_status(self, rule):
        return rule.status, rule.get_status_display()


@admin.register(ExchangeRate)
class ExchangeRateAdmin(ModelAdmin):
    """What a point is worth, from a moment on. A rate that has begun is history."""

    is_short = True
    list_display = ["points_per_yuan", "effective_from", "note", "by"]
    by = actors.column("created_by", _("By"))
    fields = ["points_per_yuan", "effective_from", "note"]
    form = RateForm

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (
            obj is None or obj.effective_from > clock.now()
        )

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (
            obj is None or obj.effective_from > clock.now()
        )

    def save_model(self, request, obj, form, change):
        obj.created_by = f"staff:{request.user.pk}"
        super().save_model(request, obj, form, change)
        after = {"points_per_yuan": obj.points_per_yuan, "effective_from": obj.effective_from}
        audit.note(request.user, "points.rate_set", target=obj, reason=obj.note, after=after)

    def delete_model(self, request, obj):
        audit.note(
            request.user,
            "points.rate_drop",
            target=obj,
            before={"points_per_yuan": obj.points_per_yuan},
        )
        super().delete_model(request, obj)

    def get_actions(self, request):
        """One at a time: a rate that has begun stays, whatever is ticked."""
        return {}


@admin.register(PointsPolicy)
class PointsPolicyAdmin(OneRow, ModelAdmin):
    """The one row of numbers the guards go by."""
