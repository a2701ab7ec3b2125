"""What no index serves is looked for among the newest rows of a list, and the page says so."""

from django.contrib.admin import (
    BooleanFieldListFilter,
    ChoicesFieldListFilter,
    DateFieldListFilter,
    EmptyFieldListFilter,
)
from django.utils.translation import gettext

NEWEST = 20_000


def among_newest(rows, number, what):
    """Return what bounds ``rows`` to their ``number`` newest, as a filter, and the words that say
    so; both are empty where there are no more.
    """
    oldest = rows.order_by("-pk").values_list("pk", flat=True)[number : number + 1].first()
    if oldest is None:
        return {}, []
    words = gettext(
        "“%(what)s” was looked for among the newest %(number)s only. Narrow the list by days or by "
        "other filters to look further back."
    )
    return {"pk__gt": oldest}, [words % {"what": what, "number": f"{number:,}"}]


class AmongNewest:
    """Put it before a filter whose column has no index."""

    def __init__(self, field, request, params, model, model_admin, field_path):
        super().__init__(field, request, params, model, model_admin, field_path)
        self.newest = model_admin.newest

    def queryset(self, request, queryset):
        """Keep what fits, of the newest rows that passed the filters before this one."""
        if not self.used_parameters:
            return queryset
        bound, notes = among_newest(queryset, self.newest, self.title)
        request.list_notes = [*getattr(request, "list_notes", ()), *notes]
        return super().queryset(request, queryset.filter(**bound))


class NewestChoicesFilter(AmongNewest, ChoicesFieldListFilter):
    """One of a column's choices, among the newest."""


class NewestEmptyFilter(AmongNewest, EmptyFieldListFilter):
    """Empty or not, among the newest."""


class NewestDateFilter(AmongNewest, DateFieldListFilter):
    """Today, this week, this month …, among the newest."""


class NewestBooleanFilter(AmongNewest, BooleanFieldListFilter):
    """Yes or no, among the newest."""
