"""What orders does when others ask; each receiver calls one verb."""

from django.dispatch import receiver

from accounts.signals import account_closing, closing_asked, personal_data_asked
from orders import closing, coupons, earning, refund_requests, takeaway
from orders.flash_books import verify_flash
from orders.reconciliation import verify_orders
from orders.signals import order_cancelled, order_completed, order_paid
from points.signals import books_verified


@receiver(books_verified)
def compare_orders_with_the_books(sender, accounts, **kwargs):
    """Answer verify_ledger with what does not fit between orders, points and stock."""
    return verify_orders(accounts)


@receiver(books_verified)
def compare_flash_pools_with_their_orders(sender, accounts, **kwargs):
    """Answer verify_ledger with what does not fit between flash stock and flash orders; a pool
    belongs to no account.
    """
    return verify_flash() if accounts is None else []


@receiver(order_paid)
def use_the_coupon(sender, order, **kwargs):
    """Note that the coupon kept for an order has paid its part."""
    coupons.use(order)


@receiver(order_paid)
def promise_points(sender, order, **kwargs):
    """Promise what a paid order earns."""
    earning.promise(order)


@receiver(order_completed)
def start_waiting_for_points(sender, order, **kwargs):
    """Let the points of a completed order mature."""
    earning.confirm(order)


@receiver(order_cancelled)
def take_points_back(sender, order, **kwargs):
    """Take back what a cancelled order would have earned."""
    earning.take_back(order, share=1, key=f"{order.reference}:earned:cancelled")


@receiver(order_cancelled)
def close_refund_requests(sender, order, **kwargs):
    """Close what was asked of an order before it was cancelled as a whole."""
    refund_requests.withdraw_open(order, actor="system")


@receiver(personal_data_asked)
def hand_over(sender, user, **kwargs):
    """Answer an export with orders, refunds, coupons and reviews."""
    return takeaway.chapters(user)


@receiver(closing_asked)
def say_what_is_open(sender, user, **kwargs):
    """Answer a member who thinks of leaving."""
    return closing.consequences(user)


@receiver(account_closing)
def forget_the_buyer(sender, user, **kwargs):
    """Let a member go when nothing is open, and forget where the goods went."""
    closing.forget(user.pk)
