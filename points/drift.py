"""Accounts that do not fit their books: frozen, with a case each. The mending is a person's.

Source: docs/ledger.md, "verify_ledger".
"""

from mall.core import clock
from points.evidence import of_drift
from points.models import PointAccount, RiskCase
from points.risk import open_case

DRIFT = RiskCase.Kind.DRIFT


def freeze(findings) -> list[int]:
    """Freeze the accounts that findings of a verification name and open a case for each; returns
    their ids. An account with an open case of this kind has it already.
    """
    drifted = {}
    for finding in findings:
        if finding.account is not None:
            drifted.setdefault(finding.account, []).append(finding)
    known = set(
        RiskCase.objects.exclude(status=RiskCase.Status.RELEASED)
        .filter(kind=DRIFT)
        .values_list("account_id", flat=True)
    )
    gone = set(drifted) - set(
        PointAccount.objects.filter(pk__in=drifted).values_list("pk", flat=True)
    )
    frozen = sorted(set(drifted) - known - gone)
    for account in frozen:
        open_case(
            account,
            kind=DRIFT,
            scope=RiskCase.Scope.ALL,
            key=f"drift:{clock.now():%Y-%m-%dT%H:%M:%S}",
            note=f"verify_ledger: {drifted[account][0].check}",
            seen=of_drift(drifted[account]),
        )
    return frozen
