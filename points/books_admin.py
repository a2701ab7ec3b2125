"""The books as operators see them: accounts and entries to read, corrections by verb."""

from uuid import uuid4

from django.contrib import admin
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from mall.core.admin.action_forms import ask, sent
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.newest import keep_newest
from mall.core.admin.read_only import ReadOnly
from mall.core.admin.search import MEMBER_HELP, members
from mall.core.links import id_in
from mall.core.templatetags.mall import signed_points
from mall.core.versions import version_of
from points import adjustments, explanation, risk, statement, tiers, wording
from points.forms import AdjustForm, FreezeForm, ReleaseForm
from points.models import LEVELS, PointAccount

EXPLAINED = 50  # entries shown below an explanation; the list has all
STATUS_COLOURS = {
    "active": "success",
    "review": "warning",
    "saving": "warning",
    "frozen": "danger",
    "closed": "info",
}


class TierFilter(admin.SimpleListFilter):
    """Members of one tier; who was not looked at yet stands on the first, where most are."""

    title = _("Tier")
    parameter_name = "tier"

    def lookups(self, request, model_admin):
        return [(str(level), f"V{level}") for level in range(1, LEVELS + 1)]

    def queryset(self, request, queryset):
        if self.value() == "1":
            newest = keep_newest(request, queryset, PointAccountAdmin.newest, self.title)
            return newest.exclude(tier__level__gt=1)
        return (
            queryset.filter(tier__level=self.value())
            if self.value() in dict(self.lookup_choices)
            else queryset
        )


