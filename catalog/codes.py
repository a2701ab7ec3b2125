"""Card keys: taken in by an operator, issued to the pieces of an order, shown once asked for, taken
back unseen.

The only writer of card keys. A key counts as one piece of its SKU's stock from the import on:
importing receives stock, and whoever issues keys took that stock before. Lock order: keys by SKU
and id, the stock row after them. A secret leaves the database through ``reveal`` only, and that
leaves a line.
"""

import hashlib
import hmac
from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog import stock
from catalog.errors import KeyAlreadySeen, NotACardKey, OutOfStock
from catalog.models import FEW_PIECES, CardKey, CardKeyEvent, Product, Sku
from mall.core import audit, clock
from mall.core.transactions import transactional

LONGEST_KEY = 200
MOST_ROWS = 10_000
BATCH = 500
VOIDED_AT_ONCE = 100
IS_KEY = Q(product__kind=Product.Kind.CARD_KEY)
# of which an operator should import more
LOW = IS_KEY & (Q(stock__isnull=True) | Q(stock__quantity__lte=FEW_PIECES[1]))
FREE, ISSUED, VOID = CardKey.State.FREE, CardKey.State.ISSUED, CardKey.State.VOID
Kind = CardKeyEvent.Kind


@dataclass
class Survey:
    """What an import would bring, or brought: the new keys, and each row that is left out with the
    reason.
    """

    fresh: list[str] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)
    added: int = 0


# --- taking in -----------------------------------------------------------------
def look_over(rows) -> Survey:
    """Say which of these rows (number, key) are new keys and what is wrong with the others; writes
    nothing.
    """
    survey, seen = Survey(), {}
    for number, key in rows[:MOST_ROWS]:
        if len(key) > LONGEST_KEY or not key.isprintable():
            survey.faults.append(
                (
                    number,
                    _("A key has at most %(most)s printable characters.") % {"most": LONGEST_KEY},
                )
            )
        elif (mark := fingerprint(key)) in seen:
            survey.faults.append(
                (number, _("The same key stands in row %(row)s.") % {"row": seen[mark][0]})
            )
        else:
            seen[mark] = (number, key)
    known = set()
    marks = list(seen)
    for start in range(0, len(marks), BATCH):
        known |= set(
            CardKey.objects.filter(fingerprint__in=marks[start : start + BATCH]).values_list(
                "fingerprint", flat=True
            )
        )
    for mark, (number, key) in seen.items():
        if mark in known:
            survey.faults.append((number, _("This key was imported before.")))
        else:
            survey.fresh.append(key)
    if len(rows) > MOST_ROWS:
        survey.faults.append(
            (
                rows[MOST_ROWS][0],
                _("At most %(most)s keys at once: this row and those after it are left out.")
                % {"most": MOST_ROWS},
            )
        )
    survey.faults.sort(key=lambda fault: fault[0])
    return survey


@transactional
def add(sku_id: int, rows, *, actor, batch: str) -> Survey:
    """Take in the new keys of these rows as free ones, and the same number of pieces into stock.

    Idempotent per ``batch`` (a form's one-time key), and by the keys themselves: known ones are
    left out.
    Raises: NotACardKey.
    """
    sku = Sku.objects.select_related("product").get(pk=sku_id)
    if sku.product.kind != Product.Kind.CARD_KEY:
        raise NotACardKey
    before = CardKey.objects.filter(batch=batch).count()
    survey, now = look_over(rows), clock.now()
    made = [
        CardKey(sku=sku, secret=key, fingerprint=fingerprint(key), batch=batch, imported_at=now)
        for key in survey.fresh
    ]
    # Two operators may send the same file at once: the unique fingerprint lets each key in once,
    # and the count tells.
    CardKey.objects.bulk_create(made, batch_size=BATCH, ignore_conflicts=True)
    survey.added = CardKey.objects.filter(batch=batch).count() - before
    if survey.added:
        name = actor if isinstance(actor, str) else f"staff:{actor.pk}"
        stock.receive(
            sku.pk, quantity=survey.added, actor=name, reference=f"{stock.KEYS}{batch}:{before}"
        )
        audit.note(
            actor,
            "catalog.import_keys",
            target=sku,
            after={"added": survey.added, "left_out": len(survey.faults)},
        )
    return survey


def fingerprint(key: str) -> str:
    """Return the keyed HMAC (64 hex digits) that says "the same key" without telling which;
    LEDGER_KEY is never rotated.
    """
    secret = hashlib.sha256(b"card-key:" + settings.LEDGER_KEY.encode()).digest()
    return hmac.new(secret, key.encode(), hashlib.sha256).hexdigest()


