"""Bare connections that send a redemption's statements and do nothing else: `python -m
benchmarks.bare` prints transactions a second. It knows no Django.
"""

import json
import secrets
import sys
import threading
import time

import MySQLdb


def main():
    """Drive as many connections as were asked for."""
    words = json.loads(sys.argv[1])
    done, until = [], time.monotonic() + words["seconds"]
    drivers = [
        threading.Thread(target=lambda at=number: done.append(_drive(words, at, until)))
        for number in range(words["threads"])
    ]
    for driver in drivers:
        driver.start()
    for driver in drivers:
        driver.join()
    if len(done) < len(drivers):
        raise SystemExit("Some connections broke.")
    sys.stdout.write(f"{sum(done) / words['seconds']}\n")


def _drive(words, number, until) -> int:
    """Redeem by this connection's own members in turn; return how often."""
    mine = words["members"][words["number"] * words["threads"] + number :: 2 * words["threads"]]
    connection = MySQLdb.connect(
        unix_socket=words["socket"], user="root", database=words["database"], charset="utf8mb4"
    )
    cursor, run, turn = connection.cursor(), secrets.token_hex(6), 0
    cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    while time.monotonic() < until:
        turn += 1
        fresh = f"{run}{turn}"
        _redeem(cursor, words, {"member": mine[turn % len(mine)], "no": fresh, "key": fresh})
    connection.close()
    return turn


def _redeem(cursor, words, told):
    cursor.execute("BEGIN")
    account, shelf = words["reads"]
    cursor.execute(account % told)
    last_entry, last_fact, *_account = cursor.fetchone()
    told |= {"count": last_entry + 1, "told": last_fact + 1}
    cursor.execute(shelf % told)
    cursor.fetchall()
    order, *others = words["inserts"]
    cursor.execute(order % told)
    told["order"] = cursor.lastrowid
    for statement in (*others, *words["updates"]):
        cursor.execute(statement % told)
    cursor.execute("COMMIT")


if __name__ == "__main__":
    main()
