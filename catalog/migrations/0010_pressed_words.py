"""What a search seeks, as people type it (docs/decisions/0069).

The release before this one neither reads nor writes the new columns; what it edits meanwhile is
drawn by the next catalog.refresh_popularity.
"""

from django.db import migrations, models

from catalog.models.words import SAID_IN, pressed_of
from catalog.spelling import sounds

AT_ONCE = 500
NEW = ["pressed", "sounds", "pressed_from"]


def draw(apps, schema_editor):
    rows = apps.get_model("catalog", "ProductWords").objects.select_related("product")
    rows = rows.only("product_id", *(f"product__{name}" for name in (*SAID_IN, "updated_at")))
    last = 0
    while some := list(rows.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        for row in some:
            product = row.product
            row.pressed = pressed_of(product)
            row.sounds = sounds(product.name_zh_hans or "").encode()
            row.pressed_from = product.updated_at
        rows.model.objects.bulk_update(some, NEW)
        last = some[-1].pk


class Migration(migrations.Migration):
    dependencies = [("catalog", "0009_lists_by_state")]
    operations = [
        migrations.AddField("productwords", "pressed", models.BinaryField(null=True)),
        migrations.AddField("productwords", "sounds", models.BinaryField(null=True)),
        migrations.AddField("productwords", "pressed_from", models.DateTimeField(null=True)),
        migrations.RunPython(draw, migrations.RunPython.noop),
    ]
