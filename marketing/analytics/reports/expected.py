"""The report of what is to be expected: how many redeem again, who, and how far off we were."""

from datetime import timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from mall.core.templatetags.mall import points as grouped
from marketing.analytics import forecast, forecasts
from marketing.analytics.forecast import COUNT_EDGES, RECENCY_EDGES, Chance
from marketing.analytics.report import Chart, Column, Report, Table, Tile
from marketing.models import RepurchaseForecast

MOST_PAST = 24
WORDS = {
    Chance.LIKELY: gettext_lazy("likely"),
    Chance.MAYBE: gettext_lazy("maybe"),
    Chance.UNLIKELY: gettext_lazy("unlikely"),
}


def in_words(chance: tuple[Chance, float] | None) -> str:
    """Return how likely a member redeems again, as ``forecasts.chance_of`` tells it."""
    if chance is None:
        return ""
    word, share = chance
    return _("%(word)s (%(share)s %% of members like this)") % {
        "word": WORDS[word],
        "share": _percent(share),
    }


def expected(period) -> Report:
    """What is to be expected of the next ninety days, as of the last whole shop day."""
    said = forecasts.latest()
    if said is None:
        nothing = [_who({"now": {}, "chances": {}})]
        note = _cannot_tell_yet()
        return Report("forecast", _("Forecast"), note=note, tables=nothing, has_period=False)
    past = list(
        RepurchaseForecast.objects.filter(became__isnull=False).order_by("-as_of")[:MOST_PAST]
    )
    figures = said.figures
    return Report(
        "forecast",
        _("Forecast"),
        note=" ".join(filter(None, (_saying(said), _last_time(past), _doubts(said)))),
        counted_at=said.made_at,
        tiles=[
            Tile("expected", _("Expected to redeem again"), said.expected),
            Tile("lowest", _("at least"), said.lowest),
            Tile("highest", _("at most"), said.highest),
            Tile("share", _("of members who ever redeemed"), figures["share"], "share"),
            *(Tile(word.value, WORDS[word], n) for word, n in _by_word(figures).items()),
        ],
        charts=[_said_and_became(past)] if past else [],
        tables=[_who(figures), _past(past), _backtest(said)],
        has_period=False,
    )


def _cannot_tell_yet() -> str:
    return _(
        "Cannot tell yet: the first redemptions must be %(days)s days old, and the day counted."
    ) % {"days": forecast.HORIZON_DAYS}


def _saying(said) -> str:
    return _(
        "Expected to redeem again within %(days)s days of %(day)s: %(members)s members "
        "(%(share)s %%), between %(lowest)s and %(highest)s."
    ) % {
        "days": said.horizon_days,
        "day": date_format(said.as_of, "SHORT_DATE_FORMAT"),
        "members": grouped(said.expected),
        "share": _percent(said.figures["share"]),
        "lowest": grouped(said.lowest),
        "highest": grouped(said.highest),
    }


def _last_time(past) -> str:
    if not past:
        return _("We have said nothing before whose days are over.")
    return _("Last time, on %(day)s, we said %(expected)s; it became %(became)s.") % {
        "day": date_format(past[0].as_of, "SHORT_DATE_FORMAT"),
        "expected": grouped(past[0].expected),
        "became": grouped(past[0].became),
    }


def _doubts(said) -> str:
    misses, censored = said.figures["misses"], said.figures["censored"]
    doubts = []
    if len(misses) < forecast.ENOUGH_PERIODS:
        doubts.append(
            _("Fewer than %(periods)s earlier periods are known, so the band is ±%(band)s points.")
            % {"periods": forecast.ENOUGH_PERIODS, "band": _percent(said.figures["band"])}
        )
    if censored:
        doubts.append(
            _(
                "%(members)s of these members first appear in the first %(days)s days that are "
                "known (an import begins somewhere): they may have redeemed before."
            )
            % {"members": grouped(censored), "days": forecast.HORIZON_DAYS}
        )
    doubts.append(_("Before a season expect more to differ than the band says."))
    return " ".join(doubts)


def _by_word(figures) -> dict:
    counted = dict.fromkeys(Chance, 0)
    for cell, people in figures["now"].items():
        counted[forecast.chance_of(figures["chances"][cell])] += people
    return counted


def _who(figures):
    rows = []
    for cell, people in sorted(figures["now"].items()):
        recency, count = map(int, cell.split("."))
        share = figures["chances"][cell]
        word = str(WORDS[forecast.chance_of(share)])
        rows.append([_days_ago(recency), _orders(count), people, share, word])
    return Table(
        "who",
        _("Who"),
        [
            Column("recency", _("Last redeemed"), "text"),
            Column("count", _("Days with redemptions"), "text"),
            Column("members", _("Members")),
            Column("share", _("redeem again"), "share"),
            Column("chance", _("In a word"), "text"),
        ],
        rows,
        is_heat=True,
    )


def _days_ago(place) -> str:
    if place == len(RECENCY_EDGES):
        return _("more than %(days)s days ago") % {"days": RECENCY_EDGES[-1]}
    return _("up to %(days)s days ago") % {"days": RECENCY_EDGES[place]}


def _orders(place) -> str:
    least = 1 if place == 0 else COUNT_EDGES[place - 1] + 1
    if place == len(COUNT_EDGES):
        return pgettext("a number and more", "%(number)s and more") % {"number": least}
    most = COUNT_EDGES[place]
    return str(least) if least == most else f"{least}–{most}"


def _past(past):
    return Table(
        "said",
        _("What we said, and what it became"),
        [
            Column("as_of", _("Said on"), "day"),
            Column("expected", _("Expected")),
            Column("lowest", _("at least")),
            Column("highest", _("at most")),
            Column("became", _("It became")),
        ],
        [[row.as_of, row.expected, row.lowest, row.highest, row.became] for row in past],
    )


def _backtest(said):
    ago = timedelta(days=said.horizon_days)
    return Table(
        "misses",
        _("What the same method would have missed by in earlier periods"),
        [Column("until", _("Period until"), "day"), Column("miss", _("Missed by"), "share")],
        [[said.as_of - n * ago, miss] for n, miss in enumerate(said.figures["misses"])],
    )


def _said_and_became(past):
    rows = past[::-1]
    return Chart(
        _("What we said, and what it became"),
        [row.as_of for row in rows],
        [
            (_("Expected"), [row.expected for row in rows]),
            (_("It became"), [row.became for row in rows]),
        ],
    )


def _percent(share) -> str:
    return f"{share * 100:.1f}"
