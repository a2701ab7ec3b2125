"""Usernames are kept as they fold (NFKC, no unseen signs); a few were typed in full width."""

from django.db import migrations

from mall.core import pasted


def fold(apps, editor):
    """Fold what is not; where another member has that name already, the row stays and is told."""
    user = apps.get_model("accounts", "User")
    users = user.objects.using(editor.connection.alias)
    for pk, name in users.order_by("pk").values_list("pk", "username").iterator():
        folded = name if name.isascii() else pasted.name(name)
        if folded == name:
            continue
        if users.filter(username=folded).exclude(pk=pk).exists():
            print(  # noqa: T201
                f"\n  member {pk}: username {name!r} differs from another member's in width only; "
                "please rename one of the two"
            )
        else:
            users.filter(pk=pk).update(username=folded)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_territory")]
    operations = [migrations.RunPython(fold, migrations.RunPython.noop)]
