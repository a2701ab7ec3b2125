"""The project's own tables: which periodic job has run for which period, and what operators did."""

from mall.models.audit import AuditRow
from mall.models.job_run import JobRun

__all__ = ["AuditRow", "JobRun"]
