"""Corrections: what waits for a second person, what was posted, and files of them."""

from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from mall.core.admin.action_forms import ask, sent
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.newest import NewestDateFilter
from mall.core.admin.read_only import ReadOnly
from mall.core.admin.search import members
from mall.core.errors import DomainError
from mall.core.templatetags.mall import signed_points
from points import adjustments, batch_file, batches
from points.forms import BatchForm, DecisionForm, PostForm, RejectForm
from points.models import Adjustment, AdjustmentBatch

COLOURS = {"waiting": "warning", "posted": "success", "rejected": "danger"}
HEADS = (_("Line"), _("Member"), _("Points"), _("What the member reads"), _("Right or wrong"))
CELL = '<td class="pr-4">{}</td>'
BATCH_COLOURS = {"checked": "warning", "posted": "success", "undone": "info"}


@admin.register(Adjustment)
class AdjustmentAdmin(ReadOnly, ModelAdmin):
    """Every correction with who asked, who decided and why. A new one begins on the member's
    account.
    """

    list_display = [
        "requested_at",
        "member",
        "points",
        "shown_status",
        "requested_by",
        "decided_by",
        "note",
    ]
    list_filter = ["status", ("requested_at", NewestDateFilter)]
    list_select_related = ["account__user", "requested_by", "decided_by"]
    search_fields = ["=ticket", *members("account__user"), "note"]
    search_help_text = _(
        "A whole ticket number, a member's whole name or e-mail, or how the name begins; a part of "
        "the note among the newest adjustments."
    )
    actions_detail = ["approve", "reject"]
    fields = [
        "account_link", "points", "description", "note", "status", "requested_by", "requested_at",
        "decided_by", "decided_at",
        "decision_note", "entry_seq", "undo_seq", "batch", "ticket",
    ]  # fmt: skip
    readonly_fields = fields

    @admin.display(description=_("Member"), ordering="account_id")
    def member(self, adjustment):
        return adjustment.account.user.get_username()

    @admin.display(description=_("Member"))
    def account_link(self, adjustment):
        address = reverse("admin:points_pointaccount_change", args=[adjustment.account_id])
        standing = _("%(available)s points, %(held)s reserved") % {
            "available": adjustment.account.available,
            "held": adjustment.account.held,
        }
        return format_html(
            '<a class="underline" href="{}">{}</a> · {}',
            address,
            adjustment.account.user.get_username(),
            standing,
        )

    @display(description=_("Status"), ordering="status", label=COLOURS)
    def shown_status(self, adjustment):
        return adjustment.status, adjustment.get_status_display()

    def get_actions_detail(self, request, object_id):
        """Offer to decide only what waits."""
        adjustment = self.get_object(request, str(object_id))
        is_waiting = adjustment is not None and adjustment.status == Adjustment.Status.WAITING
        return super().get_actions_detail(request, object_id) if is_waiting else []

    def has_decide_permission(self, request, object_id=None):
        """Return whether this operator may decide about colleagues' adjustments."""
        return request.user.has_perm("points.approve_adjustment")

    @action(description=_("Approve"), url_path="approve", permissions=["decide"])
    def approve(self, request, object_id):
        """Post the adjustment a colleague asked for."""

        def verb(adjustment, answers):
            adjustments.approve(adjustment, operator=request.user, note=answers["note"])
            return _("The points were adjusted.")

        return self._decide(
            request, object_id, DecisionForm(sent(request)), verb, title=_("Approve")
        )

    @action(description=_("Reject"), url_path="reject", permissions=["decide"])
    def reject(self, request, object_id):
        """Turn it down, with the reason."""

        def verb(adjustment, answers):
            adjustments.reject(adjustment, operator=request.user, note=answers["note"])
            return _("The adjustment was rejected.")

        return self._decide(request, object_id, RejectForm(sent(request)), verb, title=_("Reject"))

    def _decide(self, request, object_id, form, verb, *, title):
        adjustment = self.get_object(request, object_id)
        words = _("%(points)+d points for %(member)s, asked by %(clerk)s: %(note)s") % {
            "points": adjustment.points,
            "member": adjustment.account.user.get_username(),
            "clerk": adjustment.requested_by.get_username(),
            "note": adjustment.note,
        }
        return ask(self, request, adjustment, form, verb, title=title, about=words)


