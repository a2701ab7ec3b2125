"""The statements of one redemption, so that a bare connection can send them: the rows this build
writes for an order, whatever their tables are called, on copies of those tables.
"""

from benchmarks.inside import answer

# What differs from one redemption to the next, by the column's name; all else is as in the sample.
VARIED = {
    "order_id": "%(order)s",
    "reference": "'order:%(no)s'",
    "no": "'%(no)s'",
    "key": "'%(key)s'",
    "user_id": "%(member)s",
    "account_id": "%(member)s",
    "member_id": "%(member)s",
    "seq": "%(count)s",
    "n": "%(count)s",
}
# ids of entries and of facts: the member's, each in their own order
CLUSTERED = {
    "LedgerEntry": "%(member)s * 16777216 + %(count)s + {at}",
    "Event": "%(member)s * 16777216 + %(told)s + {at}",
}


def plan(*, database):
    """Return {reads, inserts, updates, members}; the first insert is the order's."""
    from django.db import connection

    from accounts.models import User
    from catalog.models import Category, Product, Sku, Stock
    from orders.models import Order
    from points.models import Event, PointAccount
    from tests.factories.orders import place, virtual_sku

    members = list(
        User.objects.filter(username__startswith="bench")
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    # of a shelf that is there: the factories count from the beginning again
    sku = virtual_sku(points=10, stock=10**7, category=Category.objects.first())
    order = place(User.objects.get(pk=members[0]), sku)
    written = [(Order, [order.pk]), *_rows_about(order)]
    inserts = [_insert(model, ids) for model, ids in written]
    copied = (PointAccount, Sku, Product, Stock)
    with connection.cursor() as cursor:
        for model in dict.fromkeys([*copied, *(model for model, _ids in written)]):
            table = model._meta.db_table
            cursor.execute(f"CREATE TABLE {database}.{table} LIKE {table}")
            if model in copied:
                cursor.execute(f"INSERT INTO {database}.{table} SELECT * FROM {table}")
    return {
        "reads": _reads(PointAccount, Order, Sku, Product, sku.pk),
        "inserts": inserts,
        "updates": _updates(PointAccount, Stock, sku.pk, len(dict(written)[Event])),
        "members": members,
    }


def _rows_about(order):
    """Yield each table beside the order's with the rows that name the order."""
    from django.apps import apps

    for model in apps.get_models():
        columns = {field.column for field in model._meta.local_concrete_fields}
        if "order_id" in columns:
            ids = model._base_manager.filter(order_id=order.pk)
        elif "reference" in columns:
            ids = model._base_manager.filter(reference=order.reference)
        else:
            continue
        ids = list(ids.values_list("pk", flat=True))
        if ids:
            yield model, ids


def _insert(model, ids) -> str:
    """Return one INSERT of rows like these."""
    from django.db import connection, models

    key = model._meta.pk
    is_numbered = isinstance(key, models.AutoField | models.BigAutoField)
    fields = [one for one in model._meta.local_concrete_fields if not (one is key and is_numbered)]
    names = ", ".join(f"`{field.column}`" for field in fields)
    marks = ", ".join(["%s"] * len(ids))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {names} FROM {model._meta.db_table} WHERE `{key.column}` IN ({marks})", ids
        )
        rows = cursor.fetchall()
        literal = cursor.connection.literal
    values = [
        ", ".join(
            CLUSTERED[model.__name__].format(at=at)
            if field is key
            else VARIED.get(field.column) or literal(value).decode().replace("%", "%%")
            for field, value in zip(fields, row, strict=True)
        )
        for at, row in enumerate(rows)
    ]
    told = "), (".join(values)
    return f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({told})"


def _reads(account, order, sku, product, sku_id):
    account, order, sku, product = (
        model._meta.db_table for model in (account, order, sku, product)
    )
    return [
        f"SELECT a.seq, a.told, a.*, o.* FROM {account} a LEFT JOIN {order} o"
        " ON o.user_id = a.user_id AND o.`key` = '%(key)s' WHERE a.user_id = %(member)s FOR UPDATE",
        f"SELECT s.*, p.* FROM {sku} s JOIN {product} p ON p.id = s.product_id"
        f" WHERE s.id = {sku_id}",
    ]


def _updates(account, stock, sku_id, facts):
    account, stock = account._meta.db_table, stock._meta.db_table
    return [
        f"UPDATE {account} SET available = available - 10, debited = debited + 10,"
        f" lots_total = lots_total - 10, seq = seq + 1, told = told + {facts},"
        " head = '%(no)s'"
        " WHERE user_id = %(member)s",
        f"UPDATE {stock} SET quantity = quantity - 1 WHERE sku_id = {sku_id} AND quantity >= 1",
    ]


if __name__ == "__main__":
    answer(plan)
