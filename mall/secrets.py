"""Secrets of the embedded profile: made once, kept beside its database, never committed."""

import fcntl
import json
import os
import secrets

KEY_BYTES = {
    "SECRET_KEY": 50,
    "FIELD_KEY": 32,
    "LEDGER_KEY": 32,
    "PAYMENT_SECRET": 32,
    "EVENT_SECRET": 32,
    "SETUP_CODE": 5,
    "PUSH_KEY": 32,
}


def load_or_create(path) -> dict:
    """Return the secrets kept at ``path``, making the file (mode 600) on the first start.

    A file of an earlier version keeps its secrets and gets the ones it lacks.
    """
    known = _read(path)
    if KEY_BYTES.keys() <= known.keys():
        return known
    path.parent.mkdir(parents=True, exist_ok=True)
    # Two processes may start at once: they make up secrets in turn, and the second one finds the
    # first one's.
    with open(path.with_suffix(".lock"), "w") as turns:
        fcntl.flock(turns, fcntl.LOCK_EX)
        known = {**{name: _make(name, length) for name, length in KEY_BYTES.items()}, **_read(path)}
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(known))
        draft.replace(path)
    return known


def _read(path) -> dict:
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return {}


def _make(name, length) -> str:
    return secrets.token_urlsafe(length) if name == "SECRET_KEY" else secrets.token_hex(length)
