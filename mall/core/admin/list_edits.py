"""Lists of the back office that are edited in place: saved only over what was seen, row by row
(mall.core.admin.edit_conflicts).
"""

import json
import re
from copy import copy

from django.core.exceptions import ValidationError
from django.forms import CharField, HiddenInput
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy

from mall.core.admin.edit_conflicts import (
    SEEN,
    changes_of,
    compare,
    marks_in,
    marks_of,
    read_seen,
)

MOST_ROWS = 500  # on a page of a list
SEEN_LATER = gettext_lazy(
    "You wrote %(mine)s; a colleague has made it %(now)s meanwhile. "
    "Nothing was saved: save again to keep yours."
)
NOT_MINE = gettext_lazy(
    "A colleague has made it %(now)s meanwhile. Nothing was saved: save again if that is right."
)
TAKEN_AWAY = gettext_lazy(
    "A colleague has taken rows away meanwhile. Nothing was saved: save again to keep the others."
)


class ListFormSet:
    """The rows of a list that is edited in place; its management form carries what was seen."""

    gone = 0  # rows that a colleague took away
    shown = None  # the marks of what was read, where something else was typed over it

    def __init__(self, data=None, *args, **kwargs):
        super().__init__(data, *args, **kwargs)
        if self.is_bound:
            self.data = self._without_gone(self.data)

    @cached_property
    def management_form(self):
        form = super().management_form
        form.fields[SEEN] = CharField(
            required=False, widget=HiddenInput, initial=lambda: json.dumps(self._marks())
        )
        return form

    def clean(self):
        """Refuse what a colleague changed meanwhile, beside its field."""
        super().clean()
        name = f"{self.prefix}-{SEEN}"
        seen = read_seen(self.data, name)
        for form in self.initial_forms:
            for conflict in compare(form, marks_in(seen, str(form.instance.pk))):
                words = {"mine": conflict.mine, "now": conflict.now}
                form.add_error(
                    conflict.name, (SEEN_LATER if conflict.is_mine else NOT_MINE) % words
                )
                if not conflict.is_mine:
                    initial = form.get_initial_for_field(form.fields[conflict.name], conflict.name)
                    form.data = {**form.data.dict(), form.add_prefix(conflict.name): initial}
        self.management_form.data = {**self.data.dict(), name: json.dumps(self._marks())}
        if self.gone:
            raise ValidationError(TAKEN_AWAY, code="taken_away")

    def fill(self, kept):
        """Lay over the rows what was typed into them and could not be sent."""
        self.shown, seen = self._marks(), read_seen(kept, f"{self.prefix}-{SEEN}")
        numbers = {pk: number for number, pk in self._ids(kept)}
        for form in self.initial_forms:
            pk = str(form.instance.pk)
            if pk in numbers:
                prefix = self.add_prefix(numbers[pk])
                typed = type(form)(kept, prefix=prefix, instance=copy(form.instance))
                form.initial.update(changes_of(typed, marks_in(seen, pk)))

    def _marks(self):
        if self.shown is not None:
            return self.shown
        return {str(form.instance.pk): marks_of(form) for form in self.initial_forms}

    def _ids(self, sent) -> list[tuple[int, str]]:
        """Return (number, id) of the rows that were sent."""
        name = self.model._meta.pk.name
        rows = ((number, sent.get(f"{self.prefix}-{number}-{name}")) for number in range(MOST_ROWS))
        return [(number, pk) for number, pk in rows if pk is not None]

    def _without_gone(self, sent):
        """Return what was sent without the rows that are there no more; the others move up."""
        present = {str(row.pk) for row in self.get_queryset()}
        numbers = self._ids(sent)
        stay = [number for number, pk in numbers if pk in present]
        self.gone = len(numbers) - len(stay)
        if not self.gone:
            return sent
        row, left = re.compile(rf"{re.escape(self.prefix)}-(\d+)-(.+)"), sent.copy()
        places = {str(number): place for place, number in enumerate(stay)}
        cells = [(key, found) for key in sent if (found := row.fullmatch(key))]
        for key, _found in cells:
            del left[key]
        for key, found in cells:
            if found[1] in places:
                left.setlist(f"{self.prefix}-{places[found[1]]}-{found[2]}", sent.getlist(key))
        for count in ("TOTAL_FORMS", "INITIAL_FORMS"):
            left[f"{self.prefix}-{count}"] = len(stay)
        return left
