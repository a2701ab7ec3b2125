"""The least valid rows of marketing, for days the verbs cannot be asked to live through one by one."""

import factory

from marketing.models import CheckIn, DailyActivity, Notification


class CheckInFactory(factory.django.DjangoModelFactory):
    """A past check-in without its points: for streaks and calendars."""

    class Meta:
        model = CheckIn

    streak = 1
    points = 20


class NotificationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Notification

    kind = Notification.Kind.ORDER_PAID
    key = factory.Sequence(lambda n: f"order:{n}:paid")
    params = factory.Sequence(lambda n: {"no": f"20261120-{n}"})
    url = "/orders/"


class ActivityFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = DailyActivity

    action = DailyActivity.Action.SIGN_IN
