"""The books as operators see them: accounts and entries to read, rules and rates to set, corrections by verb."""

from uuid import uuid4

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display

from mall import clock
from mall.errors import DomainError
from mall.read_only import ReadOnly
from points import adjustments, risk, rules, statement, wording
from points.forms import NUMBERS, AdjustForm, FreezeForm, ReleaseForm, RuleForm
from points.models import ExchangeRate, LedgerEntry, PointAccount, Rule, RuleVersion

COUNT_MAX = 10_000
STATUS_COLOURS = {"active": "success", "review": "warning", "saving": "warning", "frozen": "danger", "closed": "info"}
RULE_COLOURS = {"active": "success", "scheduled": "info", "paused": "warning", "draft": "info", "ended": "danger"}


class CappedPaginator(Paginator):
    """Count no further than COUNT_MAX: counting millions of entries would cost more than showing them."""

    @cached_property
    def count(self):
        """Return the number of rows, COUNT_MAX at most."""
        return self.object_list.order_by()[:COUNT_MAX].count()


@admin.register(PointAccount)
class PointAccountAdmin(ReadOnly, ModelAdmin):
    """Who has how many points. A correction goes through the ledger, with a reason."""

    paginator = CappedPaginator
    list_display = ["member", "available", "held", "debt", "next_expiry", "shown_status"]
    list_filter = ["status"]
    list_select_related = ["user"]
    list_per_page = 50
    ordering = ["-pk"]
    search_fields = ["user__username", "user__email"]
    actions_detail = ["adjust_points", "freeze_account", "unfreeze_account"]
    fields = [
        "member", "status", "status_note", "available", "held", "debt", "lots_in_words", "holds_in_words",
        "credited", "debited", "seq", "day", "opened_at", "latest",
    ]  # fmt: skip
    readonly_fields = fields

    @admin.display(description=_("Member"), ordering="user_id")
    def member(self, account):
        return account.user.get_username()

    @display(description=_("Status"), ordering="status", label=STATUS_COLOURS)
    def shown_status(self, account):
        return account.status, account.get_status_display()

    @admin.display(description=_("Lots"))
    def lots_in_words(self, account):
        return format_html_join("", "<div>{}: {}</div>", ((day or _("Never expire"), points) for day, points in account.lots)) or "–"

    @admin.display(description=_("Open reservations"))
    def holds_in_words(self, account):
        amounts = ((key, sum(points for _day, points in hold["lots"])) for key, hold in account.holds.items())
        return format_html_join("", "<div>{}: {}</div>", amounts) or "–"

    @admin.display(description=_("Latest entries"))
    def latest(self, account):
        entries = statement.page_of(account.pk, size=10).entries
        rows = ((f"{entry.biz_date:%Y-%m-%d}", wording.describe(entry), f"{entry.delta:+d}", entry.balance_after) for entry in entries)
        address = reverse("admin:points_ledgerentry_changelist")
        link = format_html('<a class="underline" href="{}?account={}">{}</a>', address, account.pk, _("All entries"))
        return format_html_join("", "<div>{} · {} · {} → {}</div>", rows) + link

    def get_object(self, request, object_id, from_field=None):
        """Return the account; its key is a member's, which SQLite compares with 64 bits only."""
        is_possible = object_id.isdecimal() and len(object_id) < 19
        return super().get_object(request, object_id, from_field) if is_possible else None

    def get_actions_detail(self, request, object_id):
        """Offer to pause what runs and to release what is paused or under review, never both at once."""
        account = self.get_object(request, str(object_id))
        status = PointAccount.Status
        both = {"freeze_account", "unfreeze_account"}
        useless = {status.ACTIVE: {"unfreeze_account"}, status.FROZEN: {"freeze_account"}, status.CLOSED: both}
        useless = useless.get(account.status if account else "", set())
        return [button for button in super().get_actions_detail(request, object_id) if button.method.original_function_name not in useless]

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
                return _("This is more than one person may adjust: it waits for a colleague's approval.")
            return _("The points were adjusted.")

        form = AdjustForm(request.POST or None, initial={"ticket": uuid4()})
        return self._ask(request, object_id, form, verb, title=_("Adjust points"), blame="points")

    @action(description=_("Pause the account"), url_path="freeze", permissions=["freeze"])
    def freeze_account(self, request, object_id):
        """Stop an account from earning and spending, with a reason."""

        def verb(account, asked):
            risk.pause(account.pk, operator=request.user, **asked)
            return _("The account is paused.")

        title = _("Pause the account")
        return self._ask(request, object_id, FreezeForm(request.POST or None), verb, title=title, blame="note")

    @action(description=_("Release the account"), url_path="unfreeze", permissions=["freeze"])
    def unfreeze_account(self, request, object_id):
        """Let an account earn and spend again, with a reason."""

        def verb(account, asked):
            risk.release_all(account.pk, operator=request.user, **asked)
            return _("The account is active again.")

        title = _("Release the account")
        return self._ask(request, object_id, ReleaseForm(request.POST or None), verb, title=title, blame="note")

    def _ask(self, request, object_id, form, verb, *, title, blame):
        """Show a form about one account until the verb takes what it says."""
        account = self.get_object(request, object_id)
        if account is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if form.is_valid():
            try:
                messages.success(request, verb(account, form.cleaned_data))
            except DomainError as refusal:
                form.add_error(blame, str(refusal))
            else:
                return HttpResponseRedirect(reverse("admin:points_pointaccount_change", args=[account.pk]))
        entries = statement.page_of(account.pk, size=10).entries
        context = {**self.admin_site.each_context(request), "opts": self.opts, "form": form, "account": account}
        context |= {"title": title, "button": title}
        context["standing"] = _("%(available)s points, %(held)s reserved") % {"available": account.available, "held": account.held}
        context["entries"] = [{"entry": entry, "words": wording.describe(entry)} for entry in entries]
        return TemplateResponse(request, "points/admin/form.html", context)


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnly, ModelAdmin):
    """Every posting, newest members first; nobody edits it, a mistake is corrected by a new entry."""

    paginator = CappedPaginator
    list_display = ["when", "member", "kind", "words", "delta", "balance_after", "reference", "rule", "actor"]
    list_filter = ["kind", "biz_date"]
    list_select_related = ["account__user"]
    list_per_page = 50
    list_fullwidth = True
    ordering = ["-pk"]
    search_fields = ["=account__user__username", "=key", "=reference"]
    search_help_text = _("A member's name, a fact (order:…:spend) or a reference (order:…), written out in full.")
    fields = [
        "created_at", "biz_date", "member", "seq", "kind", "words", "delta", "held_delta", "debt_delta",
        "balance_after", "held_after", "debt_after", "lots_in_words",
        "key", "rule", "rule_version", "reference", "reverses_seq", "actor", "description", "note", "hash",
    ]  # fmt: skip
    readonly_fields = fields

    @admin.display(description=_("Time"), ordering="pk")
    def when(self, entry):
        return f"{timezone.localtime(entry.created_at):%Y-%m-%d %H:%M}"

    def lookup_allowed(self, lookup, value, request=None):
        return lookup == "account" or super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("Member"), ordering="pk")
    def member(self, entry):
        return entry.account.user.get_username()

    @admin.display(description=_("What the member reads"))
    def words(self, entry):
        return wording.describe(entry)

    @admin.display(description=_("Lots"))
    def lots_in_words(self, entry):
        lots = ((lot.expires_on or _("Never expire"), f"{lot.points:+d}") for lot in wording.lots_of(entry))
        return format_html_join("", "<div>{}: {}</div>", lots) or "–"


