"""What marketing keeps of what earned at once, for back-tests (points/past_facts.py)."""

from datetime import date

from accounts import persons
from accounts.events import PROFILE_COMPLETED
from catalog.events import REVIEW_PUBLISHED
from marketing.models import CheckIn
from points import rules
from points.past_facts import events_of


def happened(action: str, members: list[int], since: date, until: date) -> list[rules.Award] | None:
    """Return check-ins, published reviews and complete profiles of some members."""
    of_action = {"checkin": _check_ins, "review": _reviews, "profile": _profiles}.get(action)
    return list(of_action(members, since, until)) if of_action else None


def _check_ins(members, since, until):
    checked = CheckIn.objects.filter(kind=CheckIn.Kind.CHECKED, user__in=members)
    for row in checked.filter(on__gte=since, on__lte=until).order_by("on"):
        key = f"checkin:{row.on}"
        yield rules.Award(row.user_id, "checkin", key, row.created_at, on=row.on, step=row.streak)


def _reviews(members, since, until):
    seen = set()
    for one in events_of(REVIEW_PUBLISHED, members, since, until):
        if (one.member, one.reference) not in seen:
            seen.add((one.member, one.reference))
            yield rules.Award(one.member, "review", one.reference, one.at)


def _profiles(members, since, until):
    found, first = {}, persons.first_accounts(set(members))
    for one in events_of(PROFILE_COMPLETED, members, since, until):
        if one.member in first:
            found.setdefault(one.member, one)
    for user_id, one in found.items():
        yield rules.Award(user_id, "profile", "profile", one.at)
