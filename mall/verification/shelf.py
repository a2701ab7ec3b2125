"""The shelf: stock against its movements, free card keys against stock.

Source: ledger.md section 8.
"""

from django.db import connection

from catalog import stock
from catalog.models import CardKey
from mall.core.encryption import unreadable
from mall.verification.finding import Finding


def verify_shelf() -> list[Finding]:
    """Return what does not fit on the shelf; it belongs to no account."""
    found = [
        Finding(
            None, f"stock of SKU {sku} is not the sum of its movements", str(moved), str(quantity)
        )
        for sku, moved, quantity in stock.drifted()
    ]
    found += [
        Finding(None, f"free keys of SKU {sku}", str(expected), str(free))
        for sku, expected, free in _drifted_keys()
    ]
    live = CardKey.objects.exclude(state=CardKey.State.VOID)
    return found + [
        Finding(None, f"card key {key} cannot be read with the keys there are")
        for key in unreadable(live, "secret")
    ]


def _drifted_keys() -> list[tuple[int, int, int]]:
    """Return (sku, keys there should be, free keys) where a SKU's free keys are not its stock,
    flash stock and unpaid pieces.
    """
    sql = """
        SELECT k.id, COALESCE(s.quantity, 0) + COALESCE(b.pieces, 0) + COALESCE(o.pieces, 0),
            COALESCE(f.pieces, 0)
        FROM catalog_sku k JOIN catalog_product p ON p.id = k.product_id AND p.kind = 'card_key'
        LEFT JOIN catalog_stock s ON s.sku_id = k.id
        LEFT JOIN (SELECT sku_id, SUM(quantity) AS pieces
            FROM catalog_stockbucket GROUP BY sku_id) b ON b.sku_id = k.id
        LEFT JOIN (SELECT l.sku_id, SUM(l.quantity) AS pieces
            FROM orders_orderline l JOIN orders_order r ON r.id = l.order_id
                   WHERE r.status = 'pending' GROUP BY l.sku_id) o ON o.sku_id = k.id
        LEFT JOIN (SELECT sku_id, COUNT(*) AS pieces FROM catalog_cardkey
            WHERE state = 'free' GROUP BY sku_id) f ON f.sku_id = k.id
        WHERE COALESCE(s.quantity, 0) + COALESCE(b.pieces, 0) + COALESCE(o.pieces,
            0) <> COALESCE(f.pieces, 0)
        ORDER BY k.id
    """
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [tuple(int(number) for number in row) for row in cursor.fetchall()]
