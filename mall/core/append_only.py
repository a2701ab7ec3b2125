"""Rows that are written once: whoever tries to change or delete one made a mistake in the code."""

from django.db import models


class AppendOnlyError(TypeError):
    """Somebody tried to edit a row that is only ever added."""


class AppendOnlyQuerySet(models.QuerySet):
    """No update, no delete."""

    def update(self, **changes):
        raise AppendOnlyError(self.model.__name__)

    def delete(self):
        raise AppendOnlyError(self.model.__name__)


class AppendOnly(models.Model):
    """A row that is added and never changed. Raises: AppendOnlyError."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise AppendOnlyError(type(self).__name__)
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise AppendOnlyError(type(self).__name__)
