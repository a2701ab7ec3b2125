"""What the shop owes in points, month by month: lots by the month they end in, and statements that
never change.
"""

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from mall.core import clock
from mall.core.append_only import AppendOnly


class LotMonth(models.Model):
    """What became in one month of the points that end in another; counted from the entries' lots,
    and counted again at any time.

    ``ends`` is the first day of the month the points end in, NEVER of those that do not.
    """

    pk = models.CompositePrimaryKey("month", "ends")
    month = models.DateField()
    ends = models.DateField()
    issued = models.BigIntegerField(default=0)
    # spent without what came back
    used = models.BigIntegerField(default=0)
    expired = models.BigIntegerField(default=0)
    # taken back, corrected, moved by a return to a day that is over
    other = models.BigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["ends", "month"], name="lot_month_by_end")]

    def __str__(self):
        return f"{self.month:%Y-%m} {self.ends:%Y-%m}"


class MonthStatement(AppendOnly):
    """A month as the books said when it was closed. Never changed afterwards: what is posted later
    with a day of this month stands in the next statement, as ``late``.

    Points, with the sign by which they change what is owed; ``yuan`` by the dated rate.
    """

    month = models.DateField(_("month"), primary_key=True)
    made_at = models.DateTimeField(_("made at"), default=clock.now)
    issued = models.BigIntegerField(_("issued"))
    redeemed = models.BigIntegerField(_("redeemed"))
    expired = models.BigIntegerField(_("expired"))
    adjusted = models.BigIntegerField(_("adjusted"))
    late = models.BigIntegerField(_("of earlier months"), default=0)
    owed = models.BigIntegerField(_("owed at the end"))
    rate = models.PositiveIntegerField(_("points for one yuan"), null=True)
    worth = models.DecimalField(
        _("worth in yuan"), max_digits=14, decimal_places=2, default=Decimal(0)
    )
    # of what is owed, as it was expected then; NULL: nobody could tell
    breakage = models.BigIntegerField(_("expected to expire"), null=True)
    lines = models.JSONField(_("journal lines"), default=list)
    ladder = models.JSONField(_("what ends when"), default=list)

    class Meta:
        verbose_name = _("month-end statement")
        verbose_name_plural = _("month-end statements")
        ordering = ["-month"]

    def __str__(self):
        return f"{self.month:%Y-%m}"
