"""What a member who leaves does to the points: what is left is forfeited by an entry, and the
account closes for good.
"""

from django.db.models import F, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.closing import Consequence
from mall.core import clock
from mall.core.transactions import transactional
from points import event_delivery, ledger, pending, risk, set_aside
from points.models import Grant, PointAccount, TakeBack
from points.moving_in import people

KEY = "closing"


def consequences(user) -> list[Consequence]:
    """Return what leaving would cost in points."""
    event_delivery.hear(user)
    account = PointAccount.objects.filter(pk=user.pk).first()
    told, coming = [], pending.points_of(user.pk)
    if account and account.available:
        text = ngettext(
            "You lose %(points)s point.", "You lose %(points)s points.", account.available
        )
        told.append(Consequence(text % {"points": f"{account.available:,}"}))
    if coming:
        text = ngettext(
            "%(points)s point on the way will not come.",
            "%(points)s points on the way will not come.",
            coming,
        )
        told.append(Consequence(text % {"points": f"{coming:,}"}))
    return told or [Consequence(_("You have no points to lose."))]


@transactional
def forfeit(user) -> None:
    """Give up what is left, drop what is on the way, and close the account; a second call changes
    nothing.
    """
    user_id = user.pk
    ledger.open(user_id)
    event_delivery.deliver(user_id)
    if PointAccount.objects.get(pk=user_id).status == PointAccount.Status.CLOSED:
        return
    ledger.sweep(user_id)  # what is dead already expires as it should, and is not given up
    account = PointAccount.objects.get(pk=user_id)
    _drop_promises(user_id)
    set_aside.drop(user_id)
    if account.available:
        ledger.adjust(
            user_id,
            points=-account.available,
            key=KEY,
            actor=f"member:{user_id}",
            note="account deleted",
            reference="account",
        )
    risk.forget_person(user_id)
    people.forget_person(user_id)
    ledger.close(user_id, note="account deleted")


def _drop_promises(user_id):
    """Let everything on the way fall away, noted like a refund's share: promises and what was taken
    of them add up.
    """
    on_the_way = Grant.objects.filter(account_id=user_id, status=Grant.Status.PENDING)
    lost = (
        on_the_way.order_by()
        .values_list("reference")
        .annotate(left=Sum(F("points") - F("taken_back")))
    )
    now = clock.now()
    for reference, left in list(lost):
        words = {
            "key": f"{KEY}:{reference}",
            "reference": reference,
            "share": KEY,
            "pending": left,
            "points": 0,
            "debt": 0,
        }
        TakeBack.objects.create(account_id=user_id, created_at=now, **words)
    on_the_way.update(status=Grant.Status.VOID, taken_back=F("points"))
