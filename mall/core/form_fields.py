"""Fields of pages and of the back office that fold what was pasted before they look at it."""

from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from mall.core import pasted, pictures
from mall.core.tables import values
from mall.core.tables.errors import BadCell

UNREADABLE_DAY = _("Write the day as year, month, day, such as 1990-05-01.")


class LineField(forms.CharField):
    """Words on one line."""

    fold = staticmethod(pasted.line)

    def to_python(self, value):
        """Fold, and strip what folding left at the ends."""
        value = super().to_python(value)
        folded = self.fold(value) if isinstance(value, str) else value
        return self.empty_value if folded == "" else folded


class NumberField(LineField):
    """A number of letters, digits and hyphens: an order's, a parcel's."""

    fold = staticmethod(pasted.number)


class CodeField(LineField):
    """A code: kept in capitals, without blanks and hyphens."""

    fold = staticmethod(pasted.code)


class EmailField(LineField, forms.EmailField):
    """An e-mail address, in small letters."""

    fold = staticmethod(pasted.email)


class DayField(forms.DateField):
    """A day as people write and as pages show it."""

    default_error_messages = {"invalid": UNREADABLE_DAY}

    def to_python(self, value):
        """Return the day, None for nothing. Raises: ValidationError (invalid)."""
        if not isinstance(value, str):
            return super().to_python(value)
        if not pasted.line(value):
            return None
        try:
            return pasted.day(value)
        except ValueError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None


class WholeNumberField(forms.IntegerField):
    """A whole number by the one rule of mall.core.tables.values: 5.0 and 1,000, but no 1_0."""

    def to_python(self, value):
        """See forms.Field. Raises: ValidationError."""
        if value in self.empty_values:
            return None
        try:
            return values.whole(str(value))
        except BadCell:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None


class AmountField(forms.DecimalField):
    """An amount by the one rule of mall.core.tables.values: 1,200.50, full width, with ¥ or 元, but
    neither 1e3 nor 1_0.
    """

    def to_python(self, value):
        """See forms.Field. Raises: ValidationError."""
        if value in self.empty_values or isinstance(value, Decimal):
            return super().to_python(value)
        try:
            return values.amount(str(value))
        except BadCell:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None


class PictureField(forms.FileField):
    """A picture, shrunk until a list page stays quick on a phone."""

    side, most_bytes = 1600, 1024 * 1024

    def clean(self, data, initial=None):
        """Return the picture in our own encoding. Raises: ValidationError, see ``pictures``."""
        uploaded = super().clean(data, initial)
        if not isinstance(uploaded, UploadedFile):
            return uploaded  # nothing new
        return pictures.within(uploaded, self.side, most_bytes=self.most_bytes)

    def widget_attrs(self, widget):
        """See Django."""
        return {**super().widget_attrs(widget), "accept": pictures.ACCEPTED}


class InstantField(forms.SplitDateTimeField):
    """A day and a time of day in two boxes."""

    def clean(self, value):
        """Read the day as a DayField does; what it cannot read is told as Django tells it."""
        if isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
            day, *time = (pasted.line(part) for part in value)
            read = DayField().clean(day).isoformat() if day else ""
            value = [read, *map(pasted.number, time)]
        return super().clean(value)
