"""An independent model of one account: every single point is an object with its own last day.

Written from docs/ledger.md alone, in the slowest and plainest way, to be compared with
points/machine.py after each step. It shares no code and no idea of lots with it.
"""

from datetime import date, timedelta

BUCKETS = 40
OPEN_HOLDS = 20
FOR_EVER = None


class No(Exception):
    """The reference refuses; the word says why."""


class Point:
    """One point."""

    def __init__(self, day):
        self.day = day


def by_day(point):
    return (point.day is FOR_EVER, point.day or date.max)


class Reference:
    """A member's points, one object each."""

    def __init__(self):
        self.purse = []
        self.owed = 0
        self.holds = {}
        self.spent = {}
        self.earned = {}
        self.posted_on = None  # the day of the latest posting
        self.today = None

    # --- what is compared ---
    @property
    def available(self):
        return len(self.purse)

    @property
    def held(self):
        return sum(len(points) for points in self.holds.values())

    def days(self):
        counted = {}
        for point in self.purse:
            counted[point.day] = counted.get(point.day, 0) + 1
        return counted

    # --- what happens ---
    def begin(self, day):
        """Something is tried on this day; a day before the latest posting counts as that day."""
        self.today = day if self.posted_on is None or day > self.posted_on else self.posted_on
        self.before = self.purse[:], self.posted_on
        self.bury()

    def undo(self):
        """A refusal leaves everything as it was, the dead points too."""
        self.purse, self.posted_on = self.before

    def posted(self):
        self.posted_on = self.today

    def bury(self):
        alive = [point for point in self.purse if self.is_alive(point)]
        if len(alive) < len(self.purse):
            self.posted()
        self.purse = alive

    def is_alive(self, point):
        return point.day is FOR_EVER or point.day >= self.today

    def receive(self, points):
        """Points come (back) to the purse: living ones settle the debt first, soonest to die
        first.
        """
        for point in sorted(points, key=by_day):
            if self.owed and self.is_alive(point):
                self.owed -= 1
            else:
                self.purse.append(point)
        self.squeeze()
        self.bury()

    def squeeze(self):
        """More than BUCKETS different days: the two latest dated ones become the later one."""
        while len(self.days()) > BUCKETS:
            second, last = sorted(day for day in self.days() if day is not FOR_EVER)[-2:]
            for point in self.purse:
                if point.day == second:
                    point.day = last

    def remove(self, number, *, rather="no day"):
        """Take points out of the purse, soonest to die first; those of the day ``rather`` before
        all others.
        """
        order = sorted(self.purse, key=lambda point: (point.day != rather, by_day(point)))
        self.purse = order[number:]
        return order[:number]

    def accrue(self, key, number, day):
        if day is not FOR_EVER and day < self.today:
            raise No("invalid_amount")
        self.earned[key] = {"day": day, "left": number}
        self.receive([Point(day) for _ in range(number)])

    def need(self, number):
        if number > self.available:
            raise No("insufficient_points")

    def spend(self, key, number):
        self.need(number)
        self.spent[key] = self.remove(number)

    def hold(self, key, number):
        self.need(number)
        if len(self.holds) >= OPEN_HOLDS:
            raise No("too_many_holds")
        self.holds[key] = self.remove(number)

    def capture(self, key, hold, number):
        if hold not in self.holds:
            raise No("hold_closed")
        if number > len(self.holds[hold]):
            raise No("over_refund")
        points = sorted(self.holds.pop(hold), key=by_day)
        self.spent[key] = points[:number]
        self.receive(points[number:])

    def release(self, hold):
        if hold not in self.holds:
            raise No("hold_closed")
        self.receive(self.holds.pop(hold))

    def refund(self, key, number, at_fault):
        if key not in self.spent:
            raise No("unknown_entry")
        if number > len(self.spent[key]):
            raise No("over_refund")
        points = sorted(self.spent[key], key=by_day)
        kept = len(points) - number
        self.spent[key], back = points[:kept], points[kept:]
        for point in back:
            if at_fault and not self.is_alive(point):
                point.day = self.today + timedelta(days=30)
        self.receive(back)

    def clawback(self, key, number):
        if key not in self.earned:
            raise No("unknown_entry")
        earning = self.earned[key]
        if number > earning["left"]:
            raise No("over_refund")
        earning["left"] -= number
        now = min(number, self.available)
        self.remove(now, rather=earning["day"])
        self.owed += number - now

    def adjust(self, number, day):
        if number > 0:
            self.receive([Point(day) for _ in range(number)])
            return
        self.need(-number)
        self.remove(-number)
