"""Writing freight templates: what one must be, the log of who changed it, and one default. The API
writes by these verbs; the back office's forms save the rows and ask the same of them.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from catalog import places
from catalog.freight import Template, as_template
from catalog.models import FreightRegion, FreightTemplate
from mall.core import audit
from mall.core.errors import DomainError
from mall.core.transactions import transactional
from mall.core.versions import check_shown, mark_of

TERMS = (
    "first_units", "first_fee", "more_units", "more_fee", "free_from_cash", "free_from_pieces",
)  # fmt: skip


class NowhereDelivered(DomainError):
    """A template by which goods go nowhere."""

    code = "nowhere"
    status = 400
    message = _("Goods with this template would be delivered nowhere. Let them go somewhere.")


class TemplateInUse(DomainError):
    """Products name the template; numbers: products."""

    code = "in_use"
    message = _("%(products)s products go by this template. Give them another one first.")


class NameTaken(DomainError):
    """Another template is called so."""

    code = "unique"
    field = "name"
    status = 400
    message = _("Another freight template has this name.")


@dataclass(frozen=True, slots=True)
class Written:
    """A template as it was written, before it is saved."""

    row: FreightTemplate
    regions: list[FreightRegion]

    def check(self) -> Template:
        """Return it as it would be reckoned with. Raises: NowhereDelivered, PlaceTwice."""
        places.once_each(region.places for region in self.regions)
        if not self.row.delivers and not any(region.delivers for region in self.regions):
            raise NowhereDelivered(field="delivers")
        return as_template(self.row, self.regions)


def version_of(row: FreightTemplate) -> str:
    """Return the mark of a template as it stands, its regions included."""
    return mark_of(row, *(mark_of(region) for region in row.regions.all()))


@transactional
def write(
    fields: dict, regions: list[dict], *, by, template_id: int | None = None, seen=None
) -> FreightTemplate:
    """Write a template with all its regions, a new one without an id. ``seen`` is the version that
    was read before. A new default takes the place of the one before.

    Raises: NameTaken, NowhereDelivered, UnknownPlace, TooSmallPlace, PlaceTwice, ChangedMeanwhile,
    FreightTemplate.DoesNotExist.
    """
    row = FreightTemplate() if template_id is None else _locked(template_id)
    if template_id is not None:
        check_shown(seen, version_of(row))
    for name, value in fields.items():
        setattr(row, name, value)
    if FreightTemplate.objects.filter(name=row.name).exclude(pk=row.pk).exists():
        raise NameTaken
    rows = [
        FreightRegion(**{**region, "places": places.check(region["places"])}) for region in regions
    ]
    Written(row, rows).check()
    row.save()
    row.regions.all().delete()
    for region in rows:
        region.template = row
        region.save()
    settle_default(row)
    note(by, "catalog.freight_change" if template_id else "catalog.freight_add", row)
    return FreightTemplate.objects.prefetch_related("regions").get(pk=row.pk)


@transactional
def remove(template_id: int, *, by) -> None:
    """Delete a template. Raises: TemplateInUse (products name it), FreightTemplate.DoesNotExist."""
    row = _locked(template_id)
    products = row.products.count()
    if products:
        raise TemplateInUse(products=products)
    note(by, "catalog.freight_delete", row)
    row.delete()


def settle_default(row: FreightTemplate) -> None:
    """Have one default: the template that was made it last."""
    if row.is_default:
        FreightTemplate.objects.filter(is_default=True).exclude(pk=row.pk).update(is_default=False)


def note(by, deed: str, row: FreightTemplate) -> None:
    """Write down who changed what freight costs."""
    regions = [_told(region) for region in row.regions.all()]
    after = {"name": row.name, "is_default": row.is_default, **_told(row), "regions": regions}
    audit.note(by, deed, target=row, after=after)


def _told(terms) -> dict:
    told = {name: str(getattr(terms, name)) for name in (*TERMS, "delivers")}
    if isinstance(terms, FreightRegion):
        told["places"] = places.written(terms.places)
    return told


def _locked(template_id) -> FreightTemplate:
    return FreightTemplate.objects.select_for_update().get(pk=template_id)
