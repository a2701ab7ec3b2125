"""Fields of forms that read as tables do."""

from django import forms

from mall.core.tables import values
from mall.core.tables.errors import BadCell


class WholeNumberField(forms.IntegerField):
    """A whole number by the one rule of mall.core.tables.values: 5.0 and 1,000, but no 1_0."""

    def to_python(self, value):
        """See forms.Field. Raises: ValidationError."""
        if value in self.empty_values:
            return None
        try:
            return values.whole(str(value))
        except BadCell:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None
