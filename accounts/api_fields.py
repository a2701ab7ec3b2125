"""Fields that the endpoints about members share."""

from rest_framework import serializers

from accounts.profile import check_line
from mall.core import api_fields


class LineField(api_fields.LineField):
    """Text on one line, without characters that cannot be shown."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.validators.append(check_line)


class StrictBooleanField(serializers.BooleanField):
    """true or false, not "yes" or 1."""

    def to_internal_value(self, sent):
        if not isinstance(sent, bool):
            self.fail("invalid", input=sent)
        return sent
