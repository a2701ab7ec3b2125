"""Month-end statements against themselves: each goes on where the one before ended, and its journal
is what its figures say.
"""

from decimal import Decimal

from mall.verification.finding import Finding
from marketing.analytics.statements import BREAKAGE, LINES
from marketing.models import MonthStatement


def verify_statements() -> list[Finding]:
    """Compare each statement with the one before, and its lines with its figures."""
    found, owed, worth = [], 0, Decimal(0)
    for row in MonthStatement.objects.order_by("month"):
        moved = {line: getattr(row, line) for line in LINES}
        said = {line["line"]: line["points"] for line in row.lines}
        booked = sum(Decimal(line["yuan"]) for line in row.lines if line["line"] != BREAKAGE)
        for name, expected, actual in (
            ("statement_owed", owed + sum(moved.values()), row.owed),
            ("statement_points", moved, {line: said.get(line) for line in LINES}),
            ("statement_worth", worth + booked, row.worth),
        ):
            if expected != actual:
                found.append(Finding(None, f"{name} {row}", str(expected), str(actual)))
        owed, worth = row.owed, row.worth
    return found
