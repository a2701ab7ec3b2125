"""Fields of the API that fold what was pasted as the pages do; text has to be a JSON string."""

from rest_framework import serializers

from mall.core import pasted
from mall.core.form_fields import UNREADABLE_DAY


class LineField(serializers.CharField):
    """Words on one line."""

    fold = staticmethod(pasted.line)

    def run_validation(self, data=serializers.empty):
        """Fold first: what is empty then is blank."""
        if data is not serializers.empty and data is not None:
            if not isinstance(data, str):
                self.fail("invalid")
            data = self.fold(data)
        return super().run_validation(data)


class NumberField(LineField):
    """A number of letters, digits and hyphens: an order's, a parcel's."""

    fold = staticmethod(pasted.number)


class CodeField(LineField):
    """A code: kept in capitals, without blanks and hyphens."""

    fold = staticmethod(pasted.code)


class DayField(serializers.DateField):
    """A day; ISO is what the document says, the ways people write one are understood too."""

    default_error_messages = {"invalid": UNREADABLE_DAY}

    def to_internal_value(self, value):
        """See REST framework."""
        if isinstance(value, str):
            try:
                value = pasted.day(value).isoformat()
            except ValueError:
                self.fail("invalid", format="YYYY-MM-DD")
        return super().to_internal_value(value)


class StrictBooleanField(serializers.BooleanField):
    """true or false, not "yes" or 1."""

    def to_internal_value(self, sent):
        """See REST framework."""
        if not isinstance(sent, bool):
            self.fail("invalid", input=sent)
        return sent
