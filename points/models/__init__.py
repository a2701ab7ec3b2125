"""The books, the rules, and what people decide about points. Only points/ledger.py writes accounts
and entries.
"""

from points.models.adjustments import Adjustment, AdjustmentBatch
from points.models.back_tests import BackTest
from points.models.books import SEQ_BITS, SEQ_SPAN, LedgerEntry, PointAccount
from points.models.budgets import Budget
from points.models.cases import PointsPolicy, RiskCase
from points.models.events import Event, Parked
from points.models.grants import Grant, TakeBack
from points.models.moving_in import MemberImport, MovedMember
from points.models.rates import ExchangeRate
from points.models.risk_rules import RiskRule, RiskSighting
from points.models.rules import Rule, RuleVersion
from points.models.set_aside import SetAside
from points.models.tiers import LEVELS, MemberTier, TierLevel

__all__ = [
    "LEVELS",
    "SEQ_BITS",
    "SEQ_SPAN",
    "Adjustment",
    "AdjustmentBatch",
    "BackTest",
    "Budget",
    "Event",
    "ExchangeRate",
    "Grant",
    "LedgerEntry",
    "MemberImport",
    "MemberTier",
    "MovedMember",
    "Parked",
    "PointAccount",
    "PointsPolicy",
    "RiskCase",
    "RiskRule",
    "RiskSighting",
    "Rule",
    "RuleVersion",
    "SetAside",
    "TakeBack",
    "TierLevel",
]
