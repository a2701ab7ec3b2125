"""Rules that pay once in so many days, such as a birthday's: what of some awards comes too soon."""

from datetime import timedelta

from django.db.models import Q

from points import ledger, statement
from points.models import LedgerEntry


def spaced(paying) -> list[tuple]:
    """Leave out what a rule that pays once in so many days has paid within them for another fact;
    a fact that was paid stays.
    """
    spaced = [(one, each.version) for _place, one, each in paying if each.version.every_days]
    if not spaced:
        return paying
    # Two doors may report the same birthday at once; the second must see the first's entry.
    ledger.open_all(one.user_id for one, _version in spaced)
    entries = statement.entries_of_all({one.user_id for one, _version in spaced})
    asked = Q(key__in={one.key for one, _version in spaced})
    asked |= Q(rule__in={version.rule.code for _one, version in spaced})
    found = entries.filter(asked, kind=LedgerEntry.Kind.ACCRUE)
    paid = set(found.values_list("account_id", "rule", "key", "biz_date"))
    return [found for found in paying if not _is_too_soon(found[1], found[2].version, paid)]


def _is_too_soon(one, version, paid: set) -> bool:
    """Say whether ``paid`` (member, rule, key, day) is in the way of an award; if not it is in the
    way of the next.
    """
    mine = [(key, rule, on) for user_id, rule, key, on in paid if user_id == one.user_id]
    if not version.every_days or any(key == one.key for key, _rule, _on in mine):
        return False
    since = one.day - timedelta(days=version.every_days)
    if any(rule == version.rule.code and on > since for _key, rule, on in mine):
        return True
    paid.add((one.user_id, version.rule.code, one.key, one.day))
    return False
