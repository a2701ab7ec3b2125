"""A report in the clothes of a page: numbers written for readers, curves for unfold's charts,
shares shaded.
"""

import json

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.formats import date_format
from django.utils.html import conditional_escape
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from mall.core.templatetags.mall import figure, yuan

COLOURS = ("var(--color-primary-500)", "var(--color-base-400)", "var(--color-primary-300)")
SWATCHES = ("a", "b", "c")
MANY = 6
SHADES = 9
NOTHING = "–"


def written(value, unit) -> str:
    """Write one value for people: 1,250 · −¥12.50 · 12.3% · 4.5."""
    if value is None:
        return NOTHING
    if unit == "yuan":
        return yuan(value)
    if unit == "share":
        return f"{figure(value * 100, 1)}%"
    if unit == "days":
        return figure(value, 1).removesuffix(".0")
    if unit in ("count", "points"):
        return figure(value, 0 if value == int(value) else 1)
    return value.isoformat() if unit == "day" else str(value)


def dressed(report, period) -> dict:
    """Return what templates/admin/reports/body.html shows."""
    return {
        "name": report.name,
        "title": report.title,
        "note": report.note,
        "counted_at": report.counted_at,
        "tiles": [_tile(tile) for tile in report.tiles],
        "charts": [_chart(chart) for chart in report.charts],
        "tables": [_table(table) for table in report.tables],
        "period": period if report.has_period else None,
        "is_empty": report.counted_at is None,
    }


def _tile(tile):
    change = tile.change
    said = (
        None
        if change is None
        else f"{'+' if change > 0 else '−' if change < 0 else '±'}{abs(change) * 100:.0f}%"
    )
    return {
        "label": capfirst(tile.label),
        "number": written(tile.value, tile.unit),
        "before": None if tile.before is None else written(tile.before, tile.unit),
        "change": said,
        "direction": "" if not change else "up" if change > 0 else "down",
    }


def _chart(chart):
    few = len(chart.labels) <= MANY * 2
    datasets = [
        {
            "label": str(label),
            "data": numbers,
            "borderColor": COLOURS[n % len(COLOURS)],
            "backgroundColor": COLOURS[n % len(COLOURS)],
            "displayYAxis": n == 0,
            "maxTicksXLimit": len(chart.labels) if few else MANY,
            **(
                {"barThickness": 24}
                if chart.kind == "bar"
                else {"pointStyle": "circle", "pointRadius": 2}
                if few
                else {}
            ),
            **({"borderDash": [4, 3]} if n >= len(COLOURS) else {}),
        }
        for n, (label, numbers) in enumerate(chart.series)
    ]
    labels = [
        date_format(label, "m-d") if hasattr(label, "isoformat") else str(label)
        for label in chart.labels
    ]
    return {
        "title": chart.title,
        "kind": chart.kind,
        "value": json.dumps({"labels": labels, "datasets": datasets}, cls=DjangoJSONEncoder),
        "legend": [
            (SWATCHES[n % len(SWATCHES)], label) for n, (label, _numbers) in enumerate(chart.series)
        ],
        "is_empty": chart.is_empty,
        "spoken": _("%(title)s; the numbers are in the table below.") % {"title": chart.title},
    }


def _table(table):
    numbers = [column.unit not in ("text", "day") for column in table.columns]
    return {
        "name": table.name,
        "title": table.title,
        "header": [
            (capfirst(column.title), number)
            for column, number in zip(table.columns, numbers, strict=True)
        ],
        "rows": [_row(row, table, numbers) for row in table.rows],
    }


def _row(row, table, numbers):
    """One row as HTML: a thousand cells through the template language cost more than all queries of
    the page together.
    """
    units = [column.unit for column in table.columns]
    head, *cells = (
        conditional_escape(written(value, unit)) for value, unit in zip(row, units, strict=True)
    )
    shades = [_shade(value, unit, table) for value, unit in zip(row, units, strict=True)]
    told = "".join(
        f'<td class="{"number " if number else ""}{shade}">{cell}</td>'
        for cell, shade, number in zip(cells, shades[1:], numbers[1:], strict=True)
    )
    return mark_safe(f'<th scope="row">{head}</th>{told}')  # every cell is escaped above


def _shade(value, unit, table):
    """A step from 1 to SHADES: small shares are told apart better than large ones."""
    if not table.is_heat or unit != "share" or not value:
        return ""
    return f"heat-{min(SHADES, 1 + int(value**0.5 * SHADES))}"
