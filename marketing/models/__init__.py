"""What brings members back: check-ins, notices in the inbox, and the days counted up for reports."""

from marketing.models.checkin import CheckIn
from marketing.models.event import CustomEvent
from marketing.models.figures import DailyActivity, DailyRollup
from marketing.models.mission import Mission, MissionFact, MissionProgress
from marketing.models.notification import Delivery, Notification, Preference
from marketing.models.share import ShareDevice, ShareLanding

__all__ = [
    "CheckIn",
    "CustomEvent",
    "DailyActivity",
    "DailyRollup",
    "Delivery",
    "Mission",
    "MissionFact",
    "MissionProgress",
    "Notification",
    "Preference",
    "ShareDevice",
    "ShareLanding",
]
