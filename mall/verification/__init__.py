"""Distrust: reads everything, compares what the rooms say of each other, and writes nothing.

Accounts and promises against their entries, orders against all they moved, the shelf against its
movements and keys, a flash sale's pool against its orders, lucky draws against their promise, the
scores of leaderboards against the entries, invitations and campaigns against what they paid, closed
months against each other. A new thing to compare is a module here and a line in ``verify``. What
follows from a finding is ``points.drift``'s, and a person's.

Source: docs/ledger.md, "verify_ledger".
"""

from mall.verification.accounts import verify_accounts
from mall.verification.campaigns import verify_campaigns
from mall.verification.draws import verify_draws
from mall.verification.finding import Finding
from mall.verification.flash import verify_flash
from mall.verification.leaderboards import verify_leaderboards
from mall.verification.lots import verify_lots
from mall.verification.orders import verify_orders
from mall.verification.referrals import verify_referrals
from mall.verification.shelf import verify_shelf
from mall.verification.statements import verify_statements

__all__ = ["Finding", "verify"]


def verify(account: int | None = None, *, full: bool = False, on_batch=None) -> list[Finding]:
    """Compare what is kept, or what belongs to one account; returns every mismatch. Draws, lots and
    campaigns that are over for long have their turn once a month (``turns``), with ``full`` now.

    ``on_batch`` is called with the number of accounts compared so far.
    """
    if account is not None:
        return [*verify_accounts(account, on_batch=on_batch), *verify_orders([account])]
    return [
        *verify_accounts(on_batch=on_batch),
        *verify_orders(),
        *verify_shelf(),
        *verify_flash(),
        *verify_statements(),
        *verify_draws(full=full),
        *verify_leaderboards(),
        *verify_referrals(),
        *verify_lots(full=full),
        *verify_campaigns(full=full),
    ]
