"""Segments and tags in the back office."""

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from mall.core import actors, audit
from mall.core.admin.action_forms import sent
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.search import MEMBER_HELP, members
from marketing.campaigns import segments, tags, wording
from marketing.campaigns.forms import GROUPS, SegmentForm, TagForm
from marketing.models import MemberTag, Segment
from points.models import RuleVersion


@admin.register(Segment)
class SegmentAdmin(ModelAdmin):
    """Members found by conditions; how many and who they are, counted when the page is opened."""

    is_short = True
    form = SegmentForm
    list_display = ["shown_name", "code", "sentence", "by", "created_at"]
    search_fields = ["code", "name_zh_hans", "name_en"]
    prepopulated_fields = {"code": ["name_en"]}
    readonly_fields = ["sentence", "number", "sample"]
    by = actors.column("created_by", _("by"))
    conditions = [(title, {"fields": fields}) for title, fields in GROUPS]

    def get_fieldsets(self, request, obj=None):
        names = (None, {"fields": ["name_zh_hans", "name_en", "code"]})
        if obj is None:
            return [names, *self.conditions]
        found = (_("Who that is now"), {"fields": ["sentence", "number", "sample"]})
        return [names, found, *self.conditions]

    def get_readonly_fields(self, request, obj=None):
        return [*self.readonly_fields, "code"] if obj else self.readonly_fields

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else self.prepopulated_fields

    def has_delete_permission(self, request, obj=None):
        """A segment that campaigns or rules name stays: without it a rule would pay nobody."""
        is_free = obj is None or not (
            obj.campaigns.exists() or RuleVersion.objects.filter(segment=obj.code).exists()
        )
        return super().has_delete_permission(request, obj) and is_free

    def get_actions(self, request):
        found = super().get_actions(request)
        found.pop("delete_selected", None)
        return found

    def save_model(self, request, obj, form, change):
        segments.save(obj, actor=request.user)

    def delete_model(self, request, obj):
        audit.note(request.user, "campaigns.segment_delete", target=obj)
        super().delete_model(request, obj)

    @admin.display(description=_("name"), ordering="name_zh_hans")
    def shown_name(self, segment):
        return segment.name

    @admin.display(description=_("members with"))
    def sentence(self, segment):
        return wording.of_conditions(segment.conditions)

    @admin.display(description=_("members now"))
    def number(self, segment):
        return f"{segments.count(segment.conditions):,}"

    @admin.display(description=_("some of them"))
    def sample(self, segment):
        return ", ".join(segments.sample(segment.conditions)) or "–"


@admin.register(MemberTag)
class MemberTagAdmin(ModelAdmin):
    """Which words members have; given to many at once, taken one by one or as chosen."""

    list_display = ["user", "tag", "by", "given_at"]
    list_select_related = ["user"]
    search_fields = ["=tag", *members("user")]
    search_help_text = MEMBER_HELP
    fields = readonly_fields = ["user", "tag", "by", "given_at"]
    by = actors.column("actor", _("by"))

    def has_change_permission(self, request, obj=None):
        return False

    def add_view(self, request, form_url="", extra_context=None):
        """Give a word to everybody of a pasted list."""
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        form = TagForm(sent(request))
        if form.is_valid():
            said = form.cleaned_data
            found = get_user_model()._default_manager.filter(username__in=said["names"])
            given = tags.give(
                list(found.values_list("pk", flat=True)), said["tag"], actor=request.user
            )
            words = ngettext("%(n)s member was tagged.", "%(n)s members were tagged.", given)
            messages.success(request, words % {"n": given})
            return HttpResponseRedirect(reverse("admin:marketing_membertag_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "form": form,
            "title": _("Tag members"),
            "button": _("Tag members"),
            "back_url": reverse("admin:marketing_membertag_changelist"),
        }
        status = 400 if form.errors else 200
        return TemplateResponse(request, "admin/ask.html", context, status=status)

    def delete_model(self, request, obj):
        tags.take([obj.user_id], obj.tag, actor=request.user)

    def delete_queryset(self, request, queryset):
        for tag, user_id in queryset.values_list("tag", "user_id"):
            tags.take([user_id], tag, actor=request.user)
