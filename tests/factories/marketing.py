"""The least valid rows of marketing, for days the verbs cannot be asked to live through one by
one.
"""

import factory

from marketing.models import CheckIn, DailyActivity, Mission, Notification


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


class MissionFactory(factory.django.DjangoModelFactory):
    """An open mission: check in once, 10 points, by itself."""

    class Meta:
        model = Mission

    code = factory.Sequence(lambda n: f"mission-{n}")
    title_zh_hans = factory.Sequence(lambda n: f"任务{n}")
    title_en = factory.Sequence(lambda n: f"Mission {n}")
    event = Mission.Event.CHECKIN
    points = 10
    is_automatic = True
    status = Mission.Status.ACTIVE
