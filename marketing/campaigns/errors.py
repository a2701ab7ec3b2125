"""What campaigns refuse."""

from django.utils.translation import gettext_lazy as _

from mall.core.errors import DomainError


class CampaignNotReady(DomainError):
    """Something is missing before it can start; ``field`` names what."""

    code = "campaign_not_ready"
    message = _("This campaign cannot start like this.")


class CampaignFixed(DomainError):
    """Only a draft is changed: what was promised and how it is measured stay as they were."""

    code = "campaign_fixed"
    message = _("Only a draft can be changed; this campaign was scheduled already.")


class CampaignMoved(DomainError):
    """A colleague or the clock was faster; numbers: status."""

    code = "illegal_transition"
    message = _("This campaign is “%(status)s” by now, so that is not possible.")


class BudgetTooSmall(DomainError):
    """A budget is only made larger once a campaign is scheduled."""

    code = "budget_too_small"
    message = _("A budget can only be made larger now; it is %(points)s points and ¥%(yuan)s.")
