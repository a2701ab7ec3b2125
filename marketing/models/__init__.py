"""What brings members back: check-ins, notices in the inbox, and the days counted up for
reports.
"""

from marketing.models.channel import (
    Channel,
    ChannelChoice,
    Message,
    PushDevice,
    Reach,
    WeChatGrant,
)
from marketing.models.checkin import CheckIn
from marketing.models.event import CustomEvent
from marketing.models.figures import DailyActivity, DailyRollup
from marketing.models.history import HistoryCustomer, HistoryLine, HistoryOrder
from marketing.models.history_import import HistoryImport
from marketing.models.liability import LotMonth, MonthStatement
from marketing.models.mission import Mission, MissionFact, MissionProgress
from marketing.models.notification import Delivery, Notification, Preference
from marketing.models.recommendation import CoPurchase
from marketing.models.rollup import CohortDay, LateDay, MemberDay, ReportSnapshot, RuleDay
from marketing.models.share import ShareDevice, ShareLanding
from marketing.models.webhook import WebhookDelivery, WebhookEndpoint

__all__ = [
    "Channel",
    "ChannelChoice",
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
    "LotMonth",
    "MemberDay",
    "Message",
    "Mission",
    "MissionFact",
    "MissionProgress",
    "MonthStatement",
    "Notification",
    "Preference",
    "PushDevice",
    "Reach",
    "ReportSnapshot",
    "RuleDay",
    "ShareDevice",
    "ShareLanding",
    "WeChatGrant",
    "WebhookDelivery",
    "WebhookEndpoint",
]
