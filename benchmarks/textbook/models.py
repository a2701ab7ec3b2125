"""Six tables with foreign keys, as one would draw them on a board."""

from django.conf import settings
from django.db import models


class Wallet(models.Model):
    """A member's points."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="wallet")
    points = models.PositiveIntegerField(default=0)


class Category(models.Model):
    """A shelf."""

    name = models.CharField(max_length=120)


class Item(models.Model):
    """A product with its stock in the same row."""

    category = models.ForeignKey(Category, models.PROTECT)
    name = models.CharField(max_length=120)
    summary = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    price = models.PositiveIntegerField()
    stock = models.PositiveIntegerField()


class Redemption(models.Model):
    """An order of one item."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    item = models.ForeignKey(Item, models.PROTECT)
    quantity = models.PositiveIntegerField()
    points = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)


class PointsLog(models.Model):
    """What moved a wallet."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    change = models.IntegerField()
    reason = models.CharField(max_length=50)
    created_at = models.DateTimeField(auto_now_add=True)


class Visit(models.Model):
    """A check-in."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    on = models.DateField()
    streak = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "on"], name="textbook_one_visit_a_day")
        ]
