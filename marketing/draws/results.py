"""Every ticket of a draw as lines of a file, in the order they were drawn."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from mall.core import keyset
from marketing.models import Draw, DrawTicket

BATCH = 500


def header() -> list[str]:
    """Return the names of the columns."""
    return [
        _("number"), _("time"), _("member"), _("came by"), _("points paid"),
        _("tickets without a prize before it"), _("prizes that were gone"), _("prize"), _("order"),
    ]  # fmt: skip


def rows(draw: Draw) -> Iterator[list]:
    """Return the drawn tickets; members by their number."""
    drawn = DrawTicket.objects.filter(draw=draw, number__isnull=False)
    for numbers in keyset.batches(drawn.values_list("number", flat=True), BATCH, by=("number",)):
        shown = drawn.filter(number__in=numbers).select_related("prize", "order")
        for ticket in shown.order_by("number"):
            yield [
                ticket.number,
                ticket.drawn_at,
                ticket.user_id,
                ticket.get_source_display(),
                ticket.price_points,
                ticket.misses,
                " ".join(map(str, ticket.gone)),
                ticket.prize.name,
                ticket.order.no if ticket.order else "",
            ]
