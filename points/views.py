"""The member's statement."""

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from points import balance, statement, wording
from points.forms import StatementForm
from points.models import PointAccount

SOON = 3


@require_safe
def show_statement(request):
    """Show the balance, what expires when, and every entry, newest first."""
    asked = StatementForm(request.GET).asked()
    account = PointAccount.objects.filter(pk=request.user.pk).first()
    page = statement.page_of(request.user.pk, flow=asked["flow"], before=asked["before"])
    names = wording.rule_names()
    standing = balance.of_account(account) if account else balance.Balance()
    context = {
        "standing": standing,
        "soon": standing.expiring[:SOON],
        "later": standing.expiring[SOON:],
        "rows": [_row(entry, names) for entry in page.entries],
        "older": page.older,
        "is_first_page": asked["before"] is None,
        "flow": asked["flow"],
        "flows": [("", _("All")), ("in", _("In")), ("out", _("Out"))],
        "is_paused": standing.status == PointAccount.Status.FROZEN,
    }
    return render(request, "points/statement.html", context)


def _row(entry, names):
    return {
        "entry": entry,
        "words": wording.describe(entry, names),
        "icon": wording.icon_of(entry),
        "lots": wording.lots_of(entry),
        "order_no": wording.order_of(entry),
        "repaid": -entry.debt_delta if entry.debt_delta < 0 else 0,
        "owed": entry.debt_delta if entry.debt_delta > 0 else 0,
    }
