"""The address book's verbs: what was seen on a page may be old by the time it is sent."""

import pytest

from accounts import addresses
from accounts.models import Address
from tests.factories.orders import HOME

pytestmark = pytest.mark.django_db


def defaults_of(user):
    return list(Address.objects.filter(user=user, is_default=True).values_list("pk", flat=True))


def test_change_when_another_tab_took_the_default_away_then_it_comes_back(member):
    seen = addresses.add(member, **HOME)
    addresses.add(member, **HOME, is_default=True)

    changed = addresses.change(seen, is_default=True)

    assert changed.is_default
    assert defaults_of(member) == [seen.pk]


def test_change_when_tried_again_after_a_rollback_then_the_second_try_writes_all(member):
    addresses.add(member, **HOME)
    second = addresses.add(member, **HOME)
    addresses.change(second, is_default=True, detail="1 号")
    # what the rollback left
    Address.objects.filter(pk=second.pk).update(is_default=False, detail=HOME["detail"])

    addresses.change(second, is_default=True, detail="1 号")

    second.refresh_from_db()
    assert (second.is_default, second.detail) == (True, "1 号")


def test_change_when_removed_meanwhile_then_refused(member):
    seen = addresses.add(member, **HOME)
    addresses.remove(seen)

    with pytest.raises(addresses.AddressGone):
        addresses.change(seen, detail="1 号")
    assert not Address.objects.exists()
