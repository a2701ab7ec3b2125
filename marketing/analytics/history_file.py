"""A file of an earlier shop's orders, row by row as it is understood: headings found, blank fields
of an order's further lines filled in, their words for a status made ours.
"""

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from django.utils.translation import gettext as _

from mall.core.tables.columns import Column
from mall.core.tables.reader import XLSX, open_table
from marketing.analytics.history_reading import EXTRA, OF_THE_ORDER, OPEN, Reading
from marketing.analytics.history_row import COLUMNS
from marketing.models import HistoryOrder

CODES = ("order_no", "customer", "sku")
YUAN = ("CNY", "RMB", "¥", "￥")
ALL = (*COLUMNS, *EXTRA)
CANCELLED = HistoryOrder.Status.CANCELLED.value
WORDS_KEPT = 1_000
STATUS_PLACE = COLUMNS.index("status")
KEPT_OPEN = frozenset(map(ALL.index, OF_THE_ORDER))
NO_PLACE, CANCELLED_PLACE, CURRENCY_PLACE = map(ALL.index, ("order_no", *EXTRA))


class HistoryFile:
    """The rows of a file under a reading; ``words`` counts their words for a status as they pass,
    ``above`` are (line, text) of titles over its headings.

    ``source`` is a path, bytes or a binary file. Raises: UnreadableTable.
    """

    def __init__(self, source, reading: Reading, *, encoding="", progress=iter):
        with open_table(source, (), encoding=encoding) as table:
            self.titles = tuple(title for title in table.titles if title)
            self.above = table.above
            self._encoding = encoding if table.encoding == XLSX else table.encoding
        self.reading, self.words = reading, Counter()
        self._statuses = lru_cache(WORDS_KEPT)(self._status)
        self._source, self._progress = source, progress
        self._found = reading.found_in(self.titles)

    def __iter__(self) -> Iterator[tuple]:
        """Yield (lines, nine columns of texts, reasons why a row cannot be right or nothing) of
        some rows at once.
        """
        before = None
        with self._open() as table:
            for lines, cells, faults in table.by_column():
                columns = self._picked(cells, len(lines))
                if self.reading.fill_down:
                    rows = []
                    for fields in zip(*columns, strict=True):
                        rows.append(before := _filled_down(fields, before))
                    columns = list(zip(*rows, strict=True))
                statuses, reasons = self._said(columns, faults)
                yield lines, [*columns[:STATUS_PLACE], statuses], reasons

    def _open(self):
        codes = {title for ours in CODES for title in self._found.get(ours, ())}
        titles = dict.fromkeys(title for theirs in self._found.values() for title in theirs)
        return open_table(
            self._source,
            [Column(title, is_code=title in codes) for title in titles],
            encoding=self._encoding,
            progress=self._progress,
        )

    def _picked(self, cells, count):
        """Return the columns in the order of ALL; of several headings for one the first that is
        filled in.
        """
        found = []
        for ours in ALL:
            theirs = [cells[title] for title in self._found.get(ours, ())]
            if len(theirs) > 1:
                each = zip(*theirs, strict=True)
                theirs = [[next(filter(None, texts), "") for texts in each]]
            found.append(theirs[0] if theirs else [""] * count)
        return found

    def _said(self, columns, faults):
        """Return our statuses of some rows, and the reasons why a row cannot be right."""
        words, currencies = columns[STATUS_PLACE], columns[CURRENCY_PLACE]
        are_cancelled = map(bool, columns[CANCELLED_PLACE])
        said = list(map(self._statuses, words, are_cancelled, currencies))
        if any(faults):
            each = zip(said, words, faults, strict=True)
            said = [(word, fault) if fault else one for one, word, fault in each]
            words = [word for word, fault in zip(words, faults, strict=True) if not fault]
        self.words.update(words)
        return zip(*said, strict=True)

    def _status(self, word, is_cancelled, currency):
        """Return our status and nothing, or theirs and the reason why the row cannot be right."""
        if currency and currency.upper() not in YUAN:
            return word, _("the amounts are in %(currency)s; only yuan (CNY) can be imported") % {
                "currency": currency
            }
        status = CANCELLED if is_cancelled else self.reading.status_of(word)
        if status == OPEN:
            return word, _("status %(word)s: the order is not over yet") % {"word": word}
        if word and not status:
            return word, _(
                "status %(word)s is none of completed, cancelled, refunded; say which one it is "
                "(--status %(word)s=completed)"
            ) % {"word": word}
        return status, ""


def _filled_down(fields, before):
    """Return the fields with the blank ones of the order taken from the row before, as long as that
    is a row of the same order.

    A row without a number is one only when it has nothing else of an order's own.
    """
    own = {place for place in KEPT_OPEN if fields[place]}
    if before is None or (own and fields[NO_PLACE] != before[NO_PLACE]):
        return fields
    return [
        before[place] if place in KEPT_OPEN and not text else text
        for place, text in enumerate(fields)
    ]