def _worth(version):
    if version.value == RuleVersion.Value.TABLE:
        return " · ".join(str(points) for points in version.table)
    return _("%(points)s per yuan") % {"points": version.points} if version.value == RuleVersion.Value.PER_YUAN else version.points


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
        "created_by",
        "created_at",
    ]
    verbose_name_plural = _("Versions so far")

    @admin.display(description=_("Points"))
    def worth(self, version):
        return _worth(version)


@admin.register(Rule)
class RuleAdmin(SimpleHistoryAdmin, ModelAdmin):
    """What an action is worth. Saving other numbers adds a version; entries of the old one keep naming it."""

    form = RuleForm
    inlines = [VersionInline]
    list_display = ["shown_name", "action", "worth", "shown_status", "starts_at", "ends_at"]
    list_filter = ["status"]
    search_fields = ["code", "action", "name_zh_hans", "name_en"]
    fieldsets = [
        (None, {"fields": ["name_zh_hans", "name_en", ("code", "action"), ("status", "priority"), "starts_at", "ends_at"]}),
        (_("What it is worth"), {"fields": ["value", "points", "table"]}),
        (_("Limits"), {"fields": [("per_day", "per_week"), ("per_month", "per_life")]}),
        (_("How long the points live"), {"fields": ["validity", "validity_days"]}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("versions")

    def get_readonly_fields(self, request, obj=None):
        return ["code", "action"] if obj else []

    def has_delete_permission(self, request, obj=None):
        """Entries name a rule for good: it ends, it is not deleted."""
        return False

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        version = rules.publish(obj, actor=f"staff:{request.user.pk}", **form.numbers())
        if set(form.changed_data) & set(NUMBERS):
            messages.info(request, _("Version %(number)s is in force for what happens from now on.") % {"number": version.number})

    @admin.display(description=_("Name"), ordering="name_zh_hans")
    def shown_name(self, rule):
        return rule.name

    @admin.display(description=_("Points"))
    def worth(self, rule):
        newest = next(iter(rule.versions.all()), None)
        return _worth(newest) if newest else "–"

    @display(description=_("Status"), ordering="status", label=RULE_COLOURS)
    def shown_status(self, rule):
        return rule.status, rule.get_status_display()


@admin.register(ExchangeRate)
class ExchangeRateAdmin(ModelAdmin):
    """What a point is worth, from a moment on. A rate that has begun is history."""

    list_display = ["points_per_yuan", "effective_from", "note", "created_by"]
    fields = ["points_per_yuan", "effective_from", "note"]

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (obj is None or obj.effective_from > clock.now())

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (obj is None or obj.effective_from > clock.now())

    def save_model(self, request, obj, form, change):
        obj.created_by = f"staff:{request.user.pk}"
        super().save_model(request, obj, form, change)
