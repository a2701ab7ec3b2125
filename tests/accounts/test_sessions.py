"""A session that was ended stays ended, whatever another request still writes of it."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.core.cache import cache

from accounts.sessions import COPY_SECONDS, SessionStore, forget_expired
from mall.core import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def session():
    made = SessionStore()
    made["who"] = "mei"
    made.create()
    return made


def read(key):
    return SessionStore(key).get("who")


def test_read_when_ended_while_another_request_reads_the_row_then_it_stays_ended(
    session, monkeypatch
):
    key = session.session_key
    session.drop_copy()
    slow = SessionStore(key)
    decode = slow.decode
    # Signed out between the row being read and its copy being kept.
    monkeypatch.setattr(slow, "decode", lambda kept: SessionStore(key).delete() or decode(kept))

    slow.get("who")

    assert read(key) is None


def test_read_when_ended_while_another_request_saves_then_it_stays_ended(session, monkeypatch):
    key = session.session_key
    slow = SessionStore(key)
    slow["who"] = "li"
    seconds = slow.get_expiry_age
    # Signed out between the row being written and its copy being kept.
    monkeypatch.setattr(
        slow, "get_expiry_age", lambda **words: SessionStore(key).delete() or seconds(**words)
    )

    slow.save()

    assert read(key) is None
    with pytest.raises(UpdateError):
        slow.save()


def test_read_when_the_row_went_without_a_word_to_the_cache_then_the_copy_ends_soon(session):
    """As after a sign-out while Redis was away."""
    assert 0 < cache.ttl(session.cache_key) <= COPY_SECONDS


def test_read_when_kept_then_from_the_cache_without_a_query(session, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert read(session.session_key) == "mei"


def test_sign_in_when_the_key_is_changed_then_only_the_new_one_works(session):
    old = session.session_key

    session.cycle_key()
    session.save()

    assert (read(old), read(session.session_key)) == (None, "mei")


def test_sign_in_when_saved_then_the_row_is_written_once(session, django_assert_num_queries):
    session.cycle_key()
    session["later"] = "said"

    with django_assert_num_queries(3):  # one row, in a savepoint of the test's transaction
        session.save()

    assert read(session.session_key) == "mei"
    assert SessionStore(session.session_key).get("later") == "said"


def test_sign_in_when_ended_elsewhere_before_its_row_is_written_then_it_stays_ended(session):
    session.cycle_key()
    SessionStore().delete(session.session_key)  # as "sign out everywhere else" does

    with pytest.raises(UpdateError):
        session.save()

    cache.clear()
    assert read(session.session_key) is None


def test_forget_when_time_has_passed_then_sessions_go_and_devices_a_fortnight_later(member):
    now = clock.now()
    for key, age_days in (("living", 20), ("over", 20), ("over-lately", 2)):
        device = UserSession.objects.create(user=member, session_key=key, ip="192.0.2.1")
        UserSession.objects.filter(pk=device.pk).update(last_seen_at=now - timedelta(days=age_days))
    for key, hours in (("living", 1), ("over", -1), ("over-lately", -1)):
        Session.objects.create(pk=key, session_data="", expire_date=now + timedelta(hours=hours))

    forgotten = forget_expired()

    assert forgotten == 3
    assert list(Session.objects.values_list("pk", flat=True)) == ["living"]
    assert set(UserSession.objects.values_list("session_key", flat=True)) == {
        "living",
        "over-lately",
    }
