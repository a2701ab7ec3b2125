"""What the back office shows and nobody edits there."""


class ReadOnly:
    """Rows nobody adds, changes or deletes in the admin, whatever their role says; for admins and
    inlines.
    """

    show_full_result_count = False

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
