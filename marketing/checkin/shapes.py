"""The answers of the check-in in API v1, by their shapes."""

from rest_framework import serializers

from mall.core.shapes import Shape
from marketing.models import CheckIn


class MilestoneSerializer(Shape):
    """A bonus for days in a row."""

    days = serializers.IntegerField()
    points = serializers.IntegerField()


class NextMilestoneSerializer(MilestoneSerializer):
    missing = serializers.IntegerField(help_text="Days in a row that are left to it.")


class ReachedMissionSerializer(Shape):
    """A mission that the check-in completed."""

    code = serializers.CharField()
    title = serializers.CharField()
    points = serializers.IntegerField()
    coupon = serializers.CharField(allow_blank=True, help_text="Its name; empty without one.")
    is_paid = serializers.BooleanField(help_text="False: the reward waits to be collected.")


class CheckInSerializer(Shape):
    on = serializers.DateField()
    kind = serializers.ChoiceField(
        CheckIn.Kind.choices,
        help_text="checked, made_up (bought later), or shielded (it only keeps the streak).",
    )
    streak = serializers.IntegerField()
    points = serializers.IntegerField()


class CheckedInSerializer(Shape):
    on = serializers.DateField()
    streak = serializers.IntegerField()
    points = serializers.IntegerField(help_text="What the day itself gave.")
    available = serializers.IntegerField(help_text="Points to spend after all of it.")
    set_aside = serializers.IntegerField(
        help_text="Points that wait until the review of the account is over."
    )
    milestones = MilestoneSerializer(many=True, help_text="Those reached and paid by it.")
    missions = ReachedMissionSerializer(many=True, help_text="Those completed by it.")
    shielded = serializers.ListField(
        child=serializers.DateField(), help_text="Missed days that shields covered with it."
    )


class ShieldsSerializer(Shape):
    a_month = serializers.IntegerField(help_text="What the caller's tier gives.")
    left = serializers.IntegerField(help_text="Those left this month.")
    saving = serializers.ListField(
        child=serializers.DateField(),
        help_text="Missed days that today's check-in will cover.",
    )


class MakeUpPriceSerializer(Shape):
    price = serializers.IntegerField(
        allow_null=True, help_text="Points the next day costs; null: no more just now."
    )
    left = serializers.IntegerField(help_text="How many more days may be made up.")
    days = serializers.IntegerField(help_text="Missed days that may be; see checkins/make-up.")


class CheckInsSerializer(Shape):
    month = serializers.CharField()
    checked_in_today = serializers.BooleanField()
    streak = serializers.IntegerField(help_text="Days in a row that are alive today.")
    points_today = serializers.IntegerField(help_text="What today gave, or would give.")
    points_tomorrow = serializers.IntegerField(
        help_text="What tomorrow gives after checking in today."
    )
    next_milestone = NextMilestoneSerializer(allow_null=True)
    shields = ShieldsSerializer()
    make_up = MakeUpPriceSerializer()
    outage_days = serializers.ListField(
        child=serializers.DateField(),
        help_text="Days of the month on which the shop was away: they end nobody's streak.",
    )
    count = serializers.IntegerField()
    results = CheckInSerializer(many=True)


class MissedSerializer(Shape):
    on = serializers.DateField()
    price = serializers.IntegerField(help_text="Points.")
    streak = serializers.IntegerField(help_text="The streak of today it leads to.")
    joins = serializers.BooleanField(
        help_text="False: days after it are missed as well, so today's streak stays as it is."
    )


class MakeUpsSerializer(Shape):
    window_days = serializers.IntegerField(help_text="How far back a day may be made up.")
    most = serializers.IntegerField(help_text="How many days of the window may be.")
    left = serializers.IntegerField(help_text="How many more.")
    price = serializers.IntegerField(allow_null=True, help_text="Points; null when none is left.")
    streak = serializers.IntegerField(help_text="Days in a row that are alive today.")
    days = MissedSerializer(many=True)


class MadeUpSerializer(Shape):
    on = serializers.DateField()
    price = serializers.IntegerField(help_text="Points that were paid.")
    streak = serializers.IntegerField(help_text="Days in a row that are alive today.")
    available = serializers.IntegerField(help_text="Points to spend after it.")
    milestones = MilestoneSerializer(many=True, help_text="Those reached and paid by it.")
