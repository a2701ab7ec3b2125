"""One member at a time: the account row is the mutex of everything that is counted per member."""

from collections.abc import Iterable

from points import ledger
from points.models import PointAccount


def lock_member(user_id: int) -> None:
    """Lock the member's account row until the transaction ends; the first lock of every verb that
    counts per member.

    Also where no points move: limits per person and check-ins are counted, and a member's orders
    change their state, under it (ledger.md section 3, "Lock order").
    Raises: AccountMissing (no such member).
    """
    account = PointAccount.objects.select_for_update().filter(pk=user_id).values_list("pk")
    if not account:
        ledger.open_account(user_id)
        list(account.all())


def lock_members(user_ids: Iterable[int]) -> None:
    """Lock several members' account rows, in everybody's order. Raises: AccountMissing."""
    for user_id in sorted(set(user_ids)):
        lock_member(user_id)
