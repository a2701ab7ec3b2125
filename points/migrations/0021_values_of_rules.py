"""Values of both: at certain steps, and what multiplies."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("points", "0020_milestone_rule"),
    ]

    operations = [
        migrations.AlterField(
            model_name="ruleversion",
            name="value",
            field=models.CharField(
                choices=[
                    ("fixed", "Fixed"),
                    ("per_yuan", "Per yuan"),
                    ("table", "Table by step"),
                    ("steps", "At certain steps"),
                    ("given", "What the fact itself is worth"),
                    ("percent", "Multiplies what others pay"),
                ],
                default="fixed",
                max_length=8,
                verbose_name="Value",
            ),
        ),
    ]
