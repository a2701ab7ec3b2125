"""What is wrong with a table as a whole, and with one cell."""

from django.utils.translation import gettext_lazy as _

from mall.core.errors import DomainError


class UnreadableTable(DomainError):
    """The file as a whole cannot be read; the sentence names the cause and the mend."""

    code = "unreadable_file"
    status = 400
    message = _("This file cannot be read as a table.")


class BadCell(ValueError):
    """One cell says something that cannot be; the text says what."""

    def __str__(self):
        return str(self.args[0])
