"""What somebody read before deciding: a short mark of it, and the refusal once it reads
differently.

A page or an answer of the API carries the mark of what it shows; the decision brings it back, and
the verb compares what was read with the row under its lock.
"""

import hashlib
import json

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext_lazy as _

from mall.core.errors import DomainError


class ChangedMeanwhile(DomainError):
    """What was read before the decision is not what stands there now."""

    code = "changed_meanwhile"
    status = 409
    message = _(
        "This was changed while you were reading it, so nothing was done. Please read it as it is "
        "now and decide again."
    )


def version_of(*values) -> str:
    """Return the mark of plain values; equal values have equal marks."""
    written = json.dumps(values, sort_keys=True, cls=DjangoJSONEncoder)
    return hashlib.sha256(written.encode()).hexdigest()[:32]


def mark_of(row, *beside) -> str:
    """Return the mark of a row as it was read, and of what else a page shows with it."""
    fields = row._meta.concrete_fields
    read = {field.attname: str(field.value_from_object(row)) for field in fields}
    return version_of(read, *map(str, beside))


def check_shown(sent: str | None, now: str) -> None:
    """Compare as ``check_read`` does what a page sends back that always did without a mark: a page
    of the release before has none. Raises: ChangedMeanwhile.
    """
    if sent is not None:
        check_read(sent, now)


def check_read(read: str | None, now: str) -> None:
    """Compare the mark a decision brings with today's. Raises: ChangedMeanwhile."""
    if read != now:
        raise ChangedMeanwhile
