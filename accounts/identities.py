"""How a member is known besides by name and e-mail: a phone number that was proved, and WeChat.

Tables of their own: most members have neither, and the row of a member is read on every page.
"""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.privacy import EncryptedTextField
from mall.core import clock, phones
from mall.core.blind_index import BlindIndexField


def _numbers(word):
    """Return the number a typed word is."""
    try:
        return {phones.mobile(word)}
    except ValidationError:
        return set()


class PhoneNumber(models.Model):
    """A number whose holder has shown that it is theirs: one number, one member. Written by
    accounts/phone_numbers.py only.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="phone_number",
        verbose_name=_("member"),
    )
    phone = EncryptedTextField(_("phone number"))  # the kept form (mall.core.phones)
    phone_mark = BlindIndexField(_("mark of the phone number"), folds=_numbers, unique=True)
    proved_at = models.DateTimeField(_("confirmed"), default=clock.now)

    class Meta:
        verbose_name = _("phone number of a member")
        verbose_name_plural = _("phone numbers of members")

    def __str__(self):
        return f"#{self.pk}"


class WeChatPerson(models.Model):
    """Who somebody is in all of the shop's WeChat apps (unionid), where WeChat tells it. Written by
    accounts/wechat/persons.py only.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="wechat_persons",
        verbose_name=_("member"),
    )
    unionid = EncryptedTextField(_("unionid"))
    unionid_mark = BlindIndexField(_("mark of the unionid"), folds=lambda word: {word}, unique=True)

    class Meta:
        verbose_name = _("WeChat person")
        verbose_name_plural = _("WeChat persons")

    def __str__(self):
        return f"#{self.pk}"
