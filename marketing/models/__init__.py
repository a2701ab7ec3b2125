"""What brings members back: check-ins, notices in the inbox, and the days counted up for reports."""

from marketing.models.checkin import CheckIn
from marketing.models.figures import DailyActivity, DailyRollup
from marketing.models.notification import Delivery, Notification, Preference

__all__ = ["CheckIn", "DailyActivity", "DailyRollup", "Delivery", "Notification", "Preference"]
