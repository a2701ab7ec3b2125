"""Tables full of rows that look like a grown shop's; the server makes them by itself.

For what depends on numbers of rows only (the plans of queries, the time a list takes): constraints
are off, nothing adds up, and no verb was asked. Needs MariaDB's sequence engine.
"""

from datetime import timedelta

from django.contrib.auth import get_user_model
from django.db import connection, models
from django.db.models import NOT_PROVIDED
from django.utils import timezone

from mall.core.encryption import EncryptedTextField, encrypt

FIRST = 1_000_000  # ids start after those that migrations and tests made
CHUNK = 20_000  # rows of one statement: a server that is busy answers it in time, too
DAYS = 365
# The state most rows of a grown shop are in, where it is not the one they begin with.
USUAL = {
    "catalog.Product.status": "on",
    "catalog.Review.status": "published",
    "orders.Order.status": "completed",
    "orders.Payment.status": "paid",
    "orders.PaymentRefund.status": "done",
    "orders.RefundRequest.status": "approved",
    "points.Adjustment.status": "posted",
    "points.Grant.status": "matured",
    "points.RiskCase.status": "released",
    "marketing.CampaignMember.state": "given",
    "marketing.Delivery.state": "sent",
}
# What no field tells: keys that are made of others, and shapes that code reads.
WORTH = {
    # the id is the account's, and its own number within
    "points.LedgerEntry": {
        "id": "(({first} + 1 + (seq - 1) MOD {members}) << 24) + 1 + (seq - 1) DIV {members}",
        "account_id": "{first} + 1 + (seq - 1) MOD {members}",
        "seq": "1 + (seq - 1) DIV {members}",
    },
    "points.Event": {
        "id": "(({first} + 1 + (seq - 1) MOD {members}) << 24) + 1 + (seq - 1) DIV {members}",
    },
    # all they told was heard
    "points.PointAccount": {"told": "seq MOD 40", "heard": "seq MOD 40", "hear_at": "NULL"},
    "accounts.User": {"is_staff": "0", "is_superuser": "0", "is_active": "1", "language": "'en'"},
    "catalog.CardKey": {"line": "seq"},
    "mall.AuditRow": {"actor": "CONCAT('staff:', {first} + 1 + seq MOD 40)"},
    "mall.JobRun": {"job": "CONCAT('job', seq MOD 40)"},
    "marketing.Delivery": {
        "notification_id": "{first} + seq"
    },  # made together, one after the other
    "marketing.CustomEvent": {"event": "CONCAT('event', seq MOD 20)"},
}


def fill(rows: dict, progress=iter) -> None:
    """Add ``{model: number}`` of rows; what a row points at is drawn from the rows of its model.

    Values of choices and flags are uneven on purpose: the usual one is nearly everywhere, the
    last rare; times rise with the ids over a year.
    """
    standing = {model: rows.get(model) or model._default_manager.count() for model in rows}
    with connection.cursor() as cursor:
        # Unique keys stay checked: without any checks MariaDB loads an empty table in bulk, and one
        # pair that was drawn twice then leaves nothing in it.
        cursor.execute("SET SESSION foreign_key_checks = 0, check_constraint_checks = 0")
        try:
            for model, count in rows.items():
                added = 0
                for start in progress(range(1, count + 1, CHUNK)):
                    end = min(start + CHUNK - 1, count)
                    cursor.execute(_statement(model, count, start, end, standing))
                    added += cursor.rowcount
                if count and not added:
                    raise ValueError(f"No row of {model._meta.label} could be added.")
        finally:
            for name in ("foreign_key_checks", "check_constraint_checks"):
                cursor.execute(f"SET SESSION {name} = 1")


def remove(ids, found) -> None:
    """Take members of the crowd away with their rows in these tables: what is written for them anew
    stands in the middle.
    """
    columns = {"id", "user_id", "account_id"}
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        for model in found:
            named = columns & {field.column for field in model._meta.local_concrete_fields}
            own = named - {"id"} or named
            if model._meta.label == "points.Event":
                own = {"id >> 24"}
            cursor.execute(
                f"DELETE FROM {model._meta.db_table} WHERE {own.pop()} IN %s", [tuple(ids)]
            )


