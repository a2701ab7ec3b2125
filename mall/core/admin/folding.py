"""The fields of the back office's forms: they fold what was pasted, read numbers as files do, and
shrink pictures, as the pages' fields do; and those that are looked up say what they are.
"""

from django.db import models

from mall.core.form_fields import (
    AmountField,
    DayField,
    InstantField,
    LineField,
    PictureField,
    WholeNumberField,
)

OF_THEIR_OWN = (models.EmailField, models.SlugField, models.URLField)


class FoldingFields:
    """For admins and their inlines: words on one line, numbers, days and instants are read by one
    rule.

    ``folded_as`` names the form fields of columns that hold no words (``{"code": CodeField}``).
    """

    folded_as = {}

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """See Django."""
        form_class = self.folded_as.get(db_field.name) or _form_class(db_field)
        if form_class and not db_field.choices:
            kwargs.setdefault("form_class", form_class)
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name in self.get_autocomplete_fields(request):
            # what Select2 puts in its place takes only the title along: else it has no name
            field.widget.attrs.setdefault("title", field.label)
        return field


def _form_class(db_field):
    if isinstance(db_field, models.ImageField):
        return PictureField
    if isinstance(db_field, models.DateTimeField):
        return InstantField
    if isinstance(db_field, models.DateField):
        return DayField
    if isinstance(db_field, models.DecimalField):
        return AmountField
    if isinstance(db_field, models.IntegerField):
        return WholeNumberField
    if isinstance(db_field, models.CharField) and not isinstance(db_field, OF_THEIR_OWN):
        return LineField
    return None
