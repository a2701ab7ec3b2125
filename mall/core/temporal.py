"""Rows that remember how they were: a fact that is heard late is judged by what was valid when it
happened (docs/decisions/0034-valid-when-it-happened.md).
"""

import copy
from datetime import datetime

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from mall.core import clock
from mall.core.transactions import transactional

MOST_FORMER = 50


class Temporal(models.Model):
    """A row an operator changes now and then. ``save`` keeps what it said until then of the fields
    in REMEMBERED; a row that was never changed costs nothing.
    """

    REMEMBERED: tuple[str, ...] = ()

    changed_at = models.DateTimeField(null=True, editable=False)
    # [[until, {field: value}], ...], the oldest first
    former = models.JSONField(null=True, editable=False, encoder=DjangoJSONEncoder)

    class Meta:
        abstract = True

    @transactional
    def save(self, *args, **kwargs):
        if not self._state.adding:
            self._remember(kwargs)
        super().save(*args, **kwargs)

    def _remember(self, kwargs):
        # Two operators may save at once; the second must remember what the first said.
        rows = type(self).objects.select_for_update().filter(pk=self.pk).order_by()
        before = rows.values(*self.REMEMBERED, "former").first()
        if before is None:
            return
        former = before.pop("former") or []
        if any(getattr(self, name) != value for name, value in before.items()):
            self.changed_at = clock.now()
            self.former = [*former, [self.changed_at, before]][-MOST_FORMER:]
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "changed_at", "former"}

    def as_of(self, at: datetime):
        """Return the row as it was at an instant: itself, or a copy that is not for saving."""
        if self.changed_at is None or self.changed_at <= at:
            return self
        for until, said in self.former or ():
            if at < self._meta.get_field("changed_at").to_python(until):
                then = copy.copy(self)
                for name, value in said.items():
                    setattr(then, name, self._field(name).to_python(value))
                return then
        return self

    def _field(self, name):
        field = self._meta.get_field(name.removesuffix("_id"))
        return field.target_field if field.is_relation else field
