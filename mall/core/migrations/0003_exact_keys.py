"""Keys compare as bytes (docs/decisions/0018): until this ran, ``/readyz`` says that a migration is pending.

On a shop with members it rebuilds each table that holds text, once. Every later ``migrate`` ends with the same step.
"""

from django.db import migrations

from mall.database import collations


def mend(apps, editor):
    collations.mend(editor.connection)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("mall", "0002_audit_log")]
    # Earlier code works on exact columns as well, so there is nothing to undo.
    operations = [migrations.RunPython(mend, migrations.RunPython.noop)]
