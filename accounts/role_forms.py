"""Roles and permissions to choose from in the back office, in words."""

from django import forms
from django.contrib.auth.models import Permission
from django.utils.translation import gettext, pgettext_lazy

from accounts import roles

DEEDS = {
    "view": pgettext_lazy("permission", "look at"),
    "add": pgettext_lazy("permission", "add"),
    "change": pgettext_lazy("permission", "change"),
    "delete": pgettext_lazy("permission", "delete"),
}

# Tables the roll-up keeps for the reports: nobody opens them, so nobody is asked who may.
COUNTED = ("memberday", "lateday", "cohortday", "ruleday", "reportsnapshot")


class RolesField(forms.ModelMultipleChoiceField):
    """Groups by the name of the job."""

    def label_from_instance(self, group):
        return roles.NAMES.get(group.name, group.name)


class PermissionsField(forms.ModelMultipleChoiceField):
    """Permissions in the reader's language; the database keeps Django's English names."""

    def label_from_instance(self, permission):
        model = permission.content_type.model_class()
        what = model._meta.verbose_name_plural if model else permission.content_type.model
        if permission.content_type.model in COUNTED:
            return gettext(permission.name)
        verb = (
            DEEDS.get(permission.codename.split("_")[0])
            if permission.codename.endswith(f"_{permission.content_type.model}")
            else None
        )
        return f"{what} · {verb or gettext(permission.name)}"


def permissions_of_the_rooms():
    """Return the permissions somebody may be given: of the rooms, without what roll-ups write."""
    rooms = Permission.objects.filter(content_type__app_label__in=roles.ROOMS).exclude(
        content_type__model__startswith="historical"
    )
    rooms = rooms.exclude(
        content_type__model__in=COUNTED, codename__regex="^(add|change|delete|view)_"
    )
    return rooms.select_related("content_type").order_by(
        "content_type__app_label", "content_type__model", "codename"
    )
