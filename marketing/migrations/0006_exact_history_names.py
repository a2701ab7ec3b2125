"""Let MariaDB and MySQL tell "a1" from "A1" in imported names, as SQLite does."""

from django.db import migrations

EXACT = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
COLUMNS = [
    ("marketing_historycustomer", "name", "varchar(120)"),
    ("marketing_historyorder", "no", "varchar(64)"),
]


def _modify(editor, suffix):
    if editor.connection.vendor == "mysql":
        for table, column, kind in COLUMNS:
            editor.execute(f"ALTER TABLE {table} MODIFY {column} {kind} {suffix} NOT NULL")


def make_exact(apps, editor):
    _modify(editor, EXACT)


def make_loose(apps, editor):
    _modify(editor, "")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("marketing", "0005_history_and_figures")]
    operations = [migrations.RunPython(make_exact, make_loose)]
