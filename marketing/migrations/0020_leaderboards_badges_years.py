import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import mall.core.clock


def member(related_name, *, index=True):
    return models.ForeignKey(
        db_constraint=False,
        db_index=index,
        on_delete=django.db.models.deletion.CASCADE,
        related_name=related_name,
        to=settings.AUTH_USER_MODEL,
        verbose_name="member",
    )


def key():
    return models.BigAutoField(
        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("marketing", "0019_check_in_days"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Board",
            fields=[
                ("id", key()),
                (
                    "period",
                    models.CharField(
                        choices=[("week", "Week"), ("month", "Month")],
                        max_length=5,
                        verbose_name="Period",
                    ),
                ),
                ("starts_on", models.DateField(verbose_name="First day")),
                ("ends_on", models.DateField(verbose_name="Last day")),
                (
                    "frozen_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="Frozen"),
                ),
            ],
            options={
                "verbose_name": "Leaderboard",
                "verbose_name_plural": "Leaderboards",
                "ordering": ["-starts_on", "period"],
                "indexes": [models.Index(fields=["frozen_at", "ends_on"], name="board_open")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("period", "starts_on"), name="one_board_a_period"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BoardScore",
            fields=[
                ("id", key()),
                ("points", models.PositiveBigIntegerField(verbose_name="points")),
                (
                    "board",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="scores",
                        to="marketing.board",
                        verbose_name="Leaderboard",
                    ),
                ),
                ("user", member("board_scores")),
            ],
            options={
                "verbose_name": "Score on a leaderboard",
                "verbose_name_plural": "Scores on leaderboards",
                "ordering": ["-points", "pk"],
                "indexes": [models.Index(fields=["board", "points", "user"], name="score_by_rank")],
                "constraints": [
                    models.UniqueConstraint(fields=("board", "user"), name="one_score_a_member"),
                    models.CheckConstraint(
                        condition=models.Q(("points__gte", 1)), name="score_of_something"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Contestant",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="contestant",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="member",
                    ),
                ),
                (
                    "counted_seq",
                    models.PositiveIntegerField(default=0, verbose_name="Entries counted"),
                ),
                ("is_shown", models.BooleanField(default=True, verbose_name="Takes part")),
            ],
            options={"verbose_name": "Contestant", "verbose_name_plural": "Contestants"},
        ),
        migrations.CreateModel(
            name="MemberBadge",
            fields=[
                ("id", key()),
                (
                    "code",
                    models.CharField(
                        choices=[
                            ("first_order", "First order"),
                            ("ten_orders", "Ten orders"),
                            ("ten_reviews", "Ten reviews"),
                            ("streak_30", "30 days in a row"),
                            ("streak_100", "100 days in a row"),
                            ("year", "A year together"),
                            ("top_three", "Top three of a month"),
                            ("top_tier", "Highest tier"),
                        ],
                        max_length=16,
                        verbose_name="Badge",
                    ),
                ),
                ("earned_on", models.DateField(verbose_name="Earned on")),
                ("user", member("badges", index=False)),
            ],
            options={
                "verbose_name": "Badge of a member",
                "verbose_name_plural": "Badges of members",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("user", "code"), name="one_badge_of_a_kind")
                ],
            },
        ),
        migrations.CreateModel(
            name="YearShare",
            fields=[
                ("id", key()),
                ("year", models.PositiveSmallIntegerField(verbose_name="Year")),
                (
                    "created_at",
                    models.DateTimeField(default=mall.core.clock.now, verbose_name="Shared"),
                ),
                ("user", member("year_shares", index=False)),
            ],
            options={
                "verbose_name": "Shared year",
                "verbose_name_plural": "Shared years",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("user", "year"), name="one_share_a_year")
                ],
            },
        ),
        migrations.AlterField(
            model_name="notification",
            name="kind",
            field=models.CharField(
                choices=[
                    ("order_paid", "Order paid"),
                    ("order_shipped", "Order shipped"),
                    ("order_completed", "Order completed"),
                    ("order_cancelled", "Order cancelled"),
                    ("order_note", "Note about an order"),
                    ("refund_requested", "Refund asked for"),
                    ("refund_approved", "Refund approved"),
                    ("refund_rejected", "Refund rejected"),
                    ("order_refunded", "Order refunded"),
                    ("points_earned", "Points earned"),
                    ("points_spent", "Points spent"),
                    ("points_expiring", "Points expire soon"),
                    ("points_adjusted", "Points corrected by the shop"),
                    ("streak_at_risk", "Streak at risk"),
                    ("mission_completed", "Mission completed"),
                    ("profile_completed", "Profile completed"),
                    ("birthday", "Happy birthday"),
                    ("tier_risen", "New tier"),
                    ("badge_earned", "New badge"),
                    ("review_published", "Review published"),
                    ("review_rejected", "Review not published"),
                    ("coupon_granted", "New coupon"),
                    ("coupon_expiring", "Coupon expires soon"),
                    ("flash_starting", "Flash redemption starts"),
                    ("back_in_stock", "Back in stock"),
                    ("earning_paused", "Earning paused for a review"),
                    ("earning_resumed", "Earning goes on"),
                    ("new_sign_in", "Sign-in on a new device"),
                ],
                max_length=32,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="preference",
            name="kind",
            field=models.CharField(
                choices=[
                    ("order_paid", "Order paid"),
                    ("order_shipped", "Order shipped"),
                    ("order_completed", "Order completed"),
                    ("order_cancelled", "Order cancelled"),
                    ("order_note", "Note about an order"),
                    ("refund_requested", "Refund asked for"),
                    ("refund_approved", "Refund approved"),
                    ("refund_rejected", "Refund rejected"),
                    ("order_refunded", "Order refunded"),
                    ("points_earned", "Points earned"),
                    ("points_spent", "Points spent"),
                    ("points_expiring", "Points expire soon"),
                    ("points_adjusted", "Points corrected by the shop"),
                    ("streak_at_risk", "Streak at risk"),
                    ("mission_completed", "Mission completed"),
                    ("profile_completed", "Profile completed"),
                    ("birthday", "Happy birthday"),
                    ("tier_risen", "New tier"),
                    ("badge_earned", "New badge"),
                    ("review_published", "Review published"),
                    ("review_rejected", "Review not published"),
                    ("coupon_granted", "New coupon"),
                    ("coupon_expiring", "Coupon expires soon"),
                    ("flash_starting", "Flash redemption starts"),
                    ("back_in_stock", "Back in stock"),
                    ("earning_paused", "Earning paused for a review"),
                    ("earning_resumed", "Earning goes on"),
                    ("new_sign_in", "Sign-in on a new device"),
                ],
                max_length=32,
                verbose_name="kind",
            ),
        ),
    ]
