"""Customers of the earlier shop are joined to the members who moved in: by the member number, the
e-mail or the phone that their orders name.

What an operator decided about a customer stays. Where the file of members says so, the earlier
orders of the last twelve months count for the tier, at what a purchase earns here; from the day of
joining on, because a tier knows one day for all that was brought along.
"""

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Q, Sum

from mall.core import audit, clock, keyset, pasted, phones, rows
from mall.core.transactions import transactional
from marketing.analytics import days
from marketing.models import HistoryCustomer, HistoryOrder
from points import rules, tiers
from points.ladder import first_counted
from points.models import MemberImport, MovedMember, RuleVersion

BATCH = 500
FREE = Q(user=None, linked_at=None)


def link_due() -> int:
    """Join customers to the members of files that moved in since; return how many were joined.
    Harmless when run twice or by several at once.
    """
    waiting = MemberImport.objects.filter(
        status=MemberImport.Status.DONE, links_orders=True, linked_at=None
    )
    files = list(waiting.values_list("pk", flat=True))
    if not files:
        return 0
    joined = link_known()
    MemberImport.objects.filter(pk__in=files).update(linked_at=clock.now())
    return joined


def link_known() -> int:
    """Join every customer nobody decided about to the member who moved in under that name; return
    how many were joined.
    """
    if not MovedMember.objects.filter(file__links_orders=True).exists():
        return 0
    customers = HistoryCustomer.objects.filter(FREE).values_list("pk", flat=True)
    joined = sum(_link(some) for some in keyset.batches(customers, BATCH))
    if joined:
        told = {"customers": joined}
        audit.note(None, "history.link_moved", target="marketing.historycustomer", after=told)
    return joined


@transactional
def _link(pks) -> int:
    """Join some customers, have their days counted again, and raise tiers where that is wished."""
    customers = list(HistoryCustomer.objects.select_for_update().filter(FREE, pk__in=pks))
    moved = _moved_by_name([customer.name for customer in customers])
    joined = [customer for customer in customers if customer.name in moved]
    if not joined:
        return 0
    for customer in joined:
        customer.user_id, customer.linked_at = moved[customer.name].user_id, clock.now()
    rows.write_over(joined, "user_id", "linked_at")
    orders = HistoryOrder.objects.filter(customer__in=[customer.pk for customer in joined])
    days.mark_late(orders.order_by().values_list("on", flat=True).distinct())
    _count_for_tiers({one.pk: one for one in moved.values()}.values())
    return len(joined)


def _moved_by_name(names) -> dict:
    """Return {name: the member who moved in under it}; a number says more than an e-mail, and that
    more than a phone.
    """
    number_of, phone_of = (
        MovedMember._meta.get_field(name).mark for name in ("number_mark", "phone_mark")
    )
    ways = {
        "phone_mark": lambda name: phone_of(phones.found_in(name)),
        "user__email": pasted.email,
        "number_mark": lambda name: number_of(pasted.alike(name)),
    }
    live = MovedMember.objects.filter(file__links_orders=True, undone_at=None)
    live = live.select_related("user").with_file()
    found = {}
    for column, fold in ways.items():
        said = {name: fold(name) for name in names}
        sought = set(said.values()) - {""}
        known = {_said(one, column): one for one in live.filter(**{f"{column}__in": sought})}
        found |= {name: known[said[name]] for name in names if said[name] in known}
    return found


def _said(moved, column) -> str:
    return moved.user.email if column == "user__email" else getattr(moved, column)


def _count_for_tiers(moved: Iterable[MovedMember]) -> None:
    """Count earlier orders for the tier of members for whom the file said nothing."""
    asked = {one.user_id: one for one in moved if one.file.tiers_from_orders}
    said = MovedMember.objects.filter(user__in=asked, undone_at=None, tier_points__gt=0)
    told = set(said.values_list("user_id", flat=True))
    wished = {user_id: one for user_id, one in asked.items() if user_id not in told}
    rate = _points_per_yuan() if wished else 0
    if not rate:
        return
    bought = (
        HistoryOrder.objects.filter(
            customer__user__in=wished,
            status=HistoryOrder.Status.COMPLETED,
            on__gte=first_counted(clock.today()),
        )
        .order_by()
        .values_list("customer__user")
        .annotate(yuan=Sum("total"))
    )
    earned = {user_id: int(Decimal(yuan) * rate) for user_id, yuan in bought}
    earned = {user_id: points for user_id, points in earned.items() if points > 0}
    if earned:
        tiers.bring(earned)
    for user_id, points in earned.items():
        wished[user_id].tier_points = points
    changed = [wished[user_id] for user_id in earned]
    MovedMember.objects.bulk_update(changed, ["tier_points"])


def _points_per_yuan() -> int:
    """Return what a purchase earns for one yuan by today's rule; 0 where none says so."""
    version = rules.active("purchase")
    is_counted = version is not None and version.value == RuleVersion.Value.PER_YUAN
    return version.points if is_counted else 0
