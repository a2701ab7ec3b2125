"""The rows of a table as goods: one row each SKU, what is said of the product on the first of its
rows or on all of them.
"""

from dataclasses import asdict, dataclass, field

from django.utils.translation import gettext as _

from catalog.goods_file import cells, columns, headings
from mall.core.tables.digest import digest
from mall.core.tables.errors import BadCell, UnreadableTable
from mall.core.tables.reader import open_table, remarks_of

ROWS_MAX = 30_000
SKUS_MAX = 200  # of one product
BYTES_MAX = 10_000_000


@dataclass
class Choice:
    """One SKU as a row says it: its code, attributes by name, and the pieces there are (None: not
    said), with those there were when the table was written out.
    """

    line: int
    code: str = ""
    said: dict = field(default_factory=dict)
    stock: int | None = None
    change: int | None = None  # of the pieces, as it was looked at


@dataclass
class Goods:
    """One product as its rows say it: its code or ``#number``, attributes by name, the path of its
    category, the names of its pictures (None: not said), its SKUs, and (line, why) of what is
    wrong. ``seen`` is the mark of what was looked at.
    """

    line: int
    key: str
    said: dict = field(default_factory=dict)
    category: list[str] | None = None
    pictures: list[str] | None = None
    choices: list[Choice] = field(default_factory=list)
    faults: list = field(default_factory=list)
    rows: int = 0
    seen: str = ""

    def plain(self) -> dict:
        """Return it as JSON keeps it."""
        return asdict(self)

    @classmethod
    def of(cls, kept: dict) -> "Goods":
        """Return what ``plain`` made of it."""
        return cls(**{**kept, "choices": [Choice(**one) for one in kept["choices"]]})


@dataclass
class Sheet:
    """What a table says: its goods in order, what of it is not read, and the name of its rows."""

    goods: list[Goods]
    remarks: list[str]
    rows: int

    @property
    def digest(self) -> str:
        """Return the name of these goods, the same however the table was saved."""
        return digest(list(one.plain().values()) for one in self.goods)


def check(content: bytes) -> None:
    """Look at the beginning of a table alone. Raises: UnreadableTable (no table of goods)."""
    with _opened(content) as table:
        if next(iter(table), None) is None:
            raise UnreadableTable(_("There are no goods in this file."))


def read(content: bytes, *, clears: bool = False) -> Sheet:
    """Return the goods of a table, right or wrong. ``clears``: empty cells empty what is there.

    Raises: UnreadableTable.
    """
    goods, rows = {}, 0
    with _opened(content) as table:
        there = {one.name for one in headings.COLUMNS} - set(table.missing)
        reader = _Rows(there, clears)
        for row in table:
            if (rows := rows + 1) > ROWS_MAX:
                raise UnreadableTable(
                    _("A file may have at most %(most)s rows. Please split it.")
                    % {"most": f"{ROWS_MAX:,}"}
                )
            reader.take(row, goods)
        if not goods:
            raise UnreadableTable(_("There are no goods in this file."))
        return Sheet(reader.finished(goods), list(remarks_of(table)), rows)


def _opened(content):
    return open_table(content, headings.COLUMNS, bytes_max=BYTES_MAX)


class _Rows:
    """Takes the rows of a table one by one."""

    def __init__(self, there, clears):
        self._there, self._clears, self._last, self._codes = there, clears, None, {}

    def take(self, row, goods) -> None:
        key, fault = "", row.fault
        try:
            key = cells.code(row.cells[headings.PRODUCT])
            if not key and self._last is None:
                raise BadCell(_("This row names no product."))
            is_new = bool(key)
        except BadCell as bad:
            fault, is_new = _in_column(headings.PRODUCT, bad), True
        # rows without a code belong to the product above, also to one that cannot be read
        if is_new:
            self._last = goods.setdefault(key or f"?{row.line}", Goods(row.line, key))
        one = self._last
        one.rows += 1
        if fault:
            one.faults.append([row.line, fault])
            return
        self._take_product(row, one)
        self._take_sku(row, one)

    def finished(self, goods) -> list[Goods]:
        """Return the goods once all rows are there."""
        for one in goods.values():
            if self._clears and not one.faults:
                self._clear(one)
            if len(one.choices) > SKUS_MAX:
                words = _("more than %(most)s SKUs of one product") % {"most": SKUS_MAX}
                one.faults.append([one.line, words])
        return list(goods.values())

    def _take_product(self, row, one):
        for attribute in columns.OF_PRODUCT:
            self._say(one, attribute.column, attribute.read, row, one.said, attribute.name)
        apart = {}
        self._say(one, headings.CATEGORY, cells.path, row, apart, headings.CATEGORY)
        self._say(one, headings.PICTURES, cells.pictures, row, apart,
                  headings.PICTURES)  # fmt: skip
        for name, value in apart.items():
            before = getattr(one, name)
            if before is not None and before != value:
                one.faults.append([row.line, self._twice(name, one)])
            setattr(one, name, value)

    def _take_sku(self, row, one):
        if not any(row.cells[name] for name in columns.SKU_NAMES):
            return  # the product alone
        sku = Choice(row.line)
        for attribute in columns.OF_SKU:
            if not self._say(one, attribute.column, attribute.read, row, sku.said, attribute.name):
                self._empty(attribute, sku.said)
        found = {}
        self._say(one, headings.SKU, cells.code, row, found, "code")
        self._say(one, headings.STOCK, cells.pieces, row, found, "stock")
        self._say(one, headings.IN_STOCK, cells.pieces, row, found, "was")
        if found.get("was") is not None and found["was"] == found.get("stock"):
            del found["stock"]  # nobody counted: it is what was written out
        found.pop("was", None)
        for name, value in found.items():
            setattr(sku, name, value)
        if sku.code and self._codes.setdefault(sku.code, row.line) != row.line:
            words = _("this SKU stands in line %(line)s, too") % {"line": self._codes[sku.code]}
            one.faults.append([row.line, words])
        one.choices.append(sku)

    def _say(self, one, column, read, row, said, name) -> bool:
        """Take what one cell says; False where it says nothing."""
        cell = row.cells[column]
        if not cell:
            return False
        try:
            value = read(cell)
        except BadCell as bad:
            one.faults.append([row.line, _in_column(column, bad)])
            return True
        if name in said and said[name] != value:
            one.faults.append([row.line, self._twice(column, one)])
        said[name] = value
        return True

    def _twice(self, column, one):
        return _("%(column)s: another row of this product (line %(line)s) says something else") % {
            "column": headings.called(column),
            "line": one.line,
        }

    def _empty(self, attribute, said):
        is_there = self._clears and attribute.column in self._there
        if is_there and attribute.blank is not columns.UNCLEARED:
            said.setdefault(attribute.name, attribute.blank)

    def _clear(self, one):
        for attribute in columns.OF_PRODUCT:
            self._empty(attribute, one.said)
        if headings.PICTURES in self._there and one.pictures is None:
            one.pictures = []


def _in_column(column, bad) -> str:
    return f"{headings.called(column)}: {bad}"
