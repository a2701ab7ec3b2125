import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import mall.core.clock
import mall.core.encryption


class Migration(migrations.Migration):
    """Two tables of their own; no row of a member is touched."""

    dependencies = [
        ("accounts", "0012_nicknames_found"),
    ]

    operations = [
        migrations.CreateModel(
            name="PhoneNumber",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="phone_number",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="member",
                    ),
                ),
                ("phone", mall.core.encryption.EncryptedTextField(verbose_name="phone number")),
                (
                    "phone_mark",
                    models.CharField(
                        max_length=16,
                        null=True,
                        unique=True,
                        verbose_name="mark of the phone number",
                    ),
                ),
                (
                    "proved_at",
                    models.DateTimeField(default=mall.core.clock.now, verbose_name="confirmed"),
                ),
            ],
            options={
                "verbose_name": "phone number of a member",
                "verbose_name_plural": "phone numbers of members",
            },
        ),
        migrations.CreateModel(
            name="WeChatPerson",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("unionid", mall.core.encryption.EncryptedTextField(verbose_name="unionid")),
                (
                    "unionid_mark",
                    models.CharField(
                        max_length=16, null=True, unique=True, verbose_name="mark of the unionid"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="wechat_persons",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="member",
                    ),
                ),
            ],
            options={
                "verbose_name": "WeChat person",
                "verbose_name_plural": "WeChat persons",
            },
        ),
    ]
