"""Several machines that want the same of one member at the same moment; called inside a shop's own
Django (``Shop.ask``), each with a database of its own.
"""

import time
from collections import Counter
from uuid import uuid4

PASSWORD = "rivals-password"
LINGER_SECONDS = 0.3  # how long each has the member locked: all of them have, at once
TURN_SECONDS = 4.0
RIVALS = 3
PRICE = 10_000  # points; a member has as many, and what signing up and checking in give


def stand(members: int) -> dict:
    """Make members with points for one order, and one SKU for each rival: of one product that each
    member may have once (yuan), and of products that cost all the points of a member.
    """
    from accounts.registration import register
    from tests.factories.catalog import SkuFactory
    from tests.factories.orders import give_points, virtual_sku

    once = virtual_sku(cash="1.00", stock=1_000, limit_per_person=1)
    of_one = [once] + [
        SkuFactory(product=once.product, points_price=0, cash_price="1.00", name=name, stock=1_000)
        for name in ("B", "C")
    ]
    dear = [virtual_sku(points=PRICE, stock=1_000) for _ in range(RIVALS)]
    ids = []
    for _ in range(members):
        name = uuid4().hex[:12]
        user = register(username=name, email=f"{name}@example.com", password=PASSWORD)
        give_points(user, PRICE)
        ids.append(user.pk)
    return {
        "members": ids,
        "limited": [sku.pk for sku in of_one],
        "dear": [sku.pk for sku in dear],
    }


def compete(said: dict, rival: int) -> dict:
    """Want what the others want at the same moment; return what was got and what was refused."""
    from django.db import connection

    from accounts.models import User
    from mall.core.errors import DomainError
    from marketing.checkin import streak
    from orders.checkout import place_order

    def order(kind):
        return lambda user: place_order(user, lines=[(said[kind][rival], 1)], key=uuid4().hex)

    acts = {"limited": order("limited"), "dear": order("dear"), "checkin": streak.check_in}
    got, refused, at = Counter(), Counter(), said["at"]
    users = User.objects.in_bulk(said["members"])
    for member in said["members"]:
        for name, act in acts.items():
            time.sleep(max(0.0, at - time.time()))
            with connection.execute_wrapper(_lingering()):
                try:
                    act(users[member])
                    got[name] += 1
                except DomainError as error:
                    refused[f"{name}: {error.code}"] += 1
            at += TURN_SECONDS
    return {"got": got, "refused": refused}


def _lingering():
    """Return a wrapper that has the first lock of an account kept for a while."""
    seen = []

    def linger(execute, sql, params, many, context):
        answer = execute(sql, params, many, context)
        if not seen and "FOR UPDATE" in sql and "points_pointaccount" in sql:
            seen.append(sql)
            time.sleep(LINGER_SECONDS)
        return answer

    return linger


def outcome(said: dict) -> dict:
    """Return what the members have in the end, and what is wrong in the books."""
    from django.db.models import Count

    from mall import verification
    from marketing.models import CheckIn
    from orders.models import OrderLine
    from points import event_delivery
    from points.models import PointAccount

    event_delivery.deliver_due()  # no worker does

    def orders(kind):
        lines = OrderLine.objects.filter(sku__in=said[kind]).exclude(order__status="cancelled")
        counts = lines.order_by().values_list("order__user").annotate(n=Count("pk"))
        return sorted(n for _user, n in counts)

    mine = {"user__in": said["members"]}
    return {
        "limited": orders("limited"),
        "dear": orders("dear"),
        "checkin": CheckIn.objects.filter(**mine).count(),
        "least": min(PointAccount.objects.filter(**mine).values_list("available", flat=True)),
        "wrong": [str(finding.as_dict()) for finding in verification.verify()],
    }
