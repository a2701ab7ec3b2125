"""Refusals named by the business. A door turns one into a sentence or a 4xx answer."""

from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """A refusal that left nothing changed.

    Subclasses set ``code`` (stable, for programs), ``status`` (what the API answers) and
    ``message`` (translatable, with ``%(name)s`` places filled from ``numbers``); ``field`` where
    one field of the request is to blame; and where waiting mends it, ``retry_after_seconds``.
    """

    code = "refused"
    status = 409
    message = _("This is not possible right now.")
    field = None
    retry_after_seconds = None

    def __init__(self, message=None, *, field=None, **numbers):
        self.numbers = numbers
        if field is not None:
            self.field = field
        if message is not None:
            self.message = message
        super().__init__(self.code)

    def __str__(self):
        return str(self.message) % self.numbers if self.numbers else str(self.message)


class Busy(DomainError):
    """The database stayed contended for longer than a shopper should wait; trying again is safe."""

    code = "busy"
    status = 503
    message = _("The shop is very busy. Nothing was changed; please try again in a moment.")
    retry_after_seconds = 2


class Interrupted(Busy):
    """The database left in the midst of something that no retry of ours covers: what came before it
    may be done.
    """

    message = _(
        "The shop is very busy. Please try again in a moment; look first whether it has been done "
        "already."
    )
