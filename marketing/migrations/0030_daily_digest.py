"""One digest a day: the shop's choice and hour, and what members chose for themselves."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0014_traces"),
        ("marketing", "0029_webhooks_by_endpoint"),
    ]

    operations = [
        migrations.CreateModel(
            name="DigestChoice",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="digest_choice",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="member",
                    ),
                ),
                ("is_on", models.BooleanField(verbose_name="one digest a day")),
            ],
            options={
                "verbose_name": "digest preference",
                "verbose_name_plural": "digest preferences",
            },
        ),
        migrations.AddField(
            model_name="contactpolicy",
            name="daily_digest",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text=(
                    "What is not urgent gathers until the hour below and leaves as one message. "
                    "Members choose for themselves; this holds for those who chose nothing."
                ),
                verbose_name="one digest a day",
            ),
        ),
        migrations.AddField(
            model_name="contactpolicy",
            name="digest_hour",
            field=models.PositiveSmallIntegerField(
                db_default=9,
                default=9,
                help_text="8 to 21, shop time.",
                validators=[
                    django.core.validators.MinValueValidator(8),
                    django.core.validators.MaxValueValidator(21),
                ],
                verbose_name="hour of the digest",
            ),
        ),
    ]