# --- into an order and back --------------------------------------------------------
@transactional
def issue(lines, *, reference: str) -> int:
    """Give each piece of these order lines its key; ``lines`` are (line id, SKU id, quantity).
    Returns how many were issued.

    Idempotent per line: one that has keys gets no more (unique: line and piece).
    Raises: OutOfStock (numbers sku, wanted, left).
    """
    issued, now = 0, clock.now()
    for line, sku_id, quantity in sorted(lines, key=lambda wanted: (wanted[1], wanted[0])):
        if CardKey.objects.filter(line=line).exists():
            continue
        # Two orders may be paid at once; the second waits for these rows and takes the next ones.
        # Only what the index holds is asked for: through the rows themselves two would lock them
        # the other way round.
        free = (
            CardKey.objects.select_for_update()
            .filter(sku_id=sku_id, state=FREE)
            .order_by("pk")
            .only("sku_id", "state")
        )
        keys = list(free[:quantity])
        if len(keys) < quantity:
            raise OutOfStock(sku=sku_id, wanted=quantity, left=len(keys))
        for position, key in enumerate(keys, 1):
            key.state, key.line, key.position, key.reference, key.issued_at = (
                ISSUED,
                line,
                position,
                reference,
                now,
            )
        CardKey.objects.bulk_update(keys, ["state", "line", "position", "reference", "issued_at"])
        _note(keys, Kind.ISSUED, actor="system", reference=reference)
        issued += quantity
    return issued


def unseen(lines) -> dict[int, int]:
    """Return how many issued keys of each order line nobody has looked at."""
    counted = dict.fromkeys(lines, 0)
    for line in CardKey.objects.filter(
        line__in=counted, state=ISSUED, revealed_at__isnull=True
    ).values_list("line", flat=True):
        counted[line] += 1
    return counted


@transactional
def take_back(line: int, quantity: int, *, actor: str, reference: str, seen_too: bool) -> int:
    """Take issued keys of an order line back, unseen ones first; return how many are free again.

    An unseen key is as good as new; a seen one becomes void. The caller puts the free ones back
    into stock.
    Raises: KeyAlreadySeen (numbers unseen), unless ``seen_too``.
    """
    keys = list(
        CardKey.objects.select_for_update()
        .filter(line=line, state=ISSUED)
        .order_by("pk")
        .defer("secret")
    )
    keys.sort(key=lambda key: (key.revealed_at is not None, -key.position))
    chosen = keys[:quantity]
    fresh = [key for key in chosen if key.revealed_at is None]
    if len(chosen) < quantity or (len(fresh) < quantity and not seen_too):
        raise KeyAlreadySeen(unseen=len([key for key in keys if key.revealed_at is None]))
    seen = [key for key in chosen if key.revealed_at is not None]
    for key in fresh:
        key.state, key.line, key.position, key.reference, key.issued_at = FREE, None, None, "", None
    for key in seen:
        key.state = VOID
    CardKey.objects.bulk_update(chosen, ["state", "line", "position", "reference", "issued_at"])
    _note(fresh, Kind.RETURNED, actor=actor, reference=reference)
    _note(seen, Kind.VOIDED, actor=actor, reference=reference)
    return len(fresh)


@transactional
def reveal(lines, *, actor: str, reference: str) -> list[CardKey]:
    """Return the issued keys of these order lines with their secrets, and note who looked at
    them.
    """
    keys = list(
        CardKey.objects.select_for_update()
        .filter(line__in=list(lines), state=ISSUED)
        .order_by("line", "position")
    )
    fresh = [key.pk for key in keys if key.revealed_at is None]
    CardKey.objects.filter(pk__in=fresh).update(revealed_at=clock.now())
    _note(keys, Kind.REVEALED, actor=actor, reference=reference)
    return keys


@transactional
def make_void(key: CardKey, *, actor, reason: str) -> bool:
    """Take a free key (leaked, expired) out of the pool and its piece out of stock; False when it
    is not free any more.
    """
    if not CardKey.objects.filter(pk=key.pk, state=FREE).update(state=VOID):
        return False
    name = actor if isinstance(actor, str) else f"staff:{actor.pk}"
    _note([key], Kind.VOIDED, actor=name, reference="")
    audit.note(actor, "catalog.void_key", target=key, reason=reason)
    stock.receive(
        key.sku_id, quantity=-1, actor=name, reference=f"{stock.KEYS}void:{key.pk}", note=reason
    )
    return True


def make_all_void(keys, *, actor, reason: str) -> int:
    """Make those of ``keys`` void that are free, a batch to a transaction; returns how many were.

    Called again it goes on with what is left.
    """
    free = keys.filter(state=FREE).order_by("pk")
    done = after = 0
    while batch := list(free.filter(pk__gt=after)[:VOIDED_AT_ONCE]):
        after = batch[-1].pk
        done += _make_void(batch, actor=actor, reason=reason)
    return done


@transactional
def _make_void(batch, *, actor, reason) -> int:
    return sum(make_void(key, actor=actor, reason=reason) for key in batch)


def _note(keys, kind, *, actor, reference):
    now = clock.now()
    CardKeyEvent.objects.bulk_create(
        [
            CardKeyEvent(key_id=key.pk, kind=kind, actor=actor, reference=reference, at=now)
            for key in keys
        ],
        batch_size=BATCH,
    )
