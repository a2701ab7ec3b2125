"""Rows as bare values, of which no instance is made: for pages of rows that members read most.

Their answers are made by ``mall.core.shapes.RowShape``.
"""

from dataclasses import dataclass
from functools import cache

from django.db import connection, models

from mall.core.row_values import readers
from mall.core.rows import quoted


@dataclass(frozen=True, slots=True)
class Bare:
    """Some columns of a model, by its attributes. JSON is its text, and an instant may come without
    a zone, as the database keeps it: in UTC.
    """

    model: type
    names: tuple[str, ...]

    def of(self, alias: str) -> str:
        """Return the columns under an alias, in this order."""
        return _columns(self.model, self.names, alias)

    def read(self, found):
        """Return the values as they are said above, of what a statement found."""
        converted = _converted(self.model, self.names, connection.vendor)
        if not converted:
            return found
        values = list(found)
        for place, column, converters in converted:
            for convert in converters:
                values[place] = convert(values[place], column, connection)
        return values


@cache
def _columns(model, names, alias) -> str:
    columns = {one.attname: one.column for one in model._meta.concrete_fields}
    return ", ".join(f"{alias}.{quoted(columns[name])}" for name in names)


@cache
def _converted(model, names, vendor):
    """Return (place, column, converters) of what this database has no value of its own for."""
    own = {models.JSONField} | ({models.DateTimeField} if vendor == "mysql" else set())
    all_names, converted = readers(model)
    return [
        (names.index(all_names[place]), column, converters)
        for place, column, converters in converted
        if all_names[place] in names and type(column.target) not in own
    ]
