"""Encrypt personal data anew with the first of FIELD_KEYS, after a new key was put in front."""

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import connection, models
from tqdm import tqdm

from accounts.privacy import EncryptedTextField, is_sealed_by_first_key
from mall.core.transactions import transactional

ROWS_A_TURN = 200


class Command(BaseCommand):
    """Can be stopped and run again; rows already under the first key are left alone."""

    help = "Encrypt personal data anew with the first of FIELD_KEYS."

    def handle(self, **options):
        total = 0
        for model in apps.get_models():
            fields = [
                field
                for field in model._meta.concrete_fields
                if isinstance(field, EncryptedTextField)
            ]
            if fields and not model._meta.proxy:
                total += self._rotate(model, fields)
        self.stdout.write(f"rotated={total}")

    def _rotate(self, model, fields):
        rotated = 0
        ids = list(model._base_manager.order_by("pk").values_list("pk", flat=True))
        turns = range(0, len(ids), ROWS_A_TURN)
        for start in tqdm(turns, desc=model._meta.label, disable=not self.stderr.isatty()):
            rotated += seal_anew(model, fields, ids[start : start + ROWS_A_TURN])
        return rotated


@transactional
def seal_anew(model, fields, ids) -> int:
    """Write again the columns of these rows that an older key sealed; return how many rows
    changed.
    """
    rotated = 0
    names = [field.attname for field in fields]
    # The raw text tells the key; the locked row keeps a concurrent edit from being overwritten.
    stored = model._base_manager.filter(pk__in=ids).annotate(
        **{f"raw_{name}": _Raw(name) for name in names}
    )
    for row in stored.select_for_update() if connection.features.has_select_for_update else stored:
        if any(
            raw and not is_sealed_by_first_key(raw)
            for raw in (getattr(row, f"raw_{name}") for name in names)
        ):
            row.save(update_fields=names)
            rotated += 1
    return rotated


class _Raw(models.expressions.ExpressionWrapper):
    """A column as it is stored, past the decryption of its field."""

    def __init__(self, name):
        super().__init__(models.F(name), output_field=models.TextField())
