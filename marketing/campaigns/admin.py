"""Campaigns in the back office: made in steps, looked at before they start, followed and read."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from mall.core import actors, export
from mall.core.admin.action_forms import ask, page_of, sent
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.newest import NewestChoicesFilter
from mall.core.admin.read_only import ReadOnly
from mall.core.admin.search import MEMBER_HELP, members
from mall.core.versions import version_of
from marketing.campaigns import lifecycle, planning, report, tables, wording
from marketing.campaigns.forms import BudgetForm, CampaignForm
from marketing.models import Campaign, CampaignMember
from points import budgets

Status = Campaign.Status
COLOURS = {
    Status.DRAFT: "info",
    Status.SCHEDULED: "info",
    Status.RUNNING: "success",
    Status.PAUSED: "warning",
    Status.ENDED: "danger",
}
# which button is there in which state
OFFERED = {
    Status.DRAFT: ("schedule_campaign",),
    Status.SCHEDULED: ("withdraw_campaign", "raise_campaign", "end_campaign"),
    Status.RUNNING: ("report_campaign", "pause_campaign", "raise_campaign", "end_campaign"),
    Status.PAUSED: ("report_campaign", "resume_campaign", "raise_campaign", "end_campaign"),
    Status.ENDED: ("report_campaign",),
}


@admin.register(Campaign)
class CampaignAdmin(ModelAdmin):
    """Only a draft is changed; afterwards buttons move it on."""

    is_short = True
    form = CampaignForm
    list_display = ["shown_name", "shown_status", "whom", "gift", "spent", "starts_at", "ends_at"]
    list_filter = ["status"]
    list_select_related = ["segment", "coupon"]
    search_fields = ["code", "name_zh_hans", "name_en"]
    prepopulated_fields = {"code": ["name_en"]}
    autocomplete_fields = ["segment", "coupon"]
    actions_detail = [
        "report_campaign",
        "schedule_campaign",
        "withdraw_campaign",
        "pause_campaign",
        "resume_campaign",
        "raise_campaign",
        "end_campaign",
    ]
    steps = [
        (_("1. Whom"), {"fields": ["name_zh_hans", "name_en", "code", "segment"]}),
        (
            _("2. What they get"),
            {
                "fields": [
                    ("points", "earn_percent"),
                    "coupon",
                    ("title_zh_hans", "title_en"),
                    ("text_zh_hans", "text_en"),
                    ("reason_zh_hans", "reason_en"),
                    "link",
                ]
            },
        ),
        (
            _("3. When, and within what"),
            {"fields": ["starts_at", "ends_at", ("budget_points", "budget_yuan")]},
        ),
        (
            _("4. How it will be known"),
            {"fields": [("holdout_percent", "goal"), ("smallest_uplift", "margin_percent")]},
        ),
    ]
    outlook = (
        _("In a sentence"),
        {"fields": ["standing", "sentence", "sizes", "spent", "by"]},
    )
    readonly_fields = ["standing", "sentence", "sizes", "spent", "by"]
    by = actors.column("created_by", _("by"))

    def get_fieldsets(self, request, obj=None):
        return self.steps if obj is None else [self.outlook, *self.steps]

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else self.prepopulated_fields

    def has_change_permission(self, request, obj=None):
        is_draft = obj is None or obj.status == Status.DRAFT
        return super().has_change_permission(request, obj) and is_draft

    def has_delete_permission(self, request, obj=None):
        """A campaign that was scheduled is ended; a draft goes."""
        is_draft = obj is None or (obj.status == Status.DRAFT and not obj.members.exists())
        return super().has_delete_permission(request, obj) and is_draft

    def get_actions(self, request):
        found = super().get_actions(request)
        found.pop("delete_selected", None)
        return found

    def save_model(self, request, obj, form, change):
        lifecycle.keep(obj, actor=request.user)

    # --- what is shown ---------------------------------------------------------------
    @admin.display(description=_("name"), ordering="name_zh_hans")
    def shown_name(self, campaign):
        return campaign.name

    @display(description=_("status"), ordering="status", label=COLOURS)
    def shown_status(self, campaign):
        return campaign.status, self.standing(campaign)

    @admin.display(description=_("status"))
    def standing(self, campaign):
        words = campaign.get_status_display()
        if campaign.paused_for:
            words = f"{words}: {campaign.get_paused_for_display()}"
        return words

    @admin.display(description=_("segment"))
    def whom(self, campaign):
        return campaign.segment.name

    @admin.display(description=_("what they get"))
    def gift(self, campaign):
        return wording.of_gift(campaign)

    @admin.display(description=_("spent of the budget"))
    def spent(self, campaign):
        said = []
        budget = budgets.of(campaign.budget_code) if campaign.budget_points else None
        if campaign.budget_points:
            taken = budget.taken if budget else 0
            said.append(f"{taken:,} / {campaign.budget_points:,}")
        if campaign.budget_yuan:
            said.append(f"¥{campaign.spent_yuan:,.2f} / ¥{campaign.budget_yuan:,.2f}")
        return " · ".join(said) or "–"

    @admin.display(description=_("what it says"))
    def sentence(self, campaign):
        return wording.of_campaign(campaign)

    @admin.display(description=_("what it comes to"))
    def sizes(self, campaign):
        return wording.of_sizes(campaign, planning.sizes(campaign))

    # --- buttons ---------------------------------------------------------------------
    def get_actions_detail(self, request, object_id):
        """Offer what its state allows."""
        campaign = self.get_object(request, str(object_id))
        if campaign is None:
            return []
        names = {f"{self.opts.app_label}_{self.opts.model_name}_{name}"
                 for name in OFFERED[campaign.status]}  # fmt: skip
        offered = super().get_actions_detail(request, object_id)
        return [button for button in offered if button.action_name in names]

    def has_move_permission(self, request, object_id=None):
        """Return whether this operator may start, pause and end campaigns."""
        return request.user.has_perm("marketing.change_campaign")

    def has_look_permission(self, request, object_id=None):
        """Return whether this operator may read what a campaign did."""
        return self.has_view_permission(request)

    @action(description=_("Schedule"), url_path="schedule", permissions=["move"])
    def schedule_campaign(self, request, object_id):
        """Show once more what it comes to, then fix it."""
        question = _("What it gives and how it is judged cannot be changed afterwards.")
        done = gettext("Scheduled. It begins by itself when its time has come.")
        return self._move(request, object_id, lifecycle.schedule, _("Schedule"), question, done)

    @action(description=_("Back to draft"), url_path="withdraw", permissions=["move"])
    def withdraw_campaign(self, request, object_id):
        """Make it a draft again."""
        question, done = _("Nobody was drawn yet."), gettext("It is a draft again.")
        return self._move(
            request, object_id, lifecycle.withdraw, _("Back to draft"), question, done
        )

    @action(description=_("Pause"), url_path="pause", permissions=["move"])
    def pause_campaign(self, request, object_id):
        """Give nothing more for now."""
        question, done = _("Nobody gets anything more until you go on."), gettext("Paused.")
        return self._move(request, object_id, lifecycle.pause, _("Pause"), question, done)

    @action(description=_("Go on"), url_path="resume", permissions=["move"])
    def resume_campaign(self, request, object_id):
        """Go on giving."""
        question = _("Who waits gets what was planned, as far as the budget goes.")
        done = gettext("It goes on within a minute.")
        return self._move(request, object_id, lifecycle.resume, _("Go on"), question, done)

    @action(description=_("End"), url_path="end", permissions=["move"])
    def end_campaign(self, request, object_id):
        """End it before its time."""
        question = _("It cannot be opened again. Its figures are read on their days all the same.")
        return self._move(request, object_id, lifecycle.end, _("End"), question, gettext("Ended."))

    @action(description=_("Raise the budget"), url_path="raise", permissions=["move"])
    def raise_campaign(self, request, object_id):
        """Make its budgets larger."""
        campaign = self.get_object(request, object_id)
        first = {"points": campaign.budget_points, "yuan": campaign.budget_yuan}
        form = BudgetForm(sent(request), initial=first)

        def verb(row, said):
            lifecycle.raise_budget(row, **said, actor=request.user)
            return gettext("The budget is larger now. A paused campaign still waits for you.")

        mark = version_of(campaign.status, campaign.budget_points, str(campaign.budget_yuan))
        return ask(
            self, request, campaign, form, verb, title=_("Raise the budget"), about=campaign,
            mark=mark,
        )  # fmt: skip

    @action(description=_("What it did"), url_path="report", permissions=["look"])
    def report_campaign(self, request, object_id):
        """Show what it did and cost, or take it along as CSV (``?csv=1``)."""
        campaign = self.get_object(request, object_id)
        if not self.has_view_permission(request, campaign):
            raise PermissionDenied
        found = report.of(campaign)
        if "csv" in request.GET:
            name = f"campaign-{campaign.code}"
            return export.table_response(request, name, tables.header(), tables.rows(found))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "campaign": campaign,
            "sentence": wording.of_campaign(campaign),
            "report": found,
            "figures": tables.shown(found),
            "title": _("What it did"),
            "back_url": page_of(self, campaign),
        }
        return TemplateResponse(request, "marketing/admin/campaign_report.html", context)

    def _move(self, request, object_id, verb, title, question, done):
        campaign = self.get_object(request, object_id)

        def act(row, _said):
            verb(row, actor=request.user)
            return done

        facts = [wording.of_campaign(campaign)]
        if campaign.status == Status.DRAFT:
            facts.append(wording.of_sizes(campaign, planning.sizes(campaign)))
        # its figures go on while somebody reads
        mark = version_of(campaign.status, facts[0])
        form = forms.Form(sent(request))
        words = {"about": campaign, "question": question, "facts": facts, "mark": mark}
        return ask(self, request, campaign, form, act, title=title, **words)


@admin.register(CampaignMember)
class CampaignMemberAdmin(ReadOnly, ModelAdmin):
    """Who is in which arm, and what became of it."""

    list_display = ["user", "campaign", "shown_state", "points", "yuan", "on", "why_not"]
    list_filter = ["campaign", ("state", NewestChoicesFilter)]
    list_select_related = ["user", "campaign"]
    search_fields = members("user")
    search_help_text = MEMBER_HELP
    fields = readonly_fields = [
        "user", "campaign", "is_treated", "state", "on", "assigned_at", "given_at", "points",
        "yuan", "why_not",
    ]  # fmt: skip

    @admin.display(description=_("why not"))
    def why_not(self, row):
        return wording.of_refusal(row.refusal)

    @display(
        description=_("state"),
        label={"given": "success", "waiting": "info", "refused": "danger", "held_out": "warning"},
    )
    def shown_state(self, row):
        return row.state, row.get_state_display()
