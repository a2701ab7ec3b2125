"""Files of goods on their way in: the file, its pictures until they are on the shelf, and what it
wrote over, so that it can be taken back. Written by catalog/goods_file/imports.py.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from mall.core.models.file_job import FileJob


class GoodsImport(FileJob):
    """A table of goods, alone or with pictures. ``content`` holds the goods as they were read;
    ``done_to`` is how many of them were carried out, ``undoes`` says that they are taken back.
    """

    digest = models.CharField(max_length=64, editable=False)
    goods = models.PositiveIntegerField(_("Products"), default=0)
    changed = models.PositiveIntegerField(_("Changed products"), default=0)
    pictures = models.PositiveIntegerField(_("Pictures"), default=0)
    remarks = models.JSONField(default=list, editable=False)
    clears = models.BooleanField(_("clear empty cells"), default=False)
    makes_categories = models.BooleanField(_("create categories"), default=False)
    done_to = models.PositiveIntegerField(default=0, editable=False)
    undoes = models.BooleanField(default=False, editable=False)
    undone_at = models.DateTimeField(_("Import undone"), null=True, blank=True)

    class Meta(FileJob.Meta):
        verbose_name = _("file of goods")
        verbose_name_plural = _("files of goods")
        indexes = [models.Index(fields=["status"], name="goods_import_status")]
        default_permissions = ("add", "view")

    @property
    def version(self) -> str:
        """What an operator read before deciding."""
        return f"{self.pk}:{self.rows}:{self.new}:{self.changed}:{self.refused}:{self.status}"


class GoodsPicture(models.Model):
    """A picture of such a file as it came, by the hash of its bytes; gone when the file is done."""

    job = models.ForeignKey(
        GoodsImport, models.CASCADE, related_name="held", verbose_name=_("File")
    )
    digest = models.CharField(max_length=64)
    content = models.BinaryField()

    class Meta:
        verbose_name = _("picture of a file of goods")
        verbose_name_plural = _("pictures of files of goods")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["job", "digest"], name="goods_picture_once")]

    def __str__(self):
        return self.digest


class GoodsChange(models.Model):
    """What a file changed of one product: {room: {column: [before, after]}}, plain values."""

    job = models.ForeignKey(
        GoodsImport, models.CASCADE, related_name="changes", verbose_name=_("File")
    )
    product = models.BigIntegerField()
    line = models.PositiveIntegerField(_("Line"))
    told = models.JSONField()

    class Meta:
        verbose_name = _("change of a file of goods")
        verbose_name_plural = _("changes of files of goods")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["job", "product"], name="goods_change_once")]

    def __str__(self):
        return f"{self.job_id}: #{self.product}"
