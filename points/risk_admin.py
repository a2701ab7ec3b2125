"""Rules of risk in the back office: their bounds, and what they held or would have held."""

from django import forms
from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from mall.core import audit
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.newest import NewestBooleanFilter, NewestChoicesFilter
from mall.core.admin.read_only import ReadOnly
from mall.core.admin.search import MEMBER_HELP, members
from points import sightings
from points.models import RiskRule, RiskSighting
from points.sighting_words import in_words

COLOURS = {"on": "success", "shadow": "info", "off": "warning"}
NUMBERS = ["mode", "bound", "window_minutes", "percent", "scope"]
OF_BURSTS, OF_REFUNDS = {"window_minutes", "scope"}, {"window_minutes", "percent", "scope"}


class RiskRuleForm(forms.ModelForm):
    """The numbers one rule goes by; what it does not ask for is not shown."""

    class Meta:
        model = RiskRule
        fields = NUMBERS
        widgets = {
            "mode": UnfoldAdminSelectWidget,
            "scope": UnfoldAdminSelectWidget,
            "bound": UnfoldAdminIntegerFieldWidget,
            "window_minutes": UnfoldAdminIntegerFieldWidget,
            "percent": UnfoldAdminIntegerFieldWidget,
        }

    def clean_window_minutes(self):
        """Refuse a window of no length, where one is asked."""
        minutes = self.cleaned_data["window_minutes"]
        if not minutes:
            raise forms.ValidationError(_("At least one minute."), code="min_value")
        return minutes


@admin.register(RiskRule)
class RiskRuleAdmin(ModelAdmin):
    """Bounds come with the shop; an operator moves them, tries them in the shadow, or turns them
    off.
    """

    is_short = True
    form = RiskRuleForm
    list_display = ["__str__", "shown_mode", "bound", "window", "held", "would_have_held"]

    def get_fields(self, request, obj=None):
        """Ask what the rule goes by, nothing else."""
        if obj is None or obj.is_of_referrals:
            more = set()
        else:
            more = OF_REFUNDS if obj.code == RiskRule.Code.REFUND_RATIO else OF_BURSTS
        return [name for name in NUMBERS if name in {"mode", "bound"} | more]

    def get_form(self, request, obj=None, change=False, **kwargs):
        return super().get_form(
            request, obj, change=change, **{**kwargs, "fields": self.get_fields(request, obj)}
        )

    def changelist_view(self, request, extra_context=None):
        self.counts = sightings.counts()  # once a page
        return super().changelist_view(request, extra_context)

    @display(description=_("Mode"), ordering="mode", label=COLOURS)
    def shown_mode(self, rule):
        return rule.mode, rule.get_mode_display()

    @admin.display(description=_("Within so many minutes"), ordering="window_minutes")
    def window(self, rule):
        return rule.window_minutes or "–"

    @admin.display(description=_("Held in 30 days"))
    def held(self, rule):
        return self.counts.get(rule.code, (0, 0))[0]

    @admin.display(description=_("Would have held in 30 days"))
    def would_have_held(self, rule):
        return self.counts.get(rule.code, (0, 0))[1]

    def has_add_permission(self, request):
        return False  # they come with migrations

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        before = RiskRule.objects.filter(pk=obj.pk).values(*NUMBERS).first()
        super().save_model(request, obj, form, change)
        after = {name: getattr(obj, name) for name in NUMBERS}
        if before != after:
            words = {"target": obj, "before": before, "after": after}
            audit.note(request.user, "points.risk_rule_change", **words)


@admin.register(RiskSighting)
class RiskSightingAdmin(ReadOnly, ModelAdmin):
    """What the rules saw: of those in the shadow, what they would have held."""

    list_display = ["at", "code", "member", "count", "is_shadow", "words"]
    list_filter = [("code", NewestChoicesFilter), ("is_shadow", NewestBooleanFilter)]
    list_select_related = ["account__user"]
    search_fields = members("account__user")
    search_help_text = MEMBER_HELP
    fields = ["at", "code", "is_shadow", "member", "count", "words", "others"]
    readonly_fields = fields

    @admin.display(description=_("Member"), ordering="account_id")
    def member(self, sighting):
        return sighting.account.user.get_username()

    @admin.display(description=_("What was seen"))
    def words(self, sighting):
        return in_words(sighting.seen)

    @admin.display(description=_("Accounts"))
    def others(self, sighting):
        return accounts_of(sighting.seen)


def accounts_of(seen: dict):
    """Return links to the accounts that evidence names."""
    link, named = '<a class="underline" href="{}">#{}</a>', seen.get("members", ())
    links = ((reverse("admin:points_pointaccount_change", args=[pk]), pk) for pk in named)
    return format_html_join(" · ", link, links) if named else "–"
