"""Who somebody of WeChat is here: the member of their openid, of their unionid, or of the phone
number WeChat has proved; else a new one. E-mails are never compared: WeChat proves none.
"""

from typing import NamedTuple

from accounts import persons, phone_numbers
from accounts.models import PhoneNumber, User, WeChatPerson
from accounts.privacy import phone_fingerprint, wechat_fingerprint
from mall.core.transactions import transactional

PROVIDERS = ("weixin", "wechat_mini")
_MARK = WeChatPerson._meta.get_field("unionid_mark")


class Identity(NamedTuple):
    """What WeChat told of somebody who signs in; unionid and phone may be ""."""

    openid: str
    unionid: str = ""
    phone: str = ""

    def marks(self) -> list[str]:
        """Return by what the person is known again (accounts.persons)."""
        known = [wechat_fingerprint(one) for one in (self.openid, self.unionid) if one]
        return [*known, phone_fingerprint(self.phone)] if self.phone else known


def told_by(sociallogin) -> Identity:
    """Return who allauth's sign-in is: of one that waited in a session only the openid is left."""
    return getattr(sociallogin, "identity", None) or Identity(sociallogin.account.uid)


def holder_of_unionid(unionid: str) -> User | None:
    """Return the member a person of WeChat is, if that is known."""
    if not unionid:
        return None
    row = WeChatPerson.objects.filter(unionid_mark=_MARK.mark(unionid)).select_related("user")
    found = row.first()
    return found and found.user


def holder_of(identity: Identity) -> User | None:
    """Return the member somebody is whose openid is new: by unionid, then by proved number."""
    by_phone = phone_numbers.holder_of(identity.phone) if identity.phone else None
    return holder_of_unionid(identity.unionid) or by_phone


@transactional
def remember(user, identity: Identity) -> None:
    """Keep what WeChat told of a member; what is another's stays theirs. Harmless when repeated."""
    if identity.unionid and holder_of_unionid(identity.unionid) is None:
        mark = _MARK.mark(identity.unionid)
        WeChatPerson.objects.get_or_create(
            unionid_mark=mark, defaults={"user": user, "unionid": identity.unionid}
        )
    has_none = identity.phone and not PhoneNumber.objects.filter(pk=user.pk).exists()
    if has_none and phone_numbers.holder_of(identity.phone) is None:
        phone_numbers.attach(user, identity.phone)
    persons.recognise(user.pk, identity.marks())
