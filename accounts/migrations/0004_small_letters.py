"""Usernames and e-mails of every door are kept in small letters; a few from ``createsuperuser`` were not."""

from django.db import migrations


def write_small(apps, editor):
    """Lower what is not; where another member has that name already, the row stays and is told."""
    user = apps.get_model("accounts", "User")
    users = user.objects.using(editor.connection.alias)
    for pk, *names in users.values_list("pk", "username", "email").iterator():
        for field, name in zip(("username", "email"), names, strict=True):
            small = name.lower()
            if small == name:
                continue
            if users.filter(**{field: small}).exclude(pk=pk).exists():
                print(  # noqa: T201
                    f"\n  member {pk}: {field} {name!r} differs from another member's in case only; "
                    "please rename one of the two"
                )
            else:
                users.filter(pk=pk).update(**{field: small})


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_claim_of_member")]
    operations = [migrations.RunPython(write_small, migrations.RunPython.noop)]
