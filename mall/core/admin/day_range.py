"""A filter of the back office: from one shop day to another, both of them whole."""

from unfold.contrib.filters.admin import RangeDateFilter
from unfold.utils import parse_date_str

from mall.core import clock


class DayRangeFilter(RangeDateFilter):
    """Days over a column of instants: unfold's own leaves out the last day, and all of it when both
    are one.
    """

    def queryset(self, request, queryset):
        """Keep the rows from the first instant of one day to the last of the other; a day nobody
        can read bounds nothing.
        """
        first, last = (self._day(end) for end in ("from", "to"))
        if first:
            queryset = queryset.filter(**{f"{self.parameter_name}__gte": clock.start_of(first)})
        if last:
            queryset = queryset.filter(**{f"{self.parameter_name}__lt": clock.end_of(last)})
        return queryset

    def _day(self, end):
        """Return the day asked for, as the page's date field or a link writes it."""
        asked = self.used_parameters.get(f"{self.parameter_name}_{end}")
        return parse_date_str(asked) if asked else None
