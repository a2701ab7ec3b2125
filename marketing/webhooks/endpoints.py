"""Endpoints: who hears of which facts, by which secret. The only writer of WebhookEndpoint.

Each verb says in the audit log what was done, and never the secret.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from mall.core import audit, clock
from mall.core.errors import DomainError
from mall.core.kept import shown
from mall.core.outside import targets
from mall.core.transactions import transactional
from marketing.models import WebhookEndpoint
from marketing.webhooks import signing

OVERLAP = timedelta(hours=24)  # for so long the old secret signs, too
ENDPOINTS_MAX = 20  # each is a row a fact
Reason = WebhookEndpoint.Reason


class TooManyEndpoints(DomainError):
    """Each endpoint is a row for every fact; a shop that needs more has a queue of its own."""

    code = "too_many_endpoints"
    message = _("There are %(most)s endpoints already. Delete one that nobody needs first.")


@dataclass(frozen=True, slots=True)
class Listening:
    """An endpoint as facts need it; no ``kinds``: all."""

    pk: int
    kinds: frozenset


def wants(kind: str) -> bool:
    """Say whether some endpoint hears facts of a kind just now."""
    return any(not one.kinds or kind in one.kinds for one in listening())


@shown
def listening() -> list[Listening]:
    """Return the endpoints that are switched on."""
    rows = WebhookEndpoint.objects.filter(is_active=True).values_list("pk", "kinds")
    return [Listening(pk, frozenset(kinds)) for pk, kinds in rows.order_by("pk")]


def check_url(url: str, *, of: WebhookEndpoint | None = None) -> str:
    """Return the address as it is kept: one that webhooks may go to, of no other endpoint than
    ``of``. Raises: ValidationError.
    """
    url = targets.check(url)
    others = WebhookEndpoint.objects.filter(url=url)
    if (others.exclude(pk=of.pk) if of is not None else others).exists():
        raise ValidationError(_("There is an endpoint with this address already."))
    return url


@transactional
def add(endpoint: WebhookEndpoint, *, actor) -> str:
    """Keep a new endpoint; returns its secret, which is shown this once. Raises:
    TooManyEndpoints.
    """
    if WebhookEndpoint.objects.count() >= ENDPOINTS_MAX:
        raise TooManyEndpoints(most=ENDPOINTS_MAX)
    endpoint.secret, endpoint.made_by = signing.new_secret(), actor
    endpoint.save()
    audit.note(actor, "webhooks.add", target=endpoint, after=_told(endpoint))
    return endpoint.secret


@transactional
def change(endpoint: WebhookEndpoint, *, actor) -> None:
    """Keep what an operator changed; one that is switched on again begins without its failures."""
    if endpoint.is_active:
        endpoint.switched_off, endpoint.failing_since = "", None
    endpoint.save(
        update_fields=["url", "note", "kinds", "is_active", "switched_off", "failing_since"]
    )
    audit.note(actor, "webhooks.change", target=endpoint, after=_told(endpoint))


@transactional
def remove(endpoint: WebhookEndpoint, *, actor) -> None:
    """Delete an endpoint with what was on its way to it."""
    audit.note(actor, "webhooks.remove", target=endpoint, before=_told(endpoint))
    endpoint.delete()


@transactional
def replace_secret(endpoint: WebhookEndpoint, *, actor) -> str:
    """Give an endpoint a new secret; returns it, shown this once. The old one signs beside it for
    OVERLAP.
    """
    row = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    row.old_secret, row.old_secret_until = row.secret, clock.now() + OVERLAP
    row.secret = signing.new_secret()
    row.save(update_fields=["secret", "old_secret", "old_secret_until"])
    audit.note(actor, "webhooks.replace_secret", target=row)
    return row.secret


@transactional
def switch_off(endpoint: WebhookEndpoint, reason: Reason) -> bool:
    """Leave an endpoint alone for good; says whether it was on."""
    off = {"is_active": False, "switched_off": reason.value}
    is_new = WebhookEndpoint.objects.filter(pk=endpoint.pk, is_active=True).update(**off)
    if is_new:
        audit.note(None, "webhooks.switch_off", target=endpoint, reason=str(reason.value))
    return bool(is_new)


def secrets_of(endpoint: WebhookEndpoint, as_of: datetime) -> list[str]:
    """Return the secrets that sign now, the present one first."""
    is_old_good = endpoint.old_secret_until is not None and as_of < endpoint.old_secret_until
    return [endpoint.secret, *([endpoint.old_secret] if is_old_good else [])]


def _told(endpoint):
    return {name: getattr(endpoint, name) for name in ("url", "kinds", "is_active", "note")}
