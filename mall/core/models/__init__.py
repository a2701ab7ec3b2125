"""The project's own tables: which periodic job has run for which period, what operators did, and
what the shop says of itself.
"""

from mall.core.models.audit import AuditRow
from mall.core.models.face import HomeBlock, ShopFace, ShopPage
from mall.core.models.job_run import JobRun
from mall.core.models.setup_step import SetupStep

__all__ = ["AuditRow", "HomeBlock", "JobRun", "SetupStep", "ShopFace", "ShopPage"]
