"""What brings members back: check-ins, notices in the inbox, and the days counted up for
reports.
"""

from marketing.models.checkin import CheckIn
from marketing.models.event import CustomEvent
from marketing.models.figures import DailyActivity, DailyRollup
from marketing.models.forecast import RepurchaseForecast
from marketing.models.history import HistoryCustomer, HistoryLine, HistoryOrder
from marketing.models.history_import import HistoryImport
from marketing.models.mission import Mission, MissionFact, MissionProgress
from marketing.models.notification import Delivery, Notification, Preference
from marketing.models.recommendation import Affinity, CoPurchase, ShelfDay
from marketing.models.rollup import CohortDay, LateDay, MemberDay, ReportSnapshot, RuleDay
from marketing.models.share import ShareDevice, ShareLanding

__all__ = [
    "Affinity",
    "CheckIn",
    "CoPurchase",
    "CohortDay",
    "CustomEvent",
    "DailyActivity",
    "DailyRollup",
    "Delivery",
    "HistoryCustomer",
    "HistoryImport",
    "HistoryLine",
    "HistoryOrder",
    "LateDay",
    "MemberDay",
    "Mission",
    "MissionFact",
    "MissionProgress",
    "Notification",
    "Preference",
    "ReportSnapshot",
    "RepurchaseForecast",
    "RuleDay",
    "ShareDevice",
    "ShareLanding",
    "ShelfDay",
]
