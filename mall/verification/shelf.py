"""The shelf: stock against movements and sales, free card keys against stock.

Source: docs/ledger.md, "verify_ledger".
"""

from django.db import connection

from catalog.models import CardKey
from mall.core.encryption import unreadable
from mall.verification.finding import Finding


def verify_shelf() -> list[Finding]:
    """Return what does not fit on the shelf; it belongs to no account."""
    found = [
        Finding(
            None, f"stock of SKU {sku} is not the sum of its movements", str(moved), str(quantity)
        )
        for sku, moved, quantity in _drifted_stock()
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


def _drifted_stock() -> list[tuple[int, int, int]]:
    """Return (SKU, what its movements and sales leave, quantity) wherever the two differ. One
    statement: it sees one instant.

    The lines of orders are the sales; what earlier releases logged of orders besides counts once.
    Flash goods left with their pool's movement.
    """
    sql = """
        SELECT k.id, COALESCE(m.moved, 0) - COALESCE(l.sold, 0) + COALESCE(f.sold, 0),
            COALESCE(s.quantity, 0)
        FROM catalog_sku k
        LEFT JOIN catalog_stock s ON s.sku_id = k.id
        LEFT JOIN (SELECT sku_id, SUM(delta) AS moved FROM catalog_stockmovement
            WHERE direction <> 'take' OR reference NOT LIKE 'order:%%'
            GROUP BY sku_id) m ON m.sku_id = k.id
        LEFT JOIN (SELECT sku_id, SUM(quantity) AS sold FROM orders_orderline
            GROUP BY sku_id) l ON l.sku_id = k.id
        LEFT JOIN (SELECT n.sku_id, SUM(n.quantity) AS sold FROM orders_flashclaim c
            JOIN orders_orderline n ON n.order_id = c.order_id
            GROUP BY n.sku_id) f ON f.sku_id = k.id
        WHERE COALESCE(m.moved, 0) - COALESCE(l.sold, 0) + COALESCE(f.sold, 0)
            <> COALESCE(s.quantity, 0)
        ORDER BY k.id
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [])
        return [tuple(int(number) for number in row) for row in cursor.fetchall()]


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
