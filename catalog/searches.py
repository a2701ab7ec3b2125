"""What many search for: counted in the process, written down now and then, shown as hot words.

No line says who searched: whether somebody did today already is asked of the cache by a digest that
ends with the day. What might name a person (numbers, addresses) is not counted, and what fewer than
FEWEST_TIMES searched for is not shown.
"""

import re
import time
from collections import Counter
from datetime import timedelta
from hashlib import sha256
from threading import Lock

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError
from django.db.models import Case, F, Sum, Value, When

from catalog import kept
from catalog.models import HotWord, SearchedWord
from catalog.models.searched import WORD_LENGTH
from mall.core import clock, pasted
from mall.core.errors import Busy
from mall.core.transactions import transactional

MOST_WAITING = 500  # different words a process holds before it writes them
SHOWN_DAYS, KEPT_DAYS = 7, 30
FEWEST_TIMES = 3
SHOWN = 10
NOT_COUNTED = re.compile(r"\d{5}|@|[^\w\s.+-]{3}")

log = structlog.get_logger(__name__)
_waiting, _lock, _written_at = Counter(), Lock(), time.monotonic()


def plain(search: str) -> str:
    """Return a search as it is counted and compared: in small letters, one blank between words."""
    return " ".join(pasted.name(search).split())


def note(search: str, *, by: str) -> bool:
    """Count a search that found something, once a day for each caller ``by``; return whether it
    counts. Written down with the next one after settings.SEARCHES_WRITTEN_AFTER_SECONDS.
    """
    word, today = plain(search), clock.today()
    if not 2 <= len(word) <= WORD_LENGTH or NOT_COUNTED.search(word):
        return False
    digest = sha256(f"{today} {by} {word}".encode()).hexdigest()
    if not cache.add(f"searched:{digest}", 1, 86_400):
        return False
    with _lock:
        _waiting[today, word] += 1
        is_due = time.monotonic() - _written_at > settings.SEARCHES_WRITTEN_AFTER_SECONDS
        is_due = is_due or len(_waiting) >= MOST_WAITING
    if is_due:
        write_down()
    return True


def write_down() -> int:
    """Add what waits in this process to the rows of its days; return how many words that were.

    Should the process die first, or nothing can be written now, a few seconds of counting are lost:
    nobody's search waits or fails for it.
    """
    global _written_at
    with _lock:
        counted, _written_at = Counter(_waiting), time.monotonic()
        _waiting.clear()
    try:
        for day in {day for day, _word in counted}:
            _add(day, {word: times for (on, word), times in counted.items() if on == day})
    except (DatabaseError, Busy) as error:
        log.warning("searches_not_counted", words=len(counted), reason=type(error).__name__)
    return len(counted)


@transactional
def _add(day, times: dict[str, int]) -> None:
    rows = [SearchedWord(day=day, word=word) for word in sorted(times)]
    SearchedWord.objects.bulk_create(rows, ignore_conflicts=True)
    added = Case(*(When(word=word, then=Value(n)) for word, n in sorted(times.items())))
    SearchedWord.objects.filter(day=day, word__in=times).update(times=F("times") + added)


def hot() -> list[str]:
    """Return the words shown under an empty search box: the operators' own first, then what was
    searched most in SHOWN_DAYS, but for what they hide.
    """
    return kept.fact("hot-words", _hot)


def _hot() -> list[str]:
    said = list(HotWord.objects.values_list("word", "is_hidden"))
    since = clock.today() - timedelta(days=SHOWN_DAYS - 1)
    counted = SearchedWord.objects.filter(day__gte=since).exclude(word__in=[w for w, _h in said])
    most = counted.values("word").annotate(n=Sum("times")).filter(n__gte=FEWEST_TIMES)
    words = most.order_by("-n", "word").values_list("word", flat=True)[:SHOWN]
    return [*(word for word, is_hidden in said if not is_hidden), *words][:SHOWN]


def forget_old() -> int:
    """Delete the counts of days nobody asks about any more; safe to run twice."""
    until = clock.today() - timedelta(days=KEPT_DAYS)
    return SearchedWord.objects.filter(day__lt=until).delete()[0]
