"""What carrying goods costs, by their freight templates. Templates are kept in the process.

Fees are yuan with two places, weights grams, places codes of mall.core.regions. Pure arithmetic on
what is passed in; which address an order goes to, and the flat fee of goods without a template, are
orders/freight.py's.
Source: docs/decisions/0091-freight-templates.md.
"""

from dataclasses import dataclass, fields
from decimal import Decimal

from catalog.models.freight import MOST_FREIGHT, FreightTemplate, FreightTerms
from mall.core.events import Question
from mall.core.kept import shown
from mall.core.money import ZERO, yuan
from mall.core.regions import tree

# (user or None, facts of a product) -> what carrying a piece of it costs the reader, or None
TOLD = Question()


@dataclass(frozen=True, slots=True)
class Load:
    """What goes by one template: pieces, their weight, and what they cost in yuan before coupons
    and points.
    """

    pieces: int
    grams: int = 0
    cash: Decimal = ZERO

    def __add__(self, other: "Load") -> "Load":
        return Load(self.pieces + other.pieces, self.grams + other.grams, self.cash + other.cash)


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one place."""

    first_units: int
    first_fee: Decimal
    more_units: int
    more_fee: Decimal
    free_from_cash: Decimal | None = None
    free_from_pieces: int | None = None

    def fee(self, load: Load, units: int) -> Decimal:
        """Return what a load of so many pieces or grams costs; never more than MOST_FREIGHT."""
        if self.free_from_cash is not None and load.cash >= self.free_from_cash:
            return ZERO
        if self.free_from_pieces is not None and load.pieces >= self.free_from_pieces:
            return ZERO
        beyond = -(-max(0, units - self.first_units) // self.more_units)
        return yuan(min(MOST_FREIGHT, self.first_fee + self.more_fee * beyond))


@dataclass(frozen=True, slots=True)
class Template:
    """A template as it is reckoned with; where the terms are None nothing is delivered."""

    pk: int | None
    name: str
    is_by_weight: bool
    elsewhere: Terms | None
    by_place: dict[str, Terms | None]

    @property
    def depends_on_place(self) -> bool:
        """Whether somebody has to know where the goods go."""
        return bool(self.by_place) or self.elsewhere is None

    def terms_at(self, place: str) -> Terms | None:
        """Return the terms of the smallest region around a place that is named; ``place`` may be
        any region.
        """
        for region in reversed(tree.chain(place)):
            if region.code in self.by_place:
                return self.by_place[region.code]
        return self.elsewhere

    def fee_at(self, place: str, load: Load) -> Decimal | None:
        """Return what a load costs; None where it is not delivered."""
        terms = self.terms_at(place)
        return None if terms is None else terms.fee(load, self._units(load))

    def least_fee(self, load: Load) -> Decimal:
        """Return the least that a load costs anywhere."""
        everywhere = (self.elsewhere, *self.by_place.values())
        fees = [terms.fee(load, self._units(load)) for terms in everywhere if terms is not None]
        return min(fees, default=ZERO)

    def _units(self, load):
        return load.grams if self.is_by_weight else load.pieces


@dataclass(frozen=True, slots=True)
class Templates:
    """All templates of the shop by id, and the default one."""

    by_id: dict[int, Template]
    default: Template | None

    def of(self, template_id: int | None) -> Template | None:
        """Return the template that goods name, the default one where they name none; None where
        there is no default.
        """
        return self.by_id.get(template_id, self.default)


def as_template(row: FreightTemplate, regions) -> Template:
    """Return a template of its row and the rows of its regions."""
    by_place = {}
    for region in regions:
        terms = _terms(region) if region.delivers else None
        by_place |= dict.fromkeys(region.places, terms)
    return Template(
        pk=row.pk,
        name=row.name,
        is_by_weight=row.charged_by == FreightTemplate.ChargedBy.WEIGHT,
        elsewhere=_terms(row) if row.delivers else None,
        by_place=by_place,
    )


def _terms(row: FreightTerms) -> Terms:
    return Terms(**{field.name: getattr(row, field.name) for field in fields(Terms)})


@shown
def templates() -> Templates:
    """Return the templates as they are now."""
    found, default = {}, None
    for row in FreightTemplate.objects.prefetch_related("regions"):
        found[row.pk] = as_template(row, row.regions.all())
        default = found[row.pk] if row.is_default else default
    return Templates(found, default)
