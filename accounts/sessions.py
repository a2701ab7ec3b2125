"""Sessions in the database with a copy in the cache; one that was ended stays ended.

Django's ``cached_db`` (5.2) writes the row, then the copy. A request that began before a sign-out
and ends after it puts the copy back, and for two weeks the signed-out session is read from the
cache as if nothing had happened; so does every copy that Redis kept while it was away. Here an
ended key is remembered for longer than such a request takes, and a copy is good for a minute only.

A sign-in writes its session once: Django's own would write the row when the key changes, and again
at the end of the request with what was said since.
"""

from contextlib import nullcontext
from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user
from django.contrib.sessions.backends import cached_db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, CreateError, UpdateError
from django.contrib.sessions.models import Session
from django.db import DEFAULT_DB_ALIAS, DatabaseError, IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef
from django.utils.crypto import constant_time_compare, get_random_string

from accounts.models import User
from mall.core import clock, rows

COPY_SECONDS = 60
ENDED_SECONDS = 15 * 60  # longer than a request and the copy it may leave behind
ENDED = "sessions.ended:"
KEY_LENGTH = 32
BATCH = 500
DEVICES_KEPT = timedelta(days=14)  # points.evidence and marketing.shares compare with them


class SessionStore(cached_db.SessionStore):
    """``settings.SESSION_ENGINE`` names this module."""

    is_unwritten = False  # has a key, and no row yet

    def load(self):
        """Return what the session holds, {} when there is none."""
        copy, ended = self.cache_key, f"{ENDED}{self.session_key}"
        found = self._cache.get_many([copy, ended])
        if ended in found:
            self._session_key = None
            return {}
        if copy in found:
            return found[copy]
        row = self._get_session_from_db()
        if row is None:
            return {}
        kept = self.decode(row.session_data)
        self._keep_copy(kept, self.get_expiry_age(expiry=row.expire_date))
        return kept

    def _get_session_from_db(self):
        # As Django does, in a statement whose making costs less than its answer.
        row = rows.find(rows.Wanted(Session, {"session_key": self.session_key}))
        if row is None or row.expire_date <= clock.now():
            self._session_key = None
            return None
        return row

    def cycle_key(self):
        """Take another key, as a sign-in does; the row of the new one is written by ``save``."""
        kept, old = self._session, self.session_key
        self._session_key, self._session_cache = self._get_new_session_key(), kept
        self.is_unwritten = self.modified = True
        if old:
            self.delete(old)

    def save(self, must_create=False):
        """Write the row, then the copy. Raises: UpdateError when the session was ended
        meanwhile.
        """
        if self.session_key is None:
            return self.create()
        is_new = must_create or self.is_unwritten
        row = self.create_model_instance(self._get_session(no_load=is_new))
        try:
            # Alone, one statement is a transaction of its own.
            with transaction.atomic() if connection.in_atomic_block else nullcontext():
                row.save(force_insert=is_new, force_update=not is_new, using=DEFAULT_DB_ALIAS)
        except DatabaseError as error:
            if not is_new:
                raise UpdateError from error
            if isinstance(error, IntegrityError):
                raise CreateError from error
            raise
        if self.is_unwritten:
            self._stay_ended()
        self._keep_copy(self._session, self.get_expiry_age())
        return None

    def delete(self, session_key=None):
        """End a session, this one when no key is named."""
        session_key = session_key or self.session_key
        if session_key:
            # First: a sign-in that writes its row between the two looks here afterwards.
            self._cache.set(f"{ENDED}{session_key}", 1, ENDED_SECONDS)
        super().delete(session_key)

    def _stay_ended(self):
        # The key was known to the list of devices before there was a row to end.
        self.is_unwritten = False
        if f"{ENDED}{self.session_key}" in self._cache:
            self.model.objects.filter(pk=self.session_key).delete()
            raise UpdateError

    def _get_new_session_key(self):
        # Django asks whether anybody has it. Nobody does of 36^32; the primary key would say so.
        return get_random_string(KEY_LENGTH, VALID_KEY_CHARS)

    def drop_copy(self):
        """Read the row the next time."""
        self._cache.delete(self.cache_key)

    def _keep_copy(self, kept, seconds):
        self._cache.set(self.cache_key, kept, min(seconds, COPY_SECONDS))


def reader_of(request):
    """Return the member whose session a page is asked with, AnonymousUser for nobody's. What the
    rows do not say beyond doubt Django decides.

    Source: django.contrib.auth.get_user (5.2), which asks the same of session and user.
    """
    if not hasattr(request, "_cached_user"):
        request._cached_user = _known_reader(request.session) or get_user(request)
    return request._cached_user


def _known_reader(session) -> User | None:
    if session.get(BACKEND_SESSION_KEY) != settings.AUTHENTICATION_BACKENDS[-1]:
        return None
    user = rows.find(rows.Wanted(User, {"id": session.get(SESSION_KEY)}))
    said = str(session.get(HASH_SESSION_KEY))
    is_theirs = user is not None and constant_time_compare(said, user.get_session_auth_hash())
    return user if is_theirs and user.is_active else None


def forget_expired() -> int:
    """Delete sessions whose time has passed, and a fortnight later their lines in the lists of
    devices; returns how many lines and sessions went.
    """
    expired = Session.objects.filter(expire_date__lt=clock.now())
    living = Session.objects.filter(pk=OuterRef("session_key"))
    left = UserSession.objects.filter(~Exists(living), last_seen_at__lt=clock.now() - DEVICES_KEPT)
    return _delete_in_batches(expired, after="") + _delete_in_batches(left, after=0)


def _delete_in_batches(rows, *, after) -> int:
    deleted, rows = 0, rows.order_by("pk")
    while keys := list(rows.filter(pk__gt=after).values_list("pk", flat=True)[:BATCH]):
        after = keys[-1]  # what stays is read once
        deleted += rows.model.objects.filter(pk__in=keys).delete()[0]
    return deleted
