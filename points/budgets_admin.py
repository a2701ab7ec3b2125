"""Budgets of all that gives points, and back-tests of rules, in the back office."""

from django.contrib import admin
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from mall.core.admin import figures
from mall.core.admin.action_forms import ask, sent
from mall.core.admin.file_jobs import COLOURS
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.read_only import ReadOnly
from points import back_tests, budgets, owning, rule_wording
from points.models import BackTest, Budget
from points.rule_forms import BudgetForm

STATES = {"some": "info", "nearly": "warning", "out": "danger"}


class StateFilter(admin.SimpleListFilter):
    """By how much of them is taken."""

    title, parameter_name = _("State"), "state"

    def lookups(self, request, model_admin):
        return [("nearly", _("Nearly spent")), ("out", _("Spent"))]

    def queryset(self, request, found):
        if self.value() == "nearly":
            return found.filter(paused_at__isnull=True, warned_at__isnull=False)
        return found.filter(paused_at__isnull=False) if self.value() == "out" else found


@admin.register(Budget)
class BudgetAdmin(ReadOnly, ModelAdmin):
    """What may be spent, and what was; raised, it goes on. The one who gives made it."""

    is_short = True
    list_display = ["code", "most", "per", "month", "taken_of_it", "state", "paused_at"]
    list_filter = [StateFilter]
    search_fields = ["code"]
    actions_detail = ["raise_budget"]
    fields = readonly_fields = [
        "code", "most", "per", "month", "taken_of_it", "standing", "warned_at", "paused_at",
        "made_at",
    ]  # fmt: skip
    most = figures.column("points_max", _("Budget in points"))
    taken_of_it = figures.column("taken", _("Taken of it"))

    @display(description=_("State"), label=STATES)
    def state(self, budget):
        name = "out" if budget.paused_at else "nearly" if budget.is_nearly_out else "some"
        return name, f"{budget.percent} %"

    @admin.display(description=_("State"))
    def standing(self, budget):
        return self.state(budget)[1]

    def has_raise_permission(self, request, object_id=None):
        return request.user.has_perm("points.change_budget")

    @action(description=_("Change the budget"), url_path="raise", permissions=["raise"])
    def raise_budget(self, request, object_id):
        """Set another number of points."""
        budget = self.get_object(request, object_id)
        form = BudgetForm(sent(request), initial={"budget_points": budget.points_max})

        def verb(budget, answers):
            owning.check(budget.code)
            points_max = answers["budget_points"]
            budgets.set_up(budget.code, points_max, per=budget.per, actor=request.user)
            return _("The budget is %(points)s points now.") % {"points": points_max}

        title = _("Change the budget")
        return ask(self, request, budget, form, verb, title=title, blame="budget_points")


@admin.register(BackTest)
class BackTestAdmin(ReadOnly, ModelAdmin):
    """What drafts of rules would have cost."""

    is_short = True
    list_display = ["rule", "days", "until", "shown_status", "facts", "made_by", "made_at"]
    list_filter = ["status"]
    list_select_related = ["rule", "made_by"]
    search_fields = ["rule__code"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("rule__budget", "made_by")

    @display(description=_("Status"), ordering="status", label=COLOURS)
    def shown_status(self, test):
        return test.status, test.get_status_display()

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Show what was found, or how far it is."""
        test = self.get_object(request, object_id)
        if test is None or not self.has_view_permission(request, test):
            return super().change_view(request, object_id, form_url, extra_context)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": test,
            "title": str(test),
            "test": test,
            "sentence": rule_wording.sentence_of(back_tests.version_of(test)),
            "rule_url": reverse("admin:points_rule_change", args=[test.rule_id]),
            **(_found(test) if test.result else {}),
        }
        return TemplateResponse(request, "points/admin/back_test.html", context)

    def add_view(self, request, form_url="", extra_context=None):
        """A back-test begins at its rule."""
        return HttpResponseRedirect(reverse("admin:points_rule_changelist"))


def _found(test):
    result = test.result
    rate = result["points_per_yuan"]
    sides = [
        (_("This draft, and what pays beside it"), result["draft"]),
        (_("The rules of today"), result["today"]),
    ]
    return {
        "sides": [
            {**figures, "label": label, "yuan": _yuan(figures["points"], rate)}
            for label, figures in sides
        ],
        "own": result["draft"]["own"],
        "own_yuan": _yuan(result["draft"]["own"], rate),
        "more": result["draft"]["points"] - result["today"]["points"],
        "more_yuan": _yuan(result["draft"]["points"] - result["today"]["points"], rate),
        "books": result["books"],
        "books_yuan": _yuan(result["books"], rate),
        "budget": result["budget"],
        "runs_out_on": parse_date(result["runs_out_on"] or ""),
        "days": [(parse_date(day), *points) for day, *points in result["days"]],
        "said": back_tests.said_of(test),
    }


def _yuan(points, rate):
    return round(points / rate, 2) if rate else None
