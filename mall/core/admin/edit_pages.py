"""The pages of the back office on which rows are edited: what was typed is saved only over what was
seen (mall.core.admin.edit_conflicts), and is shown again where it could not be saved.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field

from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.forms.models import _get_foreign_key
from django.utils.translation import gettext

from mall.core import unsent
from mall.core.admin.edit_conflicts import (
    CHOICE,
    Conflict,
    changes_of,
    compare,
    in_words,
    marks_in,
    marks_of,
    raw_of,
    read_seen,
    take_over,
)
from mall.core.admin.list_edits import ListFormSet

CONFLICT = 409
MAIN = "form"  # the row itself, among the prefixes of its inlines


@dataclass(slots=True)
class Typed:
    """What somebody typed over a page: changes of the row, of the rows of its inlines by key, and
    rows that were added; and what a colleague changed meanwhile.
    """

    row: dict = field(default_factory=dict)
    rows: dict = field(default_factory=lambda: defaultdict(dict))
    added: dict = field(default_factory=lambda: defaultdict(list))
    conflicts: list[Conflict] = field(default_factory=list)
    has_files: bool = False


class EditPages:
    """Put it before ModelAdmin: change forms, their inlines and lists that are edited in place."""

    change_form_before_template = "admin/edit_conflict.html"

    def _changeform_view(self, request, object_id, form_url, extra_context):
        kept = unsent.take(request) if request.method == "GET" else None
        if kept:
            request.FILES.clear()  # there are none; asked for later, Django would read both anew
            request.method, request.POST = "POST", kept
            row = object_id and self.get_object(request, unquote(object_id))
            typed = self._typed(request, row or None) or Typed()
            request.method = "GET"
            return self._show_typed(request, typed, object_id, form_url, extra_context)
        if request.method != "POST" or object_id is None or "_saveasnew" in request.POST:
            return super()._changeform_view(request, object_id, form_url, extra_context)
        row = self.get_object(request, unquote(object_id))
        if row is None or not self.has_change_permission(request, row):
            return super()._changeform_view(request, object_id, form_url, extra_context)
        self._lock(request, row)
        if any(name.startswith(CHOICE) for name in request.POST):
            self._take_over(request, self.get_object(request, unquote(object_id)))
        typed = self._typed(request, self.get_object(request, unquote(object_id)))
        if typed is None or not typed.conflicts:
            return super()._changeform_view(request, object_id, form_url, extra_context)
        response = self._show_typed(request, typed, object_id, form_url, extra_context)
        response.status_code = CONFLICT
        return response

    def _show_typed(self, request, typed, object_id, form_url, extra_context):
        """Show the page as the row is now, with what was typed laid over it."""
        request.typed, method, request.method = typed, request.method, "GET"
        response = super()._changeform_view(request, object_id, form_url, extra_context)
        request.method = method
        return response

    def _lock(self, request, row):
        # What is compared is what is saved over, and counters that others write meanwhile (how
        # often a code was used) are not written back as they were: all is read after this.
        _lock(self.model, pk=row.pk)
        for inline in self.get_inline_instances(request, row):
            if inline.has_change_permission(request, row):
                parent = _get_foreign_key(self.model, inline.model, inline.fk_name)
                _lock(inline.model, **{parent.attname: row.pk})

    def _take_over(self, request, row):
        """Put the colleague's values into what was sent, field by field as it was chosen."""
        sent = request.POST.copy()
        forms = [(MAIN, self._form_of(request, row))]
        formsets, _inlines = self._create_formsets(request, row, change=True)
        forms += [(rows.prefix, form) for rows in formsets for form in rows.initial_forms]
        for prefix, form in forms:
            for name, values in take_over(form, prefix, request.POST).items():
                sent.setlist(name, values)
                request.FILES.pop(name, None)
        request.POST = sent

    def _form_of(self, request, row):
        names = flatten_fieldsets(self.get_fieldsets(request, row))
        made = self.get_form(request, row, change=row is not None, fields=names)
        return made(request.POST, request.FILES, instance=row)

    def _typed(self, request, row) -> Typed | None:
        """Read what was sent about a row (None: a new one); None where it does not say what was
        seen, as a form of the release before.
        """
        seen = read_seen(request.POST)
        if row is not None and not seen:
            return None
        form = self._form_of(request, row)
        marks = marks_in(seen, MAIN)
        typed = Typed(changes_of(form, marks), conflicts=compare(form, marks, prefix=MAIN))
        typed.has_files = bool(request.FILES)
        formsets, _inlines = self._create_formsets(request, row, change=row is not None)
        for formset in formsets:
            _read_rows(formset, marks_in(seen, formset.prefix), typed)
        return typed

    def get_formset_kwargs(self, request, obj, inline, prefix):
        """Have the rows ready that somebody had added to the page."""
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        typed = getattr(request, "typed", None)
        return {**kwargs, "initial": typed.added[prefix]} if typed else kwargs

    def get_formsets_with_inlines(self, request, obj=None):
        """Make room for the rows that somebody had added."""
        typed = getattr(request, "typed", None)
        for made, inline in super().get_formsets_with_inlines(request, obj):
            if typed:  # a class of this request's own
                made.extra = max(made.extra, len(typed.added[made.get_default_prefix()]))
            yield made, inline

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        form = context["adminform"].form
        formsets = [inline.formset for inline in context["inline_admin_formsets"]]
        if obj is not None and self.has_change_permission(request, obj):
            context["seen"] = _seen(form, formsets)
        typed = getattr(request, "typed", None)
        if typed:
            form.initial.update(typed.row)
            for formset in formsets:
                for row in formset.initial_forms:
                    row.initial.update(typed.rows[formset.prefix].get(str(row.instance.pk), {}))
            context |= {"conflicts": typed.conflicts, "has_files": typed.has_files}
        elif request.method == "POST":  # something in it is wrong
            context["has_files"] = bool(request.FILES)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def changelist_view(self, request, extra_context=None):
        """Show a list that is edited in place with what its reader could not send."""
        response = super().changelist_view(request, extra_context)
        listed = getattr(response, "context_data", None) or {}
        formset = getattr(listed.get("cl"), "formset", None)
        kept = unsent.take(request) if formset is not None and request.method == "GET" else None
        if kept:
            formset.fill(kept)
        return response

    def get_changelist_formset(self, request, **kwargs):
        made = super().get_changelist_formset(request, **kwargs)
        return type(made.__name__, (ListFormSet, made), {})


