"""Draw the columns of 0006 for the goods that are there, a thousand a statement."""

from django.db import migrations
from django.db.models import Case, Count, DecimalField, Max, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce

AT_ONCE = 1000
YUAN = DecimalField(max_digits=12, decimal_places=2)


def draw(apps, schema_editor):
    products = apps.get_model("catalog", "Product").objects.order_by()
    skus = apps.get_model("catalog", "Sku").objects
    offered = skus.filter(product=OuterRef("pk"), is_active=True)
    cheapest = offered.order_by("points_price", "cash_price", "id")
    count = offered.order_by().values("product").annotate(n=Count("pk")).values("n")
    in_points = When(pay_mode__in=["points", "points_cash"], then=Value(False))
    last = products.aggregate(last=Max("pk"))["last"] or 0
    for start in range(0, last + 1, AT_ONCE):
        products.filter(pk__gte=start, pk__lt=start + AT_ONCE).update(
            choices=Coalesce(Subquery(count), 0),
            lowest_points=Coalesce(Subquery(cheapest.values("points_price")[:1]), 0),
            lowest_cash=Coalesce(
                Subquery(cheapest.values("cash_price")[:1]), Value(0), output_field=YUAN
            ),
            is_yuan_priced=Case(in_points, default=Value(True)),
        )


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_lowest_prices")]
    operations = [migrations.RunPython(draw, migrations.RunPython.noop)]
