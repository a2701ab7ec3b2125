"""A list of the back office that stays quick when its table has grown to millions of rows.

First the keys of one page, in an order an index gives; then the rows of those keys, with all they
are shown with. Joined before it is sorted, a page of fifty orders read every member (8 to 10 s at
a million orders: MariaDB begins with the smaller table and sorts what comes of it). Counted is no
further than COUNT_MAX. Source: docs/decisions/0037-lists-of-a-grown-shop.md.
"""

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.paginator import InvalidPage, Paginator
from django.db.models import F, OrderBy
from django.db.models.functions import Coalesce
from django.utils.functional import cached_property
from unfold.views import ChangeList as UnfoldChangeList

COUNT_MAX = 10_000


class CappedPaginator(Paginator):
    """Count no further than COUNT_MAX: counting millions of rows would cost more than showing
    fifty of them.
    """

    template_name = "admin/pagination_capped.html"

    @cached_property
    def counted(self):
        """Return the number of rows, COUNT_MAX + 1 if there are more."""
        return self.object_list.order_by().values("pk")[: COUNT_MAX + 1].count()

    @cached_property
    def count(self):
        """Return the number of rows, COUNT_MAX at most."""
        return min(self.counted, COUNT_MAX)

    @property
    def has_more(self) -> bool:
        """Return whether there are more rows than were counted."""
        return self.count == COUNT_MAX and self.counted > COUNT_MAX


class ChangeList(UnfoldChangeList):
    """The list of any admin of the house."""

    def get_results(self, request):
        """Read one page: its keys, how many there are in all unless the first page says so, its
        rows.
        """
        admin, size = self.model_admin, self.list_per_page
        paginator = admin.get_paginator(request, self.queryset, size)
        self._known = self._all_keys_if_few(paginator)
        keys = self._keys(0, size + 1) if self.page_num == 1 else None
        if keys is not None and len(keys) <= size:
            paginator.count = len(keys)
        self.can_show_all = paginator.count <= self.list_max_show_all
        self.multi_page = paginator.count > size
        if self.show_all and self.can_show_all:
            keys = self._keys(0, self.list_max_show_all)
        elif keys is None:
            keys = self._keys_of_page(paginator)
        self.result_list = self._rows(keys[: self.list_max_show_all if self.show_all else size])
        self.result_count, self.full_result_count = paginator.count, None
        self.show_full_result_count, self.show_admin_actions = False, True
        self.paginator = paginator
        for note in getattr(request, "list_notes", ()):
            messages.warning(request, note)

    def _all_keys_if_few(self, paginator):
        """Return the keys of what was narrowed down to COUNT_MAX rows at most, sorted; None where
        there are more, or all are listed.

        Asked for in order, the server may walk along the index of that order: it believes a page
        of a member's ten thousand orders soon to be together, and reads a million when they have
        little in common with what else is asked (1.2 s; MariaDB 10.11). So these are found first
        and sorted then.
        """
        if self.model_admin.is_short or not self.queryset.query.where:
            return None
        found = self.queryset.order_by().values_list("pk", flat=True)
        keys = list(found[: COUNT_MAX + 1])
        paginator.counted = len(keys)
        if len(keys) > COUNT_MAX:
            return None
        order = [*self.queryset.query.order_by]
        if order in (["pk"], ["-pk"]):
            return sorted(keys, reverse=order == ["-pk"])
        return list(found.order_by(*map(_without_index, order)))

    def _keys_of_page(self, paginator):
        try:
            start = (paginator.validate_number(self.page_num) - 1) * paginator.per_page
        except InvalidPage:
            raise IncorrectLookupParameters from None
        return self._keys(start, start + paginator.per_page)

    def _keys(self, start, end):
        if self._known is not None:
            return self._known[start:end]
        return list(self.queryset.values_list("pk", flat=True)[start:end])

    def _rows(self, keys):
        rows = self.root_queryset.filter(pk__in=keys).order_by(*self.queryset.query.order_by)
        return super().apply_select_related(rows)

    def apply_select_related(self, qs):
        """Join nothing to what is still to be sorted; the rows of the page get theirs."""
        return qs

    def get_queryset(self, request, exclude_parameters=None):
        """Return what is listed; what was looked for among the newest is shown in their order, or
        another index would lead through all the others.
        """
        found = super().get_queryset(request, exclude_parameters)
        return found.order_by("-pk") if getattr(request, "list_notes", None) else found

    def get_ordering(self, request, queryset):
        """Return the order asked for or the admin's own, not both one after the other."""
        return super().get_ordering(request, queryset.order_by())

    def get_ordering_field(self, field_name):
        """Return what a column is sorted by; an address cannot ask for what the page does not
        offer.
        """
        is_offered = self.sortable_by is None or field_name in self.sortable_by
        return super().get_ordering_field(field_name) if is_offered else None

    def _get_deterministic_ordering(self, ordering):
        """Let the key follow the last column's direction: no index goes two ways at once."""
        ordering = super()._get_deterministic_ordering(ordering)
        last = ordering[-2] if len(ordering) > 1 else "-"
        is_rising = isinstance(last, str) and not last.startswith("-")
        return [*ordering[:-1], "pk"] if ordering[-1] == "-pk" and is_rising else ordering


def _without_index(term):
    """Return an order that no index gives; terms that are expressions already are left alone."""
    if not isinstance(term, str):
        return term
    column = F(term.lstrip("-"))
    return OrderBy(Coalesce(column, column), descending=term.startswith("-"))
