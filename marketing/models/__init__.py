"""What brings members back: check-ins, notices in the inbox, and the days counted up for
reports.
"""

from marketing.models.badge import MemberBadge
from marketing.models.campaign import Campaign, CampaignMember
from marketing.models.channel import (
    Channel,
    ChannelChoice,
    ContactPolicy,
    DigestChoice,
    Message,
    PushDevice,
    Reach,
    WeChatGrant,
)
from marketing.models.checkin import CheckIn, CheckInPolicy, OutageDay
from marketing.models.draw import Draw, DrawPrize
from marketing.models.draw_ticket import DrawGoods, DrawTicket
from marketing.models.event import CustomEvent
from marketing.models.figures import DailyActivity, DailyRollup
from marketing.models.forecast import RepurchaseForecast
from marketing.models.history import HistoryCustomer, HistoryLine, HistoryOrder
from marketing.models.history_import import HistoryImport
from marketing.models.leaderboard import Board, BoardScore, Contestant
from marketing.models.liability import LotMonth, MonthStatement
from marketing.models.mission import Mission
from marketing.models.mission_progress import MissionFact, MissionProgress
from marketing.models.notification import Delivery, Notification, Preference
from marketing.models.recommendation import Affinity, CoPurchase, ShelfDay
from marketing.models.referral import Referral
from marketing.models.rollup import CohortDay, LateDay, MemberDay, ReportSnapshot, RuleDay
from marketing.models.segment import MemberTag, Segment
from marketing.models.share import ShareDevice, ShareLanding
from marketing.models.webhook import WebhookDelivery, WebhookEndpoint
from marketing.models.year import YearShare

__all__ = [
    "Affinity",
    "Board",
    "BoardScore",
    "Campaign",
    "CampaignMember",
    "Channel",
    "ChannelChoice",
    "CheckIn",
    "CheckInPolicy",
    "CoPurchase",
    "CohortDay",
    "ContactPolicy",
    "DigestChoice",
    "Contestant",
    "CustomEvent",
    "DailyActivity",
    "DailyRollup",
    "Delivery",
    "Draw",
    "DrawGoods",
    "DrawPrize",
    "DrawTicket",
    "HistoryCustomer",
    "HistoryImport",
    "HistoryLine",
    "HistoryOrder",
    "LateDay",
    "LotMonth",
    "MemberBadge",
    "MemberDay",
    "MemberTag",
    "Message",
    "Mission",
    "MissionFact",
    "MissionProgress",
    "MonthStatement",
    "Notification",
    "OutageDay",
    "Preference",
    "Referral",
    "PushDevice",
    "Reach",
    "ReportSnapshot",
    "RepurchaseForecast",
    "RuleDay",
    "Segment",
    "ShareDevice",
    "ShareLanding",
    "ShelfDay",
    "WeChatGrant",
    "WebhookDelivery",
    "WebhookEndpoint",
    "YearShare",
]
