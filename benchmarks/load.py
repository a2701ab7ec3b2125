"""A large shop in minutes: members, their days and their orders, made by the server itself.

Rows of facts only, as reports read them: no stock moves and no points are posted for these orders.
"""

from datetime import timedelta

from django.db import connection

CHUNK = 20_000


def fill(*, members=200_000, orders=1_000_000, visits=1_600_000, days=365, progress=iter):
    """Make members who joined over the last ``days``, came back ``visits`` times and placed
    ``orders`` orders since they joined.
    """
    from mall.core import clock

    first = clock.today() - timedelta(days=days)
    words = {
        "members": members,
        "days": days,
        "first": first,
        "start": clock.start_of(first).astimezone(clock.SHOP_ZONE).strftime("%F %T"),
    }
    for statement, count in ((MEMBERS, members), (VISITS, visits), (ORDERS, orders)):
        for start in progress(range(1, count + 1, CHUNK)):
            _execute(statement, {**words, "a": start, "b": min(start + CHUNK - 1, count)})


def _execute(statement, words):
    told = {
        name: value if isinstance(value, int) else f"'{value}'" for name, value in words.items()
    }
    # A number from 0 to 1 for each word: the same shop each time, and no pattern (RAND(n) of
    # neighbouring n is one).
    told |= {
        word: f"(CRC32(CONCAT('{word}', seq)) / 4294967296)"
        for word in ("day", "who", "at", "buyer")
    }
    with connection.cursor() as cursor:
        cursor.execute(statement % told)


# The day a member joined, from 0: spread evenly and without pattern. Ids start after those the
# migrations and others made.
JOINED = "FLOOR(MOD(u * 7919, %(members)s) * %(days)s / %(members)s)"

MEMBERS = f"""
INSERT INTO accounts_user (id, password, is_superuser, is_staff, is_active, date_joined, username,
    email, email_canonical,
                           nickname, avatar, language)
SELECT 1000000 + u, '!', 0, 0, 1, %(start)s + INTERVAL {JOINED} DAY, CONCAT('bench', u),
    CONCAT('bench', u, '@example.com'),
       MD5(u), '', '', 'en'
FROM (SELECT seq AS u FROM seq_1_to_100000000 WHERE seq BETWEEN %(a)s AND %(b)s) AS crowd
"""

# A visit falls some days after joining, more likely soon than late.
VISITS = f"""
INSERT IGNORE INTO marketing_dailyactivity (user_id, `on`, action)
SELECT 1000000 + u, %(first)s + INTERVAL LEAST(%(days)s, {JOINED} + FLOOR(POW(%(day)s,
    3) * (%(days)s - {JOINED}))) DAY, 'sign_in'
FROM (SELECT seq, 1 + FLOOR(%(who)s * %(members)s) AS u
      FROM seq_1_to_100000000 WHERE seq BETWEEN %(a)s AND %(b)s) AS visit
"""

# Some order much more often than others; 9 of 10 orders are completed.
ORDERS = f"""
INSERT INTO orders_order (no, `key`, body_hash, status, points, cash, goods_cash, discount,
    coupon_discount, coupon_names, freight,
                          rate, points_for_discount, is_physical, address_sealed, carrier,
                              tracking_number, created_at, paid_at,
                          completed_at, user_id, refunded_points, refunded_cash, refunded_pieces)
SELECT CONCAT('BENCH', LPAD(seq, 9, '0')), CONCAT('bench-', seq), '', IF(seq MOD 10, 'completed',
    'cancelled'), 100, 9.90, 9.90,
       0, 0, '{{}}', 0, 100, 0, 0, '', '', '', placed, IF(seq MOD 10, placed, NULL),
       IF(seq MOD 10, placed + INTERVAL 3 DAY, NULL), 1000000 + u, 0, 0, 0
FROM (SELECT seq, u,
    %(start)s + INTERVAL FLOOR(({JOINED} + %(at)s * (%(days)s - {JOINED})) * 86400) SECOND AS placed
      FROM (SELECT seq, 1 + FLOOR(POW(%(buyer)s, 1.5) * %(members)s) AS u
            FROM seq_1_to_100000000 WHERE seq BETWEEN %(a)s AND %(b)s) AS who) AS bench
"""
