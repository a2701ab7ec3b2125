"""People and their addresses, made the way the shop makes them."""

import factory
from django.core import mail

from accounts import outbox
from accounts.models import Address, User
from accounts.registration import register

PASSWORD = "a-long-test-password"


class MemberFactory(factory.django.DjangoModelFactory):
    """A registered member; the rooms above have heard of them."""

    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"member{n}")
    email = factory.LazyAttribute(lambda member: f"{member.username}@example.com")
    password = PASSWORD

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return register(**kwargs)


class AddressFactory(factory.django.DjangoModelFactory):
    """A delivery address, not the default."""

    class Meta:
        model = Address

    user = factory.SubFactory(MemberFactory)
    recipient = "张小明"
    phone = "13812345678"
    region = "浙江省杭州市西湖区"
    detail = "文三路 100 号"


def mails():
    """Send the account mails that are due; return all that were sent."""
    outbox.send_due()
    return mail.outbox
