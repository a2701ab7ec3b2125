"""Files of members in the back office: brought, looked over, let in by a second person, what came
of them, and taken back.
"""

from django.contrib import admin
from django.forms import Form
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display

from mall.core.admin import file_jobs
from mall.core.admin.action_forms import VERSION, ask, sent
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.read_only import ReadOnly
from mall.core.admin.search import members
from points.models import MemberImport, MovedMember
from points.moving_in import file as files
from points.moving_in import imports, kind, letters
from points.moving_in.forms import CHOICES, FileForm, TakeBackForm

MAY_BRING, MAY_LET_IN = "points.adjust_points", "points.approve_adjustment"
STATUS = MemberImport.Status
COLOURS = {**file_jobs.COLOURS, STATUS.UNDONE: "info"}


@admin.register(MemberImport)
class MemberImportAdmin(file_jobs.FileJobAdmin):
    """Each page leads on by what the file is at."""

    list_display = [
        "made_at",
        "name",
        "shown_status",
        "rows",
        "new",
        "added",
        "known",
        "refused",
        "points",
        "made_by",
        "approved_by",
    ]
    list_select_related = ["made_by", "approved_by"]
    upload_form, upload_right, bytes_max = FileForm, MAY_BRING, files.BYTES_MAX
    page_template = "points/admin/member_import.html"
    findings_title, findings_file = _("Lines left out"), "members-left-out"
    findings_header = (_("Line"), _("Member number"), _("Why"))
    actions_detail = ["take_back", "send_again"]

    @display(description=_("Status"), ordering="status", label=COLOURS)
    def shown_status(self, row):
        return row.status, row.get_status_display()

    def bring(self, content, said, **who):
        return kind.bring(content, **who, **{column: said[column] for column in CHOICES})

    def has_approve_permission(self, request, object_id=None):
        """Return whether this operator may let in and take back what colleagues brought."""
        return request.user.has_perm(MAY_LET_IN)

    has_decide_permission = has_approve_permission

    def decide(self, request, row):
        """Let a file in."""
        imports.let_in(row, operator=request.user, read=request.POST.get(VERSION))

    def looked(self, row):
        return row.new + row.added + row.known + row.refused, row.rows

    def facts(self, request, row, *, may):
        waits = row.status == STATUS.CHECKED and row.new + row.added > 0
        return {
            "waits": waits,
            "may_let_in": waits and may and row.made_by_id != request.user.pk,
            "version": imports.version(row),
            "handled": row.new + row.added,
            "may_take_back": may and imports.may_take_back(row),
            "may_mail": may and row.status == STATUS.DONE and row.mail_days,
        }

    @action(description=_("Take back"), url_path="take-back", permissions=["approve"])
    def take_back(self, request, object_id):
        """Have the balances of a file taken back from whoever did not touch them."""

        def verb(row, answers):
            imports.take_back(row, operator=request.user, note=answers["note"])
            return _("The file is being taken back.")

        row = self.get_object(request, object_id)
        question = _(
            "Members who came in since, or whose points moved, keep what they have; all others "
            "give their balance back by an entry of its own. Their accounts stay, empty."
        )
        form = TakeBackForm(sent(request))
        return ask(
            self, request, row, form, verb, title=_("Take back"), about=row.name, question=question
        )

    @action(description=_("Send welcome mails again"), url_path="mails", permissions=["approve"])
    def send_again(self, request, object_id):
        """Write once more to those who did not come in yet."""

        def verb(row, answers):
            count = letters.send_again(row, operator=request.user)
            words = ngettext("%(n)s mail will be sent.", "%(n)s mails will be sent.", count)
            return words % {"n": count}

        row = self.get_object(request, object_id)
        title = _("Send welcome mails again")
        question = _("Whoever of this file has not set a password yet gets a new link.")
        form = Form(sent(request))
        return ask(self, request, row, form, verb, title=title, about=row.name, question=question)


@admin.register(MovedMember)
class MovedMemberAdmin(ReadOnly, ModelAdmin):
    """Who moved in, with what, and whether they came in since; numbers and phones stay sealed."""

    list_display = ["user", "file", "points", "tier_points", "is_new", "mailed_at", "undone_at"]
    ordering = ["-pk"]
    search_fields = members("user")
    fields = [
        "user",
        "file",
        "moved_at",
        "lots",
        "points",
        "tier_points",
        "is_new",
        "last_seq",
        "mail_at",
        "mailed_at",
        "undone_at",
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("user").with_file()
