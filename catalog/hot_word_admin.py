"""The words under an empty search box, as operators want them."""

from django.contrib import admin
from django.utils.translation import gettext as _

from catalog import searches
from catalog.models import HotWord
from catalog.shelf_admin import ShelfAdmin
from mall.core.form_fields import LineField


class WordField(LineField):
    """A word as searches are counted."""

    fold = staticmethod(searches.plain)


@admin.register(HotWord)
class HotWordAdmin(ShelfAdmin):
    """Put words first, or hide them; what nobody says anything of is counted."""

    is_short = True
    list_display = ["word", "position", "is_hidden"]
    list_editable = ["position"]
    list_filter = ["is_hidden"]
    search_fields = ["word"]
    folded_as = {"word": WordField}

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """Tell what is shown now."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "word" and field:
            field.help_text = _("Shown now: %(words)s") % {
                "words": "、".join(searches.hot()) or "–"
            }
        return field
