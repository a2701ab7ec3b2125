"""Rows edited as a table below another row."""

from unfold.admin import TabularInline

from mall.core.admin.folding import FoldingFields


class TableInline(FoldingFields, TabularInline):
    """Each field says its column, as a reader who hears the page does not see the table's head."""

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """See Django."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            field.widget.attrs.setdefault("aria-label", field.label)
        return field
