"""A file of an earlier shop's orders, row by row as it is understood: headings found, blank fields
of an order's further lines filled in, their words for a status made ours.
"""

from collections import Counter
from collections.abc import Iterator

from django.utils.translation import gettext as _

from mall.core.tables.columns import Column
from mall.core.tables.reader import XLSX, open_table
from marketing.analytics.history_reading import EXTRA, OF_THE_ORDER, OPEN, Reading
from marketing.analytics.history_row import COLUMNS, BadRow
from marketing.models import HistoryOrder

CODES = ("order_no", "customer", "sku")
YUAN = ("CNY", "RMB", "¥", "￥")
ALL = (*COLUMNS, *EXTRA)
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
        self.reading, self.words, self._statuses = reading, Counter(), {}
        self._source, self._progress = source, progress
        self._found = reading.found_in(self.titles)

    def __iter__(self) -> Iterator[tuple]:
        """Yield (line, nine texts, reason why the row cannot be right or nothing)."""
        pick, before = self._pick(), None
        with self._open() as table:
            for line, cells, reason in table:
                fields = pick(cells)
                if self.reading.fill_down:
                    before = fields = _filled_down(fields, before)
                status = fields[STATUS_PLACE]
                if not reason:
                    try:
                        status = self._said(status, fields)
                    except BadRow as bad:
                        reason = str(bad)
                yield line, (*fields[:STATUS_PLACE], status), reason

    def _open(self):
        codes = {title for ours in CODES for title in self._found.get(ours, ())}
        titles = dict.fromkeys(title for theirs in self._found.values() for title in theirs)
        return open_table(
            self._source,
            [Column(title, is_code=title in codes) for title in titles],
            encoding=self._encoding,
            progress=self._progress,
        )

    def _pick(self):
        """Return what takes the texts in the order of ALL from a row's cells: of several headings
        for one column the first that is filled in.
        """
        theirs = [self._found.get(ours, ()) for ours in ALL]
        if all(len(titles) < 2 for titles in theirs):
            alone = [titles[0] if titles else "" for titles in theirs]
            return lambda cells: [cells.get(title, "") for title in alone]
        return lambda cells: [
            next((cells[title] for title in titles if cells[title]), "") for titles in theirs
        ]

    def _said(self, word, fields):
        """Return our status of a row. Raises: BadRow."""
        self.words[word] += 1
        currency = fields[CURRENCY_PLACE]
        if currency and currency.upper() not in YUAN:
            raise BadRow(
                _("the amounts are in %(currency)s; only yuan (CNY) can be imported")
                % {"currency": currency}
            )
        is_cancelled = fields[CANCELLED_PLACE]
        status = HistoryOrder.Status.CANCELLED.value if is_cancelled else self._status_of(word)
        if status == OPEN:
            raise BadRow(_("status %(word)s: the order is not over yet") % {"word": word})
        if word and not status:
            raise BadRow(
                _(
                    "status %(word)s is none of completed, cancelled, refunded; say which one it "
                    "is (--status %(word)s=completed)"
                )
                % {"word": word}
            )
        return status

    def _status_of(self, word):
        if word not in self._statuses:
            self._statuses[word] = self.reading.status_of(word)
        return self._statuses[word]


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
