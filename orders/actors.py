"""Who acts on an order: its member, or a colleague of the shop for the member."""


def is_colleague(actor: str, order) -> bool:
    """Say whether staff acts for a member; with an own order everybody is a shopper."""
    return actor.startswith("staff:") and not is_own(actor, order)


def is_own(actor: str, order) -> bool:
    """Say whether staff acts on an own order, which gets nobody more than any shopper gets."""
    return actor == f"staff:{order.user_id}" and order.user.is_staff
