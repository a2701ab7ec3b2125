"""What tiers earned at an instant is still known once that was changed."""

import django.core.serializers.json
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("points", "0022_risk_rules"),
    ]

    operations = [
        migrations.AddField(
            model_name="tierlevel",
            name="former",
            field=models.JSONField(
                editable=False, encoder=django.core.serializers.json.DjangoJSONEncoder, null=True
            ),
        ),
    ]
