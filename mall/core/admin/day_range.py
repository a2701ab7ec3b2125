"""A filter of the back office: from one shop day to another, both of them whole."""

from datetime import timedelta

from django.contrib.admin import ChoicesFieldListFilter
from django.db.models import DateTimeField
from unfold.contrib.filters.admin import RangeDateFilter

from mall.core import clock, pasted

ONE_DAY = timedelta(days=1)


class DayRangeFilter(RangeDateFilter):
    """Days over a column of instants or of days: unfold's own leaves out the last day of instants,
    and all of it when both are one.
    """

    def queryset(self, request, queryset):
        """Keep the rows from the first instant of one day to the last of the other; a day nobody
        can read bounds nothing.
        """
        first, last = (self._day(end) for end in ("from", "to"))
        if first:
            queryset = queryset.filter(**{f"{self.parameter_name}__gte": self._start(first)})
        if last:
            after = self._start(last + ONE_DAY)
            queryset = queryset.filter(**{f"{self.parameter_name}__lt": after})
        return queryset

    def _start(self, day):
        return clock.start_of(day) if isinstance(self.field, DateTimeField) else day

    def _day(self, end):
        """Return the day asked for, as the page's date field, a link or a person writes it."""
        asked = self.used_parameters.get(f"{self.parameter_name}_{end}") or ""
        try:
            return pasted.day(asked)
        except ValueError:
            return None


class WithinDaysFilter(ChoicesFieldListFilter):
    """One of a column's choices, offered once days or an account were chosen: the indexes go
    by those first."""

    def __init__(self, field, request, params, model, model_admin, field_path):
        super().__init__(field, request, params, model, model_admin, field_path)
        ends = ("account", "_from", "_to", "__gte", "__lt")
        self.is_bounded = any(value and name.endswith(ends) for name, value in request.GET.items())

    def has_output(self):
        return self.is_bounded
