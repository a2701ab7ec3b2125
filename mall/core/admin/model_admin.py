"""The admin every app's admins are made of: unfold's, with lists that bear a grown shop."""

from functools import wraps

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.urls import reverse
from unfold.admin import ModelAdmin as UnfoldModelAdmin

from mall.core import pasted
from mall.core.admin import deletion, search
from mall.core.admin.add_once import AddOnce
from mall.core.admin.change_list import CappedPaginator, ChangeList
from mall.core.admin.edit_pages import EditPages
from mall.core.admin.folding import FoldingFields
from mall.core.admin.newest import NEWEST


class ModelAdmin(AddOnce, EditPages, FoldingFields, UnfoldModelAdmin):
    """An admin whose table may have millions of rows, unless ``is_short`` says that operators made
    its few rows themselves.

    Columns are offered for sorting where an index serves them; ``search_fields`` are read as
    mall.core.admin.search says. ``tests/mall/test_changelists.py`` asks the server for the plan of
    every list.
    """

    is_short = False
    list_per_page = 50
    paginator = CappedPaginator
    show_full_result_count = False
    newest = NEWEST  # rows that are looked through where no index leads

    def get_changelist(self, request, **kwargs):
        return ChangeList

    def get_sortable_by(self, request):
        """Return the columns that can be sorted without reading the whole table."""
        offered = super().get_sortable_by(request)
        if self.is_short:
            return offered
        return [name for name in offered if self._is_served(self._sorted_by(name))]

    def get_search_results(self, request, queryset, search_term):
        """Look for each word where an index finds it; what was not looked through is told above
        the list.
        """
        search_term = pasted.line(search_term)
        if self.is_short or not search_term:
            return super().get_search_results(request, queryset, search_term)
        fields = self.get_search_fields(request)
        rows, notes = search.find(queryset, fields, search_term, newest=self.newest)
        request.list_notes = [*getattr(request, "list_notes", ()), *notes]
        return rows, False

    def get_object(self, request, object_id, from_field=None):
        """Return a row by what its address says; None where no row can have such a key."""
        try:
            return super().get_object(request, object_id, from_field)
        except OverflowError:  # SQLite's: Django knows the others
            return None

    def response_action(self, request, queryset):
        """Carry an action out on what was chosen; what can be no row's key chooses nothing."""
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        request.POST = request.POST.copy()
        request.POST.setlist(ACTION_CHECKBOX_NAME, [key for key in chosen if self._may_be_key(key)])
        return super().response_action(request, queryset)

    def get_unfold_action(self, action):
        """Return a button; one of a row asks first whether the row is there."""
        found = super().get_unfold_action(action)
        if action in self._extract_action_names([*self.actions_detail, *self.actions_row]):
            found.method = self._of_a_row(found.method)
        return found

    def get_view_on_site_url(self, obj=None):
        """Return where a row is seen in the shop; nothing where its page is the one here."""
        own = getattr(obj, "get_absolute_url", None)
        is_here = own is not None and own().startswith(reverse("admin:index"))
        return None if is_here else super().get_view_on_site_url(obj)

    def get_deleted_objects(self, objs, request):
        """Count what keeps rows from being deleted instead of reading it all."""
        return deletion.what_goes(objs, request, self.admin_site)

    def _of_a_row(self, button):
        @wraps(button)
        def pressed(request, object_id):
            if self.get_object(request, unquote(object_id)) is None:
                return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return button(request, object_id=object_id)

        return pressed

    def _may_be_key(self, said) -> bool:
        """Return whether a text may be a row's key in any of our databases."""
        key = self.opts.pk
        while key.is_relation:
            key = key.target_field
        try:
            key.run_validators(key.to_python(said))
        except ValidationError:
            return False
        return True

    def _sorted_by(self, name):
        try:
            return self.opts.get_field(name).name
        except FieldDoesNotExist:
            column = getattr(self, name, None) or getattr(self.model, name, None)
            return getattr(column, "admin_order_field", None)

    def _is_served(self, name) -> bool:
        """Return whether an index holds the rows in the order of one column, and then of their
        keys.
        """
        if name in ("pk", "-pk"):
            return True
        try:
            field = self.opts.get_field(name or "")
        except FieldDoesNotExist:
            return False
        if field.is_relation and not field.primary_key:
            # MySQL and MariaDB drop a foreign key's own index for any that begins with it.
            return False
        alone = ([field.name], [field.name, self.opts.pk.name])
        return (
            field.unique
            or field.db_index
            or any(
                [part.lstrip("-") for part in index.fields] in alone for index in self.opts.indexes
            )
        )
