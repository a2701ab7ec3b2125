"""What streaks, shields, made-up days and milestones should come to, by a way of its own: sets of
days walked one by one, nothing carried from act to act.
"""

from collections import Counter
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)


def walked(checked: set, shielded: set, outages: set, until: date) -> dict[date, int]:
    """Return the streak of every day up to one: a checked day adds, a shield or an outage keeps,
    any other day ends it.
    """
    streak, found = 0, {}
    days = checked | shielded
    day = min(days, default=until)
    while day <= until:
        if day in checked:
            streak += 1
        elif day not in shielded and day not in outages:
            streak = 0
        found[day] = streak
        day += ONE_DAY
    return found


class Model:
    """One member's calendar by these rules; ``points`` are all they gained and paid."""

    def __init__(self, joined: date, outages: set, *, table, milestones, prices, window, shields):
        self.joined, self.outages = joined, outages
        self.table, self.milestones, self.prices = table, milestones, prices
        self.window, self.shields = window, shields
        self.checked, self.made_up, self.shielded = set(), set(), set()
        self.points = 0

    def rows(self, today: date) -> dict[date, tuple[str, int]]:
        """Return {day: (kind, streak)} of the days that have a row."""
        streaks = self._streaks(today)
        kinds = {"checked": self.checked, "made_up": self.made_up, "shielded": self.shielded}
        return {day: (kind, streaks[day]) for kind, days in kinds.items() for day in days}

    def check_in(self, today: date):
        """Check in, with shields for what was missed if they save the streak."""
        days = self.checked | self.made_up | self.shielded
        before = max(days, default=None)
        if before is not None:
            gap = {before + n * ONE_DAY for n in range(1, (today - before).days)} - self.outages
            wanted = Counter((day.year, day.month) for day in gap)
            spent = Counter((day.year, day.month) for day in self.shielded)
            if all(spent[month] + wanted[month] <= self.shields for month in wanted):
                self.shielded |= gap
        self.checked.add(today)
        streak = self._streaks(today)[today]
        self.points += self.table[min(streak, len(self.table)) - 1] + self.milestones.get(streak, 0)

    def make_up(self, day: date, today: date) -> bool:
        """Make a day up; False where that is refused."""
        window = {today - n * ONE_DAY for n in range(1, self.window + 1)}
        used = len(self.made_up & window)
        taken = self.checked | self.made_up | self.shielded | self.outages
        is_open = day in window and day >= self.joined and day not in taken
        if not is_open or used == len(self.prices):
            return False
        lengths = self._runs(today)
        longest = max((lengths[end] for end in self._beside(day, lengths)), default=0)
        self.made_up.add(day)
        [now] = [length for end, length in self._runs(today).items() if self._holds(end, day)]
        reached = [points for days, points in self.milestones.items() if longest < days <= now]
        self.points += sum(reached) - self.prices[used]
        return True

    def declare(self, day: date):
        """Have a shop day excused; a shield that was spent on it comes back."""
        self.shielded.discard(day)

    def _streaks(self, today):
        return walked(self.checked | self.made_up, self.shielded, self.outages, today)

    def _run_of(self, end):
        """The days a run that ends on a day consists of, kept ones between included."""
        days, day = [], end
        counted = self.checked | self.made_up
        while day in counted | self.shielded | self.outages and day >= min(counted):
            days.append(day)
            day -= ONE_DAY
        return days

    def _runs(self, today):
        """Return the length of every run by its last checked day."""
        counted = sorted(self.checked | self.made_up)
        streaks = self._streaks(today)
        later = [*counted[1:], None][: len(counted)]
        return {
            day: streaks[day]
            for day, after in zip(counted, later, strict=True)
            if after is None or streaks[after] == 1
        }

    def _holds(self, end, day):
        return day in self._run_of(end)

    def _beside(self, day, lengths):
        """Return the ends of the runs that a missed day would join."""
        kept = self.shielded | self.outages
        before = day - ONE_DAY
        while before in kept:
            before -= ONE_DAY
        after = day + ONE_DAY
        while after in kept:
            after += ONE_DAY
        beside = {before, after} & (self.checked | self.made_up)
        return [end for end in lengths if beside & set(self._run_of(end))]
