"""A worker of the shop that is there to be killed: orders, cancels and earns without end, and says
what was acknowledged.

``python -m tests.faults.toiler`` prepares Django once and forks a child per line it reads:
``<name> <skus> <members> <dies at>``, ids with commas. A child says ``<name> born <pid>``, then
``<name> <fact> <id> <key>`` after each verb that returned. ``dies at`` n is kill -9 by its own hand
at its n-th statement; 0 lives until killed.
"""

import itertools
import os
import random
import signal
import sys
from contextlib import suppress


def main():
    """Fork a child per line."""
    import django

    django.setup()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the children
    say("zygote ready")
    for line in sys.stdin:
        name, skus, members, dies_at = line.split()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            say(f"{name} born {os.getpid()}")
            toil(name, ids(skus), ids(members), int(dies_at))


def toil(name, skus, members, dies_at):
    """Do one thing after another; who is told that the shop is busy goes on with the next."""
    from django.db import connection

    from accounts.models import User
    from mall.core.errors import DomainError
    from orders import lifecycle
    from orders.checkout import place_order
    from points import ledger

    chance, users = random.Random(name), User.objects.in_bulk(members)
    if dies_at:
        connection.execute_wrappers.append(Death(dies_at))
    for n in itertools.count():
        user, key = users[chance.choice(members)], f"{name}-{n}"
        with suppress(DomainError):
            if chance.random() < 0.3:
                ledger.accrue(user.pk, points=5, key=f"toil:{key}")
                say(f"{name} entry {user.pk} toil:{key}")
                continue
            order = place_order(user, lines=[(sku, 1) for sku in chance.sample(skus, 2)], key=key)
            say(f"{name} order {user.pk} {key}")
            if chance.random() < 0.4:
                lifecycle.cancel(order, actor="toiler")
                say(f"{name} cancelled {user.pk} {key}")


class Death:
    """Die at statement ``at``: before or after it was done, by turns."""

    def __init__(self, at):
        self.at, self.seen = at, 0

    def __call__(self, execute, sql, params, many, context):
        self.seen += 1
        if self.seen == self.at and self.at % 2:
            os.kill(os.getpid(), signal.SIGKILL)
        done = execute(sql, params, many, context)
        if self.seen == self.at:
            os.kill(os.getpid(), signal.SIGKILL)
        return done


def missing(said) -> list:
    """Return what was acknowledged and is not in the books, of lines ``<name> <fact> <id>
    <key>``.
    """
    from orders.models import Order
    from points.models import LedgerEntry

    facts = {
        tuple(line.split()[1:])
        for line in said
        if line.split()[1] in ("entry", "order", "cancelled")
    }
    there = {
        ("entry", str(user), key)
        for user, key in LedgerEntry.objects.values_list("account_id", "key")
    }
    for user, key, status in Order.objects.values_list("user_id", "key", "status"):
        there |= {("order", str(user), key)} | (
            {("cancelled", str(user), key)} if status == "cancelled" else set()
        )
    return sorted(facts - there)


def ids(words):
    return [int(word) for word in words.split(",")]


def say(line):
    """Write a line at once and whole, whatever happens next."""
    os.write(1, f"{line}\n".encode())


if __name__ == "__main__":
    main()
