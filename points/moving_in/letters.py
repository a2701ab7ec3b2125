"""The mail that welcomes a member who moved in, with a link to set a password.

Some at a time and by day, so that the shop's other mails are not held up. The link is good for as
many days as the file says and until a password was set; who lost it signs in by “forgot password”.
"""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts import outbox
from mall.core import audit, clock, face, quiet_hours
from mall.core.transactions import transactional
from points.models import MemberImport, MovedMember

PIECE = 100  # mails a minute
SALT = "points.moving_in"
# nobody came in by the account yet
UNCLAIMED = Q(
    user__is_active=True,
    user__last_login=None,
    user__password__startswith=UNUSABLE_PASSWORD_PREFIX,
)


def write_due() -> int:
    """Write the next mails that are due; return how many. By night none. May run several times at
    once: a row is taken by an update whose filter holds when it was due.
    """
    now = clock.now()
    if quiet_hours.by_day(now) > now:
        return 0
    due = MovedMember.objects.filter(mail_at__lte=now).select_related("user").with_file()
    return sum(_write(moved) for moved in due.order_by("mail_at", "pk")[:PIECE])


@transactional
def _write(moved) -> bool:
    mine = MovedMember.objects.filter(pk=moved.pk, mail_at=moved.mail_at)
    if not mine.filter(UNCLAIMED).exists():  # they came in meanwhile, or left
        mine.update(mail_at=None)
        return False
    if not mine.update(mail_at=None, mailed_at=clock.now()):
        return False
    outbox.post("points/moved_in", _letter(moved))
    return True


def _letter(moved) -> EmailMultiAlternatives:
    where = reverse("points:moved_in", args=[token_of(moved)])
    with translation.override(moved.user.language):
        shop = face.current().name
        facts = {
            "member": moved.user,
            "moved": moved,
            "shop_name": shop,
            "days": moved.file.mail_days,
            "url": f"{settings.SHOP_URL}{where}",
            "reset_url": f"{settings.SHOP_URL}{reverse('account_reset_password')}",
        }
        subject = _("Your membership at %(shop)s: set your password") % {"shop": shop}
        text = render_to_string("emails/moved_in.txt", facts)
    headers = {"Auto-Submitted": "auto-generated"}
    return EmailMultiAlternatives(
        subject, text, settings.DEFAULT_FROM_EMAIL, [moved.user.email], headers=headers
    )


def token_of(moved: MovedMember) -> str:
    """Return the key in a member's link."""
    return signing.dumps([moved.pk, _state(moved.user)], salt=SALT, compress=True)


def member_of(token: str):
    """Return the member a link was written to, or None once it is over: too old, or used."""
    try:
        pk, state = signing.loads(token, salt=SALT)
        live = MovedMember.objects.filter(undone_at=None)
        moved = live.select_related("user").with_file().get(pk=pk)
        signing.loads(token, salt=SALT, max_age=timedelta(days=moved.file.mail_days))
    except (signing.BadSignature, MovedMember.DoesNotExist, TypeError, ValueError):
        return None
    is_mine = moved.user.is_active and state == _state(moved.user)
    return moved.user if is_mine else None


@transactional
def opened_by(token: str):
    """Return the member whose link was opened, or None once it is over. Whoever opens it reads the
    mailbox it was sent to: the e-mail is theirs. Harmless when repeated.
    """
    user = member_of(token)
    if user is not None:
        EmailAddress.objects.filter(user=user, email=user.email).update(verified=True)
    return user


def _state(user) -> str:
    """Return what changes as soon as a password is set, or somebody comes in."""
    said = f"{user.pk}:{user.password}:{user.last_login}"
    return salted_hmac(SALT, said).hexdigest()[:16]


@transactional
def send_again(row: MemberImport, *, operator) -> int:
    """Have the members of a file who did not come in yet written to once more; return how many.
    Those still waiting for their first mail are not counted.
    """
    found = MovedMember.objects.filter(UNCLAIMED, file=row, undone_at=None, mail_at=None)
    pks = list(found.values_list("pk", flat=True))
    count = MovedMember.objects.filter(pk__in=pks, mail_at=None).update(mail_at=clock.now())
    audit.note(operator, "points.members_mail", target=row, after={"mails": count})
    return count