def _lock(model, **which):
    rows = model._base_manager.select_for_update().filter(**which)
    list(rows.order_by("pk").values_list("pk", flat=True))


def _seen(form, formsets) -> str:
    marks = {MAIN: marks_of(form)}
    for formset in formsets:
        rows = formset.initial_forms
        marks[formset.prefix] = {str(row.instance.pk): marks_of(row) for row in rows}
    return json.dumps(marks, separators=(",", ":"))


def _read_rows(formset, seen, typed):
    """Read the rows of an inline into ``typed``: changed, added, and taken away by a colleague."""
    for number, row in enumerate(formset.forms):
        key = row.instance.pk
        if key:
            marks = marks_in(seen, str(key))
            typed.rows[formset.prefix][str(key)] = changes_of(row, marks)
            words = {"row": str(row.instance), "prefix": formset.prefix}
            typed.conflicts += compare(row, marks, **words)
        elif number >= formset.initial_form_count():
            blank = marks_of(formset.empty_form)
            added = changes_of(row, blank)
            if added:
                typed.added[formset.prefix].append(added)
        else:
            gone = formset.data.get(row.add_prefix(row._meta.model._meta.pk.name), "")
            written = changes_of(row, marks_in(seen, gone))
            mine = ", ".join(in_words(row.fields[name], raw_of(row, name)) for name in written)
            label = f"{formset.model._meta.verbose_name} {gone}"
            typed.conflicts.append(
                Conflict("", label, gettext("taken away"), mine or "–", is_mine=bool(mine))
            )
