"""Cases: what was seen, what the member says, and a person's decision."""

from datetime import datetime

from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from mall.core.admin.action_forms import ask, sent
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.newest import NewestChoicesFilter
from mall.core.admin.read_only import ReadOnly
from mall.core.admin.search import MEMBER_HELP, members
from mall.core.templatetags.mall import signed_points
from points import risk, set_aside, wording
from points.forms import RejectForm
from points.models import SEQ_SPAN, RiskCase
from points.risk_admin import accounts_of
from points.sighting_words import in_words

COLOURS = {"open": "warning", "released": "success", "kept": "danger"}
ROW = '<tr><td class="pr-4">{}</td><td class="pr-4">{}</td><td class="pr-4">{}</td><td>{}</td></tr>'


def _when(instant):
    return f"{timezone.localtime(datetime.fromisoformat(instant)):%Y-%m-%d %H:%M:%S}"


@admin.register(RiskCase)
class RiskCaseAdmin(ReadOnly, ModelAdmin):
    """Accounts that were paused. Releasing one lifts only what no other case forbids."""

    list_display = [
        "opened_at",
        "member",
        "kind",
        "scope",
        "shown_status",
        "has_appeal",
        "decided_by",
    ]
    list_filter = ["status", ("kind", NewestChoicesFilter)]
    list_select_related = ["account__user", "decided_by"]
    search_fields = members("account__user")
    search_help_text = MEMBER_HELP
    actions_detail = ["release_case", "keep_case"]
    fields = [
        "account_link", "kind", "scope", "note", "status", "opened_at", "appeal", "appealed_at",
        "words", "accounts", "sums", "entries", "devices", "findings", "decided_by", "decided_at",
        "decision_note",
    ]  # fmt: skip
    readonly_fields = fields

    def get_fields(self, request, case=None):
        """What was seen speaks by itself; the note beside it is for machines."""
        seen = case.evidence if case is not None else {}
        unsaid = {"note"} if "earned" in seen or "code" in seen else set()
        unsaid |= set() if "code" in seen else {"words", "accounts"}
        return [name for name in self.fields if name not in unsaid]

    @admin.display(description=_("Member"), ordering="account_id")
    def member(self, case):
        return case.account.user.get_username()

    @admin.display(description=_("Member"))
    def account_link(self, case):
        address = reverse("admin:points_pointaccount_change", args=[case.account_id])
        return format_html(
            '<a class="underline" href="{}">{}</a>', address, case.account.user.get_username()
        )

    @display(description=_("Status"), ordering="status", label=COLOURS)
    def shown_status(self, case):
        return case.status, case.get_status_display()

    @admin.display(description=_("Member wrote"), boolean=True)
    def has_appeal(self, case):
        return case.appealed_at is not None

    @admin.display(description=_("What was seen"))
    def words(self, case):
        return in_words(case.evidence) or "–"

    @admin.display(description=_("Accounts"))
    def accounts(self, case):
        return accounts_of(case.evidence)

    @admin.display(description=_("Earned that day"))
    def sums(self, case):
        seen = case.evidence
        if "earned" not in seen:
            return "–"
        names = wording.rule_names()
        by_name = ((names.get(rule, rule), points) for rule, points in seen["by_rule"])
        rules = format_html_join("", "<div>{}: {}</div>", by_name)
        return format_html(
            "<div><strong>{} / {}</strong></div>{}", seen["earned"], seen["limit"], rules
        )

    @admin.display(description=_("Entries of that day"))
    def entries(self, case):
        link, names = '<a class="underline" href="{}">{}</a>', wording.rule_names()
        rows = (
            (
                format_html(
                    link,
                    reverse(
                        "admin:points_ledgerentry_change",
                        args=[case.account_id * SEQ_SPAN + entry["seq"]],
                    ),
                    entry["seq"],
                ),
                _when(entry["at"]),
                signed_points(entry["points"]),
                names.get(entry["reference"]) or names.get(entry["rule"], entry["rule"]),
            )
            for entry in case.evidence.get("entries", ())
        )
        return (
            format_html("<table>{}</table>", format_html_join("", ROW, rows))
            if case.evidence.get("entries")
            else "–"
        )

    @admin.display(description=_("Latest sign-ins"))
    def devices(self, case):
        rows = (
            (_when(seen["seen_at"]), seen["network"], seen["agent"], "")
            for seen in case.evidence.get("devices", ())
        )
        return (
            format_html("<table>{}</table>", format_html_join("", ROW, rows))
            if case.evidence.get("devices")
            else "–"
        )

    @admin.display(description=_("What does not fit"))
    def findings(self, case):
        rows = (
            (seen["check"], seen["expected"], seen["found"], "")
            for seen in case.evidence.get("findings", ())
        )
        return (
            format_html("<table>{}</table>", format_html_join("", ROW, rows))
            if case.evidence.get("findings")
            else "–"
        )

    def get_actions_detail(self, request, object_id):
        """Offer to release or uphold what is not released, and to uphold once."""
        case = self.get_object(request, str(object_id))
        useless = {"released": {"release_case", "keep_case"}, "kept": {"keep_case"}}.get(
            case.status if case else "", set()
        )
        return [
            button
            for button in super().get_actions_detail(request, object_id)
            if button.method.original_function_name not in useless
        ]

    def has_decide_permission(self, request, object_id=None):
        """Return whether this operator may pause and release accounts."""
        return request.user.has_perm("points.freeze_points")

    @action(description=_("Release"), url_path="release", permissions=["decide"])
    def release_case(self, request, object_id):
        """Let the member go on, with a note."""
        return self._decide(
            request, object_id, is_release=True, title=_("Release"), done=_("The case is released.")
        )

    @action(description=_("Keep paused"), url_path="keep", permissions=["decide"])
    def keep_case(self, request, object_id):
        """Uphold it, with a note."""
        return self._decide(
            request,
            object_id,
            is_release=False,
            title=_("Keep paused"),
            done=_("The account stays paused."),
        )

    def _decide(self, request, object_id, *, is_release, title, done):
        case = self.get_object(request, object_id)

        def verb(case, answers):
            risk.decide(case, operator=request.user, release=is_release, note=answers["note"])
            return done

        version = risk.version_of_standing([case])
        seen, member = case.evidence, case.account.user.get_username()
        about = f"{member} · {case.get_kind_display()} · {case.get_scope_display()}"
        facts = (
            [f"{gettext('Earned that day')}: {seen['earned']} / {seen['limit']}"]
            if "earned" in seen
            else [in_words(seen) or case.note]
        )
        facts += [f"{gettext('What the member says')}: {case.appeal}"] if case.appeal else []
        waiting = set_aside.points_of(case.account_id)
        facts += [f"{gettext('Points set aside')}: {waiting:,}"] if waiting else []
        return ask(
            self,
            request,
            case,
            RejectForm(sent(request)),
            verb,
            title=title,
            version=version,
            about=about,
            facts=facts,
        )
