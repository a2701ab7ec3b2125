"""Refusals about a file of corrections."""

from django.utils.translation import gettext_lazy as _

from mall.core import clock
from mall.core.errors import DomainError


class FileKnown(DomainError):
    """The same file was posted before."""

    code = "file_known"
    status = 409
    message = _("This very file was already posted as “%(name)s”. Nothing was posted again.")


class TwinPosted(DomainError):
    """Equal lines were posted from another file within DAYS_ASKED days."""

    code = "rows_known"
    status = 409
    message = _(
        "The same lines were posted on %(on)s already, as “%(name)s”. If they are meant once more, "
        "post them anyway."
    )

    @classmethod
    def about(cls, twin):
        """Return the refusal about a file that was posted."""
        return cls(name=twin.name, on=f"{clock.day_of(twin.posted_at)}")


class RowsWrong(DomainError):
    """Some lines cannot be posted, so none is."""

    code = "rows_wrong"
    status = 409
    message = _(
        "Some lines cannot be posted. Please mend the file and upload it again; nothing was posted."
    )


class ColleagueNeeded(DomainError):
    """The file moves more in all than one person may, or than this person may still today."""

    code = "colleague_needed"
    status = 403
    message = _(
        "This file moves more than %(limit)s points in all: a colleague who may approve "
        "adjustments must post it."
    )
    day_message = _(
        "With what you adjusted today this file moves more than %(limit)s points: a colleague who "
        "may approve adjustments must post it."
    )


class BatchDone(DomainError):
    """The file was posted or undone meanwhile."""

    code = "batch_done"
    status = 409
    message = _("This file was already posted or undone.")
