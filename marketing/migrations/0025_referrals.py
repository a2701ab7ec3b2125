"""Who invited whom."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import mall.core.clock


class Migration(migrations.Migration):
    dependencies = [
        ("marketing", "0024_outward_and_liability"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="Referral",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "On the way"),
                            ("held", "Held for a review"),
                            ("paid", "Paid"),
                            ("void", "Not counted"),
                        ],
                        default="open",
                        max_length=5,
                        verbose_name="status",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("known", "Was a member before"),
                            ("month", "All of this month are paid already"),
                            ("closed", "The account was deleted"),
                            ("no_rule", "Invitations were not rewarded then"),
                            ("refused", "Refused after a review"),
                            ("ring", "Looks like one person or one household"),
                            ("budget", "The budget for invitations is spent"),
                        ],
                        default="",
                        max_length=8,
                        verbose_name="why",
                    ),
                ),
                (
                    "signs",
                    models.JSONField(
                        default=list,
                        help_text="Codes and counts of what is the same.",
                        verbose_name="what was seen",
                    ),
                ),
                (
                    "is_cleared",
                    models.BooleanField(default=False, verbose_name="released by a person"),
                ),
                ("joined_at", models.DateTimeField(verbose_name="joined")),
                (
                    "due_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="can be paid from"),
                ),
                (
                    "order_no",
                    models.CharField(blank=True, default="", max_length=22, verbose_name="order"),
                ),
                (
                    "inviter_points",
                    models.PositiveIntegerField(default=0, verbose_name="points of the inviter"),
                ),
                (
                    "invitee_points",
                    models.PositiveIntegerField(default=0, verbose_name="points of the new member"),
                ),
                (
                    "settled_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="settled"),
                ),
                (
                    "decided_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="decided"),
                ),
                (
                    "decision_note",
                    models.CharField(
                        blank=True, max_length=500, verbose_name="reason of the decision"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=mall.core.clock.now, verbose_name="time"),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                (
                    "invitee",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="referral",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="member",
                    ),
                ),
                (
                    "inviter",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="invited by",
                    ),
                ),
            ],
            options={
                "verbose_name": "invited member",
                "verbose_name_plural": "invited members",
                "ordering": ["-id"],
                "permissions": [("decide_referral", "Can decide about invitations")],
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(fields=["inviter", "-id"], name="referral_of_inviter"),
                    models.Index(fields=["status", "due_at"], name="referral_due"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("inviter", models.F("invitee")), _negated=True),
                        name="referral_of_another",
                    )
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
                    ("referral_joined", "Somebody came by your invitation"),
                    ("referral_held", "Invitation held for a review"),
                    ("referral_not_counted", "Invitation not counted"),
                    ("new_sign_in", "Sign-in on a new device"),
                    ("campaign", "Offer for you"),
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
                    ("referral_joined", "Somebody came by your invitation"),
                    ("referral_held", "Invitation held for a review"),
                    ("referral_not_counted", "Invitation not counted"),
                    ("new_sign_in", "Sign-in on a new device"),
                    ("campaign", "Offer for you"),
                ],
                max_length=32,
                verbose_name="kind",
            ),
        ),
    ]
