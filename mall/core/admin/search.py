"""Searching a big table by hand: what an index finds, wherever it stands, before any text is read.

Django's own search joins every table it names and compares in a person's way (no case), which no
index of a column that compares as bytes can answer (mall/database/collations.py): to find one order
it read them all. Here ``=column`` is looked up as it was typed, folded, in capitals and in small
letters, ``^column`` by its beginning, and a column of another table is resolved to that table's
keys first.
The first field that knows the word answers. Only then words are looked for inside the text of the
plain columns, among the newest rows. Source: docs/decisions/0037-lists-of-a-grown-shop.md.
"""

from django.core.exceptions import ValidationError
from django.db.models import CharField, Q, TextField
from django.utils.text import smart_split, unescape_string_literal
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mall.core import pasted
from mall.core.admin.newest import among_newest
from mall.core.blind_index import BlindIndexField

KNOWN_MAX = 500  # rows of another table that one word may mean
MEMBER_HELP = _("A member's whole name or e-mail, or how the name begins.")
LAST = "\U0010ffff"  # sorts behind every character


def members(path) -> list[str]:
    """Return the search fields that find a member's rows: a whole username or e-mail, or how the
    username begins.
    """
    return [f"={path}__username", f"={path}__email", f"^{path}__username"]


class TooMany(Exception):
    """A word means more rows of another table than can be followed."""


def find(rows, fields, text, *, newest):
    """Narrow ``rows`` to those that know every word of ``text``; returns them and what the reader
    has to be told.
    """
    notes = []
    if (whole := _in_one_piece(rows.model, fields, text)) is not None:
        return rows.filter(whole), notes
    for word in _words(text):
        try:
            condition = _named(rows.model, fields, word)
        except TooMany as many:
            words = {"word": word, "number": KNOWN_MAX, "what": many.args[0]}
            notes.append(
                gettext(
                    "“%(word)s” fits more than %(number)s %(what)s. Please write more of it, and "
                    "the list can be searched."
                )
                % words
            )
            return rows.none(), notes
        if condition is not None:
            rows = rows.filter(condition)
            continue
        plain = [path for path in fields if path[0] not in "=^" and "__" not in path]
        if not plain:
            return rows.none(), notes
        bound, told = among_newest(rows, newest, word)
        rows = rows.filter(_inside(plain, word), **bound)
        notes += told
    return rows, notes


def _words(text):
    for bit in smart_split(text):
        quoted = bit.startswith(('"', "'")) and len(bit) > 1 and bit[0] == bit[-1]
        yield unescape_string_literal(bit) if quoted else bit


def _in_one_piece(model, fields, text) -> Q | None:
    """Return the condition of a marked column that knows a text with blanks as a whole: a name of
    two words, a number in groups.
    """
    if " " not in text:
        return None
    marked = [path for path in fields if "__" not in path and _is_marked(model, path)]
    return _named(model, marked, text)


def _is_marked(model, path):
    return isinstance(model._meta.get_field(path.lstrip("=^")), BlindIndexField)


def _named(model, fields, word) -> Q | None:
    """Return the condition of the first field that knows a word."""
    for path in fields:
        *hops, column = path.lstrip("=^").split("__")
        if not hops and path[0] not in "=^":
            continue
        condition = _reached(model, hops, column, path[0], word)
        if condition is not None:
            return condition
    return None


def _reached(model, hops, column, mark, word) -> Q | None:
    """Follow a path from its far end: the keys there, then of each table on the way."""
    models = [model]
    for hop in hops:
        models.append(models[-1]._meta.get_field(hop).related_model)
    condition = _meant(models[-1]._meta.get_field(column), mark, word)
    if condition is None:
        return None
    if not hops:
        return condition if models[-1]._base_manager.filter(condition).exists() else None
    for hop, near in reversed(list(zip(hops, models, strict=False))):
        relation = near._meta.get_field(hop)
        # rows that point here name their target themselves; a join would list it once for each
        key, wanted = (relation.field.attname, "pk") if relation.one_to_many else ("pk", hop)
        far = relation.related_model
        found = far._base_manager.filter(condition).order_by().values_list(key, flat=True)
        keys = list(found.distinct()[: KNOWN_MAX + 1])
        if not keys:
            return None
        if len(keys) > KNOWN_MAX:
            raise TooMany(far._meta.verbose_name_plural)
        condition = Q(**{f"{wanted}__in": keys})
    return condition


def _meant(field, mark, word) -> Q | None:
    """Say what a word asks of one column; None where it could never stand there."""
    if isinstance(field, BlindIndexField):
        marks = field.marks_of(word)
        return Q(**{f"{field.name}__in": marks}) if marks else None
    if mark not in "=^":
        return _inside([field.name], word)
    if not isinstance(field, CharField | TextField):
        try:
            return Q(**{field.name: field.to_python(word)})
        except ValidationError:
            return None
    forms = {word, pasted.number(word), pasted.code(word)}
    typed = {written for form in forms for written in (form, form.lower(), form.upper())}
    if mark == "=":
        return Q(**{f"{field.name}__in": sorted(typed)})
    ranges = (Q(**{f"{field.name}__range": (word, word + LAST)}) for word in typed)
    return Q.create(list(ranges), connector=Q.OR)


def _inside(columns, word) -> Q:
    return Q.create([Q(**{f"{column}__icontains": word}) for column in columns], connector=Q.OR)
