"""Fields that the endpoints about members share."""

from accounts.profile import check_line
from mall.core import api_fields


class LineField(api_fields.LineField):
    """Text on one line, without characters that cannot be shown."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.validators.append(check_line)
