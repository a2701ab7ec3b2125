"""The trail operators leave: one row per act, written with the act and never again."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from mall.core import audit_actions, clock
from mall.core.append_only import AppendOnly


class AuditRow(AppendOnly):
    """Who did what to which thing, why, and what it changed.

    People and things are named by text, not by keys: the row stays when they are gone.
    """

    at = models.DateTimeField(_("time"), default=clock.now, db_index=True)
    actor = models.CharField(
        _("by"), max_length=80, help_text=_("staff:<id>, member:<id> or system")
    )
    actor_name = models.CharField(_("name"), max_length=150, blank=True, default="")
    action = models.CharField(_("what was done"), max_length=60)
    target = models.CharField(
        _("to what"), max_length=120, help_text=_("model:<id>, or the thing's own reference")
    )
    target_name = models.CharField(_("its name"), max_length=200, blank=True, default="")
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")
    before = models.JSONField(_("before"), null=True, blank=True)
    after = models.JSONField(_("after"), null=True, blank=True)
    request_id = models.CharField(_("request"), max_length=64, blank=True, default="")

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["actor", "at"], name="audit_actor"),
            models.Index(fields=["action", "at"], name="audit_action"),
            models.Index(fields=["target"], name="audit_target"),
        ]

    def __str__(self):
        return f"{audit_actions.in_words(self.action)} · {self.target_name or self.target}"