def analyze(found) -> None:
    """Let the server count what its plans go by. It commits."""
    with connection.cursor() as cursor:
        for model in found:
            cursor.execute(f"ANALYZE TABLE {model._meta.db_table}")
            cursor.fetchall()


def _statement(model, count, start, end, standing):
    numbers = {"first": FIRST, "members": standing.get(get_user_model(), 1)}
    given = {
        column: value.format(**numbers)
        for column, value in WORTH.get(model._meta.label, {}).items()
    }
    fields = [field for field in model._meta.local_concrete_fields if not field.generated]
    columns = {
        field.column: given.get(field.column) or _value(field, count, standing) for field in fields
    }
    names = ", ".join(f"`{column}`" for column in columns)
    return (
        f"INSERT IGNORE INTO {model._meta.db_table} ({names}) "
        f"SELECT {', '.join(columns.values())} FROM seq_{start}_to_{end}"
    )


def _chance(field):
    """Return a number from 0 to 1 for each row, the same each time and without pattern."""
    return f"(CRC32(CONCAT('{field.column}', seq)) / 4294967296)"


def _value(field, count, standing):
    drawn = _drawn(field, count, standing)
    if not field.null or field.remote_field:
        return drawn
    return f"IF({_chance(field)} < 0.02, NULL, {drawn})"


def _drawn(field, count, standing):
    chance = _chance(field)
    if field.remote_field:
        return _target(field, standing)
    if field.primary_key and isinstance(field, models.IntegerField):
        return f"{FIRST} + seq"
    if field.choices:
        usual = USUAL.get(f"{field.model._meta.label}.{field.name}")
        values = sorted((v for v, _label in field.flatchoices), key=lambda value: value != usual)
        values = [repr(value) for value in values]
        return f"ELT(1 + FLOOR(POW({chance}, 40) * {len(values)}), {', '.join(values)})"
    if isinstance(field, models.BooleanField):
        return f"({chance} > 0.98)"
    if isinstance(field, models.DateField):
        return _moment(field, count)
    if isinstance(field, models.DecimalField | models.IntegerField):
        return "seq" if field.unique else f"FLOOR(1 + {chance} * 99)"
    if isinstance(field, models.JSONField):
        empty = field.default() if callable(field.default) else None
        return "'[]'" if isinstance(empty, list) else "'{}'"
    if isinstance(field, models.UUIDField):
        return f"MD5(CONCAT('{field.column}', seq))"
    if isinstance(field, models.BinaryField):
        return f"UNHEX(MD5(CONCAT('{field.column}', seq)))"
    if isinstance(field, EncryptedTextField):
        return f"'{encrypt('', place=f'{field.model._meta.label_lower}.{field.attname}')}'"
    return _text(field)


def _target(field, standing):
    """Draw the row pointed at: each its own where a target may be had once only."""
    size = standing.get(field.related_model)
    if not size:
        return "NULL" if field.null else str(FIRST + 1)
    return f"{FIRST} + seq" if field.unique else f"{FIRST} + 1 + FLOOR({_chance(field)} * {size})"


def _moment(field, count):
    now = timezone.now()
    start = f"'{now - timedelta(days=DAYS):%Y-%m-%d %H:%M:%S}'"
    moment = f"{start} + INTERVAL FLOOR(seq * {DAYS * 86400 / count}) SECOND"
    return moment if isinstance(field, models.DateTimeField) else f"DATE({moment})"


def _text(field):
    length = field.max_length or 60
    if field.default is not NOT_PROVIDED and field.default == "" and not field.unique:
        return f"IF({_chance(field)} < 0.5, '', LEFT(CONCAT('{field.column[:4]}', seq), {length}))"
    return f"LEFT(CONCAT('{field.column[:4]}', seq), {length})"
