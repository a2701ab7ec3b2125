"""A file of members: a row each, further rows of the same member for further last days of points.

A member goes by the number of the earlier shop, else by e-mail. One wrong row leaves its member out
with all rows, so that nobody moves in by half.
"""

from dataclasses import asdict, dataclass, field
from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from accounts import profile
from accounts.models import NICKNAME_LENGTH, User
from mall.core import clock, pasted, phones
from mall.core.tables import values
from mall.core.tables.digest import digest
from mall.core.tables.errors import BadCell, UnreadableTable
from mall.core.tables.reader import open_table, remarks_of
from points import machine
from points.models import TierLevel
from points.moving_in.columns import COLUMNS, TITLES

ROWS_MAX = 20_000
BYTES_MAX = 5_000_000
NUMBER_LENGTH, REMARK_LENGTH = 64, 200
EARLIEST = date(1970, 1, 1)


@dataclass
class Person:
    """One member as the file's rows say; days are ISO texts, ``lots`` are [line, points, last day
    or None].
    """

    line: int
    number: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    birthday: str = ""
    joined_on: str = ""
    remark: str = ""
    earned: int = 0
    lots: list = field(default_factory=list)

    @property
    def identity(self) -> str:
        """Who it is at the earlier shop; "" where no row says."""
        said = {"no": pasted.alike(self.number), "mail": self.email, "phone": self.phone}
        return next((f"{kind}:{value}" for kind, value in said.items() if value), "")

    @property
    def points(self) -> int:
        """All points of all last days."""
        return sum(points for _line, points, _day in self.lots)


@dataclass
class Contents:
    """What a file says: its members, [line, member number, why] of rows left out, how many rows
    there are, and remarks on what of it is not read.
    """

    people: list
    faults: list
    rows: int
    remarks: tuple = ()

    def chunks(self, size: int):
        """Yield the members, so many at a time."""
        for start in range(0, len(self.people), size):
            yield self.people[start : start + size]

    @property
    def name(self) -> str:
        """The name of equal rows, however they were saved."""
        return digest([*asdict(one).values()] for one in self.people)


def check(content: bytes) -> None:
    """Look at the beginning of a file alone. Raises: UnreadableTable (no table of members)."""
    with _table_of(content) as table:
        if next(iter(table), None) is None:
            raise UnreadableTable(_("There is no member in this file."))


def read(content: bytes, *, expires_on: date | None = None) -> Contents:
    """Return what a file says. ``expires_on`` is the last day of points that name none (None: as
    long as points earned on the day they move in).

    Raises: UnreadableTable.
    """
    book = _Book(expires_on.isoformat() if expires_on else None)
    with _table_of(content) as table:
        for row in table:
            if book.rows >= ROWS_MAX:
                raise UnreadableTable(
                    _("A file may have at most %(most)s rows. Please split it.")
                    % {"most": f"{ROWS_MAX:,}"}
                )
            book.take(row)
        return book.closed(remarks_of(table))


def _table_of(content):
    table = open_table(content, COLUMNS, bytes_max=BYTES_MAX)
    if {"email", "phone"} <= set(table.missing):
        raise UnreadableTable(_("No column of this file says e-mails or phone numbers."))
    return table


