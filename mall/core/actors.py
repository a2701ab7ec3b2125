"""Who did it, as people read it: rows keep ``staff:7``, lists show a name."""

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.utils.translation import gettext

KEPT_SECONDS = 60
LONGEST_ID = 18  # digits a 64-bit key always has room for


def in_words(actor: str) -> str:
    """Return a name for an actor as rows keep it: staff by user name, members said to be members,
    the shop itself.

    Others (a payment provider) have no other name. The names are remembered for a minute, so a list
    asks once for each.
    """
    if actor == "system":
        return gettext("the shop itself")
    if "+" in actor:  # who asked, and who agreed
        return " + ".join(in_words(one) for one in actor.split("+"))
    room, _colon, pk = actor.partition(":")
    if room not in ("staff", "member") or not pk.isdecimal() or len(pk) > LONGEST_ID:
        return actor or "–"
    name = cache.get_or_set(f"actor:{pk}", lambda: _name_of(pk), KEPT_SECONDS) or actor
    return name if room == "staff" else gettext("member %(name)s") % {"name": name}


def column(field, label):
    """Return a method for an admin that shows who stands in ``field`` of its rows."""

    @admin.display(description=label, ordering=field)
    def shown(_admin, row):
        return in_words(getattr(row, field))

    return shown


def _name_of(pk):
    user = get_user_model().objects.filter(pk=pk).first()
    return user.get_username() if user else ""
