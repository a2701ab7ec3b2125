"""Columns and read-only fields of numbers, written as pages write them: 1,250, −100, ¥12.50."""

from django.contrib import admin

from mall.core.templatetags.mall import points


def column(field, label, write=points):
    """Return a method for an admin that writes the number in ``field`` of its rows; a dash for
    none.
    """

    @admin.display(description=label, ordering=field)
    def shown(_admin, row):
        amount = getattr(row, field)
        return "–" if amount is None else write(amount)

    return shown