class _Book:
    """The members of a file while it is read."""

    def __init__(self, expires_on):
        self.expires_on, self.rows = expires_on, 0
        self.people, self.ways, self.faults, self.spoiled = {}, {}, [], {}
        self.today, self.tiers = clock.today(), _thresholds()

    def take(self, row):
        self.rows += 1
        number = pasted.line(row.cells["number"])[:NUMBER_LENGTH]
        try:
            if row.fault:
                raise BadCell(row.fault)
            self._enter(self._person(row.line, row.cells))
        except BadCell as fault:
            self.faults.append([row.line, number, str(fault)])
            email, phone = pasted.email(row.cells["email"]), phones.found_in(row.cells["phone"])
            meant = Person(row.line, number, email=email, phone=phone)
            self.spoiled.setdefault(meant.identity, row.line)

    def closed(self, remarks) -> Contents:
        """Return what was read, without members of whom a row is wrong."""
        kept = []
        for identity, one in self.people.items():
            if line := self.spoiled.get(identity):
                why = _("Another row of this member is wrong (line %(line)s).") % {"line": line}
            elif not (one.email or _is_mobile(one.phone)):
                why = _("No row of this member says an e-mail or a mobile number.")
            else:
                kept.append(one)
                continue
            self.faults += [[line, one.number, why] for line, _points, _day in one.lots]
        return Contents(kept, sorted(self.faults), self.rows, remarks)

    def _person(self, line, cells):
        """Return one row as a member. Raises: BadCell."""
        said = {name: text.strip() for name, text in cells.items()}
        one = Person(
            line,
            _short("number", pasted.line(said["number"]), NUMBER_LENGTH),
            _short("name", pasted.line(said["name"]), NICKNAME_LENGTH),
            remark=_short("remark", pasted.line(said["remark"]), REMARK_LENGTH),
        )
        _told("name", profile.check_line, one.name)
        for name, reading in (("email", _email), ("phone", phones.canonical)):
            setattr(one, name, _told(name, reading, said[name]) if said[name] else "")
        for name, reading in (("birthday", _birthday), ("joined_on", self._joined)):
            setattr(one, name, _told(name, reading, said[name]) if said[name] else "")
        if not one.identity:
            raise BadCell(_("This row names neither a member number nor an e-mail nor a phone."))
        earned = _told("earned", _count, said["earned"]) if said["earned"] else 0
        tier = _told("tier", self._tier, said["tier"]) if said["tier"] else 0
        one.earned = max(earned, tier)
        points = _told("points", _count, said["points"]) if said["points"] else 0
        last = said["expires_on"]
        day = _told("expires_on", self._last_day, last) if last else self.expires_on
        one.lots = [[line, points, day]]
        return one

    def _enter(self, one):
        """Enter a row: a new member, or a further last day of one. Raises: BadCell."""
        for way in filter(None, (one.email, one.phone)):
            other = self.ways.get(way, one.identity)
            if other != one.identity:
                raise BadCell(
                    _("Line %(line)s says the same e-mail or phone of another member.")
                    % {"line": self.people[other].line}
                )
        first = self.people.get(one.identity)
        if first is None:
            self.people[one.identity] = one
        else:
            _join(first, one)
        self.ways |= dict.fromkeys(filter(None, (one.email, one.phone)), one.identity)

    def _joined(self, text):
        day = clock.day_of(values.moment(text))
        if not EARLIEST <= day <= self.today:
            raise BadCell(_("a day that cannot be"))
        return day.isoformat()

    def _last_day(self, text):
        day = values.day(text)
        if day < self.today:
            raise BadCell(_("this day has passed"))
        return day.isoformat()

    def _tier(self, text):
        if (found := self.tiers.get(pasted.alike(text))) is None:
            raise BadCell(_("there is no such tier"))
        return found


def _join(first, more):
    """Add a further row of a member. Raises: BadCell."""
    for name in ("email", "phone", "name", "birthday", "joined_on", "remark"):
        before, now = getattr(first, name), getattr(more, name)
        if now and before not in ("", now):
            raise BadCell(
                _("%(column)s: line %(line)s says another one for this member")
                % {"column": TITLES[name], "line": first.line}
            )
        setattr(first, name, before or now)
    (line, points, day), days = more.lots[0], {lot[2]: lot[0] for lot in first.lots}
    if day in days or not points:
        raise BadCell(
            _("Line %(line)s says the same member and the same last day already.")
            % {"line": days.get(day, first.line)}
        )
    first.lots.append([line, points, day])
    first.earned = max(first.earned, more.earned)


def _told(name, reading, text):
    """Return what a cell says; its heading stands before what is wrong with it. Raises: BadCell."""
    try:
        return reading(text)
    except BadCell as fault:
        why = str(fault)
    except ValidationError as fault:
        why = " ".join(fault.messages)
    raise BadCell(_("%(column)s: %(why)s") % {"column": TITLES[name], "why": why}) from None


def _short(name, text, most):
    if len(text) > most:
        why = _("longer than %(most)s characters") % {"most": most}
        raise BadCell(_("%(column)s: %(why)s") % {"column": TITLES[name], "why": why})
    return text


def _email(text):
    email = pasted.email(text)
    validate_email(email)
    return _short("email", email, User._meta.get_field("email").max_length)


def _birthday(text):
    day = values.day(text)
    profile.check_birthday(day)
    return day.isoformat()


def _count(text):
    points = values.whole(text)
    if not 0 <= points <= machine.POINTS_MAX:
        raise BadCell(_("a number from 0 to %(most)s") % {"most": f"{machine.POINTS_MAX:,}"})
    return points


def _thresholds() -> dict:
    """Return {name of a tier as it may be written: the points that reach it}."""
    found = {}
    for tier in TierLevel.objects.all():
        names = (f"V{tier.level}", str(tier), tier.name_zh_hans, tier.name_en)
        found |= {pasted.alike(name): tier.threshold for name in names if name}
    return found


def _is_mobile(phone) -> bool:
    """Whether somebody can come in by this number, with a code that is sent there."""
    try:
        return bool(phone) and phones.mobile(phone) == phone
    except ValidationError:
        return False
