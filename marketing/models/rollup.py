"""What the reports read: facts of every shop day boiled down, each table rebuilt from the facts at
any time.

A *person* is a member (the user's id) or a customer of the earlier shop nobody has linked to a
member (minus the customer's id): so live and imported facts stand side by side in one column of
numbers.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from mall.core import clock


class MemberDay(models.Model):
    """One person on one shop day on which they did something themselves, and the completed orders
    placed that day.
    """

    pk = models.CompositePrimaryKey("person", "on")
    person = models.BigIntegerField()
    on = models.DateField()
    orders = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["on", "person", "orders"], name="member_day_by_day")]

    def __str__(self):
        return f"{self.person} {self.on}"


class LateDay(models.Model):
    """A mark on a past shop day whose facts changed, set in the transaction that changed them.

    Only ever inserted and deleted, never shared: two orders of one day completed at once wait for
    nothing.
    """

    on = models.DateField()
    at = models.DateTimeField(default=clock.now)

    def __str__(self):
        return str(self.on)


class CohortDay(models.Model):
    """The persons who first came on a shop day: how many came back 1, 7 and 30 days later, bought,
    and bought again.

    A figure is None until its day is over.
    """

    on = models.DateField(primary_key=True)
    size = models.PositiveIntegerField(default=0)
    d1 = models.PositiveIntegerField(null=True)
    d7 = models.PositiveIntegerField(null=True)
    d30 = models.PositiveIntegerField(null=True)
    buyers = models.PositiveIntegerField(default=0)
    repeaters = models.PositiveIntegerField(default=0)

    def __str__(self):
        return str(self.on)


class RuleDay(models.Model):
    """What one rule gave on one shop day."""

    on = models.DateField()
    rule = models.CharField(max_length=40)
    entries = models.PositiveIntegerField(default=0)
    points = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["on", "rule"], name="one_rule_a_day")]

    def __str__(self):
        return f"{self.on} {self.rule}"


class ReportSnapshot(models.Model):
    """A report that is too dear to work out while somebody waits: its figures as of a shop day."""

    name = models.CharField(_("report"), max_length=40, primary_key=True)
    as_of = models.DateField(_("as of"))
    figures = models.JSONField(default=dict)
    made_at = models.DateTimeField(_("counted at"), default=clock.now)

    class Meta:
        permissions = [("read_reports", _("Can read the reports"))]

    def __str__(self):
        return self.name