@admin.register(PointAccount)
class PointAccountAdmin(ReadOnly, ModelAdmin):
    """Who has how many points. A correction goes through the ledger, with a reason."""

    list_display = ["member", "available", "held", "debt", "next_expiry"]
    list_display += ["shown_tier", "shown_status"]
    list_filter = [TierFilter, "status"]
    list_select_related = ["user", "tier"]
    ordering = ["-pk"]
    search_fields = members("user")
    search_help_text = MEMBER_HELP
    actions_detail = ["explain_account", "adjust_points", "freeze_account", "unfreeze_account"]
    fields = [
        "member", "status", "status_note", "available", "held", "debt", "lots_in_words",
        "holds_in_words",
        "tier_in_words", "credited", "debited", "seq", "day", "opened_at", "latest",
    ]  # fmt: skip
    readonly_fields = fields

    @admin.display(description=_("Member"), ordering="user_id")
    def member(self, account):
        return account.user.get_username()

    @display(description=_("Status"), ordering="status", label=STATUS_COLOURS)
    def shown_status(self, account):
        return account.status, account.get_status_display()

    @admin.display(description=_("Tier"), ordering="tier__level")
    def shown_tier(self, account):
        return f"V{account.tier.level}" if hasattr(account, "tier") else "V1"

    @admin.display(description=_("Tier"))
    def tier_in_words(self, account):
        now = tiers.standing_of(account.pk)
        words = _("%(tier)s: %(points)s points earned within twelve months") % {
            "tier": now.tier,
            "points": f"{now.credited:,}",
        }
        until = (
            _("kept until %(day)s") % {"day": date_format(now.kept_until)} if now.kept_until else ""
        )
        return " · ".join(part for part in (words, until) if part)

    @admin.display(description=_("Lots"))
    def lots_in_words(self, account):
        return (
            format_html_join(
                "",
                "<div>{}: {}</div>",
                ((day or _("Never expire"), points) for day, points in account.lots),
            )
            or "–"
        )

    @admin.display(description=_("Open reservations"))
    def holds_in_words(self, account):
        amounts = (
            (key, sum(points for _day, points in hold["lots"]))
            for key, hold in account.holds.items()
        )
        return format_html_join("", "<div>{}: {}</div>", amounts) or "–"

    @admin.display(description=_("Latest entries"))
    def latest(self, account):
        entries = statement.page_of(account.pk, size=10).entries
        rows = (
            (
                f"{entry.biz_date:%Y-%m-%d}",
                wording.describe(entry),
                signed_points(entry.delta),
                entry.balance_after,
            )
            for entry in entries
        )
        address = reverse("admin:points_ledgerentry_changelist")
        link = format_html(
            '<a class="underline" href="{}?account={}">{}</a>',
            address,
            account.pk,
            _("All entries"),
        )
        return format_html_join("", "<div>{} · {} · {} → {}</div>", rows) + link

    def get_object(self, request, object_id, from_field=None):
        """Return the account; its key is a member's, which SQLite compares with 64 bits only."""
        is_possible = id_in(object_id) is not None
        return super().get_object(request, object_id, from_field) if is_possible else None

    def get_actions_detail(self, request, object_id):
        """Offer to pause what runs and to release what is paused or under review, never both at
        once.
        """
        account = self.get_object(request, str(object_id))
        status = PointAccount.Status
        both = {"freeze_account", "unfreeze_account"}
        useless = {
            status.ACTIVE: {"unfreeze_account"},
            status.FROZEN: {"freeze_account"},
            status.CLOSED: both,
        }
        useless = useless.get(account.status if account else "", set())
        return [
            button
            for button in super().get_actions_detail(request, object_id)
            if button.method.original_function_name not in useless
        ]

    def has_adjust_permission(self, request, object_id=None):
        """Return whether this operator may correct balances."""
        return request.user.has_perm("points.adjust_points")

    def has_freeze_permission(self, request, object_id=None):
        """Return whether this operator may pause and release accounts."""
        return request.user.has_perm("points.freeze_points")

    @action(description=_("Adjust points"), url_path="adjust", permissions=["adjust"])
    def adjust_points(self, request, object_id):
        """Correct a balance through the same verb as everybody else."""

        def verb(account, asked):
            adjustment = adjustments.ask(account.pk, operator=request.user, **asked)
            if adjustment.status == adjustment.Status.WAITING:
                return _(
                    "This is more than one person may adjust: it waits for a colleague's approval."
                )
            return _("The points were adjusted.")

        form = AdjustForm(request.POST or None, initial={"ticket": uuid4()})
        own = form.cleaned_data["ticket"] if form.is_valid() else ""

        def beside(account):
            # Two may answer the same complaint; a second tap of one person is no second answer.
            theirs = account.adjustments.exclude(ticket=own).order_by("pk")
            return theirs.values_list("pk", "status").last()

        words = {"title": _("Adjust points"), "blame": "points", "beside": beside}
        return self._ask(request, object_id, form, verb, **words)

    @action(description=_("Pause the account"), url_path="freeze", permissions=["freeze"])
    def freeze_account(self, request, object_id):
        """Stop an account from earning and spending, with a reason."""

        def verb(account, asked):
            risk.pause(account.pk, operator=request.user, **asked)
            return _("The account is paused.")

        title = _("Pause the account")
        return self._ask(
            request, object_id, FreezeForm(sent(request)), verb, title=title, blame="note"
        )

    @action(description=_("Release the account"), url_path="unfreeze", permissions=["freeze"])
    def unfreeze_account(self, request, object_id):
        """Let an account earn and spend again, with a reason."""

        cases = list(risk.standing(object_id)) if object_id.isdecimal() else []
        version = risk.version_of_standing(cases)

        def verb(account, asked):
            risk.release_all(account.pk, operator=request.user, read=version, **asked)
            return _("The account is active again.")

        words = {
            "title": _("Release the account"),
            "blame": "note",
            "version": version,
            "cases": cases,
        }
        return self._ask(request, object_id, ReleaseForm(sent(request)), verb, **words)

    @action(description=_("Explain this number"), url_path="explain", icon="help")
    def explain_account(self, request, object_id):
        """Open the balance into its entries, lots, rule versions and people."""
        account = self.get_object(request, object_id)
        if not self.has_view_permission(request, account):
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        names = wording.rule_names()
        opened = explanation.of_account(account)
        entries = statement.entries_of(account.pk)[:EXPLAINED]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "account": account,
            "opened": opened,
        }
        context |= {"title": _("Explain this number"), "cases": risk.standing(account.pk)}
        context["lots"] = [
            (
                lot,
                [(wording.describe(entry, names), entry, points) for entry, points in lot.sources],
            )
            for lot in opened.lots
        ]
        context["rows"] = [
            (entry, wording.describe(entry, names), wording.lots_of(entry)) for entry in entries
        ]
        return TemplateResponse(request, "admin/points/explain.html", context)

    def _ask(
        self, request, object_id, form, verb, *, title, blame, version="", cases=(), beside=None
    ):
        """Show a form about one account until the verb takes what it says. The balance moves by
        itself: what colleagues decided is the account's state and what ``beside(account)`` says.
        """
        account = self.get_object(request, object_id)
        entries = statement.page_of(account.pk, size=10).entries
        context = {
            "account": account,
            "entries": [{"entry": entry, "words": wording.describe(entry)} for entry in entries],
        }
        context["standing"] = _("%(available)s points, %(held)s reserved") % {
            "available": account.available,
            "held": account.held,
        }
        context |= {"cases": cases, "version": version, "template": "points/admin/form.html"}
        context["mark"] = version_of(account.status, beside(account) if beside else "")
        return ask(self, request, account, form, verb, title=title, blame=blame, **context)