@admin.register(AdjustmentBatch)
class AdjustmentBatchAdmin(ReadOnly, ModelAdmin):
    """Files of corrections: upload, look at every line, post, undo."""

    list_display = ["name", "shown_status", "lines", "wrong", "points", "made_by", "made_at"]
    list_select_related = ["made_by"]
    actions_list = ["upload"]
    actions_detail = ["post_batch", "undo_batch"]
    fields = ["name", "note", "status", "made_by", "made_at", "posted_at", "undone_at", "table"]
    readonly_fields = fields

    @display(description=_("Status"), ordering="status", label=BATCH_COLOURS)
    def shown_status(self, batch):
        return batch.status, batch.get_status_display()

    @admin.display(description=_("Lines"))
    def lines(self, batch):
        return len(batch.rows)

    @admin.display(description=_("Wrong lines"))
    def wrong(self, batch):
        return sum(1 for row in batch.rows if row["error"])

    @admin.display(description=_("Points"))
    def points(self, batch):
        return signed_points(batches.points_of(batch))

    @admin.display(description=_("Contents"))
    def table(self, batch):
        heads = format_html_join(
            "", '<th class="pr-4 text-left font-semibold">{}</th>', ((head,) for head in HEADS)
        )
        rows = (
            (
                row["number"],
                row["member"],
                signed_points(row["points"]),
                row["reason"],
                row["error"] or "✓",
            )
            for row in batch.rows
        )
        lines = format_html_join("", f"<tr>{CELL * 5}</tr>", rows)
        return format_html(
            "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", heads, lines
        )

    def get_actions_detail(self, request, object_id):
        """Offer to post what was looked over and is right in every line, and to undo what was
        posted.
        """
        batch = self.get_object(request, str(object_id))
        fitting = {"checked": "post_batch", "posted": "undo_batch"}.get(
            batch.status if batch and not self.wrong(batch) else "", ""
        )
        return [
            button
            for button in super().get_actions_detail(request, object_id)
            if button.method.original_function_name == fitting
        ]

    def has_adjust_permission(self, request, object_id=None):
        """Return whether this operator may correct balances."""
        return request.user.has_perm("points.adjust_points")

    @action(description=_("Upload a file"), url_path="upload", permissions=["adjust"])
    def upload(self, request):
        """Take a file and show what is right and wrong with each line; nothing is posted yet."""
        form = BatchForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            content = file.read(batch_file.BYTES_MAX + 1)
            try:
                batch = batches.look_over(
                    content,
                    name=file.name,
                    note=form.cleaned_data["note"],
                    operator=request.user,
                )
            except DomainError as refusal:
                form.add_error("file", str(refusal))
            else:
                for words in batch_file.remarks_on(content):
                    messages.warning(request, words)
                wrong = self.wrong(batch)
                words = ngettext(
                    "%(n)s line is wrong: nothing can be posted.",
                    "%(n)s lines are wrong: nothing can be posted.",
                    wrong,
                )
                if wrong:
                    messages.error(
                        request,
                        words % {"n": wrong}
                        + " "
                        + gettext("Please mend the file and upload it again."),
                    )
                else:
                    messages.info(
                        request, _("Nothing is posted yet: please look at every line first.")
                    )
                return HttpResponseRedirect(
                    reverse("admin:points_adjustmentbatch_change", args=[batch.pk])
                )
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "form": form,
            "button": _("Look over"),
        }
        context |= {
            "title": _("Upload a file"),
            "back_url": reverse("admin:points_adjustmentbatch_changelist"),
        }
        return TemplateResponse(request, "admin/points/upload.html", context)

    @action(description=_("Post"), url_path="post", permissions=["adjust"])
    def post_batch(self, request, object_id):
        """Post every line, or none."""

        def verb(batch, answers):
            batches.post(batch, operator=request.user, anyway=answers.get("anyway", False))
            return _("The points were adjusted.")

        batch = self.get_object(request, object_id)
        twin = batches.twin_of(batch) if batch else None
        form = PostForm(sent(request), has_twin=twin is not None)
        question = str(batches.TwinPosted.about(twin)) if twin else ""
        return self._move(request, object_id, form, verb, title=_("Post"), question=question)

    @action(description=_("Undo"), url_path="undo", permissions=["adjust"])
    def undo_batch(self, request, object_id):
        """Take every line back by an entry the other way."""

        def verb(batch, answers):
            batches.undo(batch, operator=request.user, note=answers["note"])
            return _("Every line was taken back by an entry of its own.")

        return self._move(request, object_id, RejectForm(sent(request)), verb, title=_("Undo"))

    def _move(self, request, object_id, form, verb, *, title, **shown):
        batch = self.get_object(request, object_id)
        words = _("%(name)s: %(lines)s lines, %(points)+d points") % {
            "name": batch.name,
            "lines": len(batch.rows),
            "points": batches.points_of(batch),
        }
        shown |= {"version": batch.version, "about": words}
        return ask(self, request, batch, form, verb, title=title, **shown)
