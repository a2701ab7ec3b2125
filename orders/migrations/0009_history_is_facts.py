"""The history of every order becomes facts of its member (points.Event), all of them heard.

The old table stays for one release, for the release that still writes it; nobody of this one reads
it. Backwards, what was told since is written into it again.
"""

from django.db import connections, migrations, transaction

SPAN = 1 << 24
MEMBERS = 2000  # at a time
WITHOUT_PREFIX = ("refund_requested", "refund_approved", "refund_rejected", "refund_withdrawn")
WORDS = (
    "placed", "paid", "shipped", "completed", "cancelled", "timed_out", "payment_failed",
    "late_money", "second_money", "money_returned", "part_shipped", "keys_issued",
    "auto_completed", *WITHOUT_PREFIX,
)  # fmt: skip

# Numbered on from what the member has told; a member who has told anything was carried over.
CARRY = """
    INSERT INTO points_event (id, at, kind, reference, actor, note, data, request_id)
    SELECT o.user_id * {span} + ROW_NUMBER() OVER (PARTITION BY o.user_id ORDER BY e.id),
           e.at,
           CASE WHEN e.kind LIKE 'refund%%' THEN e.kind ELSE {prefixed} END,
           {reference}, e.actor, e.note,
           JSON_OBJECT('no', o.no, 'from', e.from_status, 'to', e.to_status,
                       'was', e.id),
           ''
    FROM orders_orderevent e
    JOIN orders_order o ON o.id = e.order_id
    JOIN points_pointaccount a ON a.user_id = o.user_id
    WHERE o.user_id >= %s AND o.user_id < %s AND a.told = 0
"""
# One walk over the facts of the range: asked per account, MariaDB reads them all each time.
COUNT = """
    SELECT id >> 24, COUNT(*) FROM points_event WHERE id >= %s AND id < %s GROUP BY id >> 24
"""


def carry_over(apps, schema_editor):
    """Copy every order's history, some members at a time; begun again it goes on."""
    alias = schema_editor.connection.alias
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    words = {
        "span": SPAN,
        "prefixed": "'order_' || e.kind" if is_sqlite else "CONCAT('order_', e.kind)",
        "reference": "'order:' || o.no" if is_sqlite else "CONCAT('order:', o.no)",
    }
    for first in _ranges(apps, alias):
        with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
            cursor.execute(CARRY.format(**words), [first, first + MEMBERS])
            cursor.execute(COUNT, [first * SPAN, (first + MEMBERS) * SPAN])
            _note_told(apps, alias, cursor.fetchall())


def _note_told(apps, alias, counted):
    """Note on accounts that have told nothing how many facts they have now, all of them heard."""
    members = {}
    for member, number in counted:
        members.setdefault(number, []).append(member)
    accounts = apps.get_model("points", "PointAccount")._base_manager.using(alias)
    for number, ids in members.items():
        accounts.filter(pk__in=ids, told=0).update(told=number, heard=number)


def write_back(apps, schema_editor):
    """Write what was told of orders since into the old table, and forget the facts.

    Raises: RuntimeError when facts still wait to be heard.
    """
    alias = schema_editor.connection.alias
    Event, OrderEvent = apps.get_model("points", "Event"), apps.get_model("orders", "OrderEvent")
    Account, Order = apps.get_model("points", "PointAccount"), apps.get_model("orders", "Order")
    if Account.objects.using(alias).filter(hear_at__isnull=False).exists():
        raise RuntimeError("Facts wait to be heard: run `manage.py nightly`, then migrate again.")
    for first in _ranges(apps, alias):
        span = {"pk__gte": first * SPAN, "pk__lt": (first + MEMBERS) * SPAN}
        with transaction.atomic(using=alias):
            told = Event.objects.using(alias).filter(**span).order_by("pk")
            about = [event for event in told if _word(event) and "was" not in event.data]
            numbers = [event.data["no"] for event in about]
            ids = dict(Order.objects.using(alias).filter(no__in=numbers).values_list("no", "pk"))
            OrderEvent.objects.using(alias).bulk_create(
                OrderEvent(
                    order_id=ids[event.data["no"]],
                    kind=_word(event),
                    from_status=event.data["from"],
                    to_status=event.data["to"],
                    actor=event.actor[:60],
                    note=event.note,
                    at=event.at,
                )
                for event in about
            )
            told._raw_delete(alias)
            members = {"pk__gte": first, "pk__lt": first + MEMBERS}
            Account._base_manager.using(alias).filter(**members).update(told=0, heard=0)


def _word(event):
    word = "shipped" if event.kind == "order_sent" else event.kind.removeprefix("order_")
    return word if word in WORDS else None


def _ranges(apps, alias):
    accounts = apps.get_model("points", "PointAccount").objects.using(alias).order_by("pk")
    ids = accounts.values_list("pk", flat=True)
    first, last = ids.first(), ids.last()
    return range(first, last + 1, MEMBERS) if first is not None else ()


class Migration(migrations.Migration):
    atomic = False  # some members at a time, on every server

    dependencies = [("orders", "0008_lists_by_day"), ("points", "0014_facts_of_members")]

    operations = [
        migrations.RunPython(carry_over, write_back),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.DeleteModel("OrderEvent"),
                migrations.CreateModel(
                    name="OrderEvent",
                    fields=[],
                    options={
                        "verbose_name": "order event",
                        "verbose_name_plural": "order events",
                        "proxy": True,
                        "indexes": [],
                        "constraints": [],
                    },
                    bases=("points.event",),
                ),
            ]
        ),
    ]
