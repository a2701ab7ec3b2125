"""A session that was ended stays ended, whatever another request still writes of it."""

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.core.cache import cache

from accounts.sessions import COPY_SECONDS, SessionStore

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

    assert (read(old), read(session.session_key)) == (None, "mei")
