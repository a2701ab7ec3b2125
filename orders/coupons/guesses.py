"""Against guessing codes: every new code a member tries is counted, right or wrong.

Source: docs/reliability.md "Limits" (coupon apply 5/min/member).
"""

from mall.core.limits import limit
from orders.coupons import wallet

CODES_PER_MEMBER = "5/m"


def count_try(request, coupon) -> None:
    """Count a code about to be looked up; the same one again, and a coupon named by its id, count
    nothing.

    Raises: mall.core.limits.TooOften.
    """
    code = wallet.normalise(coupon)
    if isinstance(code, str):
        limit(request, "coupon", CODES_PER_MEMBER, once=code)
