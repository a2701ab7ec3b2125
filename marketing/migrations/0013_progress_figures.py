from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("marketing", "0012_facts_have_a_time"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # Added before the other goes: the foreign key of missions stands on one of them.
        migrations.AddIndex(
            model_name="missionprogress",
            index=models.Index(fields=["mission", "completed_at", "paid"], name="progress_figures"),
        ),
        migrations.RemoveIndex(model_name="missionprogress", name="progress_of_mission"),
    ]
