"""An admin for a policy: its one row comes with a migration and is changed, never added or deleted;
each change is written down.
"""

from django.shortcuts import redirect

from mall.core import audit


class OneRow:
    """Put it before ModelAdmin. The audit log names the act ``<room>.policy_change`` with the
    numbers before and after.
    """

    is_short = True

    def changelist_view(self, request, extra_context=None):
        """Lead to the row: a list of one thing would only be one click more."""
        row = self.get_queryset(request).first()
        if row is None:
            return super().changelist_view(request, extra_context)
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", row.pk)

    def has_add_permission(self, request):
        # The menu of every page asks this: it must not cost a query.
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        before = {name: form.initial.get(name) for name in form.changed_data}
        after = {name: getattr(obj, name) for name in form.changed_data}
        if form.changed_data:
            audit.note(
                request.user,
                f"{self.opts.app_label}.policy_change",
                target=obj,
                before=before,
                after=after,
            )
