"""One member at a time: the account row is the mutex of everything a member does with orders."""

from points import ledger
from points.models import PointAccount


def lock_member(user_id: int) -> None:
    """Lock the member's account row until the transaction ends; the first lock of every verb here.

    Also for orders without any points: limits per person are counted, and a member's orders change
    their state, under it (ledger.md section 3, "Lock order").
    """
    if not PointAccount.objects.select_for_update().filter(pk=user_id).values_list("pk"):
        ledger.open_account(user_id)
        list(PointAccount.objects.select_for_update().filter(pk=user_id).values_list("pk"))
