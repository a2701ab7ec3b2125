"""The project's own tables: which periodic job has run for which period, and what operators did."""

from mall.core.models.audit import AuditRow
from mall.core.models.job_run import JobRun

__all__ = ["AuditRow", "JobRun"]
