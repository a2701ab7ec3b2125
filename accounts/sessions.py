"""Sessions in the database with a copy in the cache; one that was ended stays ended.

Django's ``cached_db`` (5.2) writes the row, then the copy. A request that began before a sign-out
and ends after it puts the copy back, and for two weeks the signed-out session is read from the
cache as if nothing had happened; so does every copy that Redis kept while it was away. Here an
ended key is remembered for longer than such a request takes, and a copy is good for a minute only.
"""

from django.contrib.sessions.backends import cached_db, db

COPY_SECONDS = 60
ENDED_SECONDS = 15 * 60  # longer than a request and the copy it may leave behind
ENDED = "sessions.ended:"


class SessionStore(cached_db.SessionStore):
    """``settings.SESSION_ENGINE`` names this module."""

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

    def save(self, must_create=False):
        """Write the row, then the copy. Raises: UpdateError when the session was ended
        meanwhile.
        """
        db.SessionStore.save(self, must_create)
        self._keep_copy(self._session, self.get_expiry_age())

    def delete(self, session_key=None):
        """End a session, this one when no key is named."""
        session_key = session_key or self.session_key
        super().delete(session_key)
        if session_key:
            self._cache.set(f"{ENDED}{session_key}", 1, ENDED_SECONDS)

    def drop_copy(self):
        """Read the row the next time."""
        self._cache.delete(self.cache_key)

    def _keep_copy(self, kept, seconds):
        self._cache.set(self.cache_key, kept, min(seconds, COPY_SECONDS))
