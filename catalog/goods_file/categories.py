"""The tree of categories by paths, as tables name them."""

import hashlib

from django.conf import settings
from django.utils import translation
from django.utils.text import slugify

from catalog.goods_file.cells import BETWEEN_CATEGORIES
from catalog.models import Category
from mall.core.tables.columns import folded

APART = "/"
SLUG_LENGTH = 50
MARK_LENGTH = 8


class Categories:
    """All categories, read once; ``path`` and ``find`` are each other's reverse."""

    def __init__(self):
        self._rows = {row.pk: row for row in Category.objects.all()}
        self._found = {}
        for row in self._rows.values():
            self._learn(row)

    def path(self, pk: int) -> str:
        """Return the names of a category and of those it stands in, in the reader's language."""
        return (
            APART.join(str(row) for row in self._line(self._rows[pk])) if pk in self._rows else ""
        )

    def find(self, names: list[str]) -> list[int]:
        """Return the categories a path, a name alone or a short name leads to; several where it
        does not say which. Paths go before names alone.
        """
        return self._found.get(_key(names), []) or self._found.get((_key(names),), [])

    def make(self, names: list[str]) -> int:
        """Return the category at the end of a path, made with those it stands in where they are not
        there yet. Harmless when repeated.
        """
        parent = None
        for depth in range(1, len(names) + 1):
            found = self._found.get(_key(names[:depth]), [])
            parent = self._rows[found[0]] if found else self._made(names[:depth], parent)
        return parent.pk

    def _made(self, names, parent):
        with translation.override(settings.LANGUAGE_CODE):
            row, _is_new = Category.objects.get_or_create(
                slug=_slug(names), defaults={"name_zh_hans": names[-1], "parent": parent}
            )
        self._rows[row.pk] = row
        self._learn(row)
        return row

    def _learn(self, row):
        line = self._line(row)
        for name in ("name_zh_hans", "name_en"):
            names = [getattr(one, name) or one.name_zh_hans or one.slug for one in line]
            self._add(_key(names), row)
            self._add((_key(names[-1:]),), row)
        self._add((_key([row.slug]),), row)

    def _add(self, key, row):
        pks = self._found.setdefault(key, [])
        if row.pk not in pks:
            pks.append(row.pk)

    def _line(self, row) -> list[Category]:
        line, seen = [], set()
        while row is not None and row.pk not in seen:
            seen.add(row.pk)
            line.insert(0, row)
            row = self._rows.get(row.parent_id)
        return line


def _key(names) -> str:
    # a name may hold a sign that stands between two names, too
    return APART.join(BETWEEN_CATEGORIES.sub(APART, folded(name)) for name in names)


def _slug(names) -> str:
    """The same for the same path, so that it is made once, whoever makes it."""
    mark = hashlib.sha256(_key(names).encode()).hexdigest()[:MARK_LENGTH]
    return f"{slugify(names[-1])[: SLUG_LENGTH - MARK_LENGTH - 1]}-{mark}".strip("-")
