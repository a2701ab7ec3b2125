"""Secrets of the embedded profile: made once, kept beside its database, never committed."""

import json
import os
import secrets


def load_or_create(path) -> dict:
    """Return the secrets kept at ``path``, making the file (mode 600) on the first start."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    made = {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "FIELD_KEY": secrets.token_hex(32),
        "LEDGER_KEY": secrets.token_hex(32),
        "PAYMENT_SECRET": secrets.token_hex(32),
    }
    # Two processes may start at once; the one that links first wins and both read the same file.
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(made))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return json.loads(path.read_text())
