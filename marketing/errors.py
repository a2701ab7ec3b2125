"""What marketing refuses."""

from django.utils.translation import gettext_lazy as _

from mall.errors import DomainError


class AlreadyCheckedIn(DomainError):
    """The member has checked in on this shop day; nothing was changed."""

    code = "already_checked_in"
    message = _("You have already checked in today. Come back tomorrow for %(tomorrow)s points.")
