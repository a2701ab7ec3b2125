"""Refusals about a file of members."""

from django.utils.translation import gettext_lazy as _

from mall.core import file_jobs
from mall.core.errors import DomainError


class FileKnown(file_jobs.FileRefused):
    """The same members were let in before."""

    code = "file_known"
    status = 409
    message = _("These very members were brought as “%(name)s” already. Nothing was done again.")


class SamePerson(DomainError):
    """Whoever brought a file is not the one who lets it in."""

    code = "same_person"
    status = 403
    message = _("You brought this file yourself. A colleague must let it in.")


class NothingToBring(DomainError):
    """No member of the file would move in."""

    code = "nothing_in_file"
    status = 409
    message = _("No member of this file would move in, so there is nothing to do.")
