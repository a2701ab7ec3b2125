"""Keys compare as bytes, words as people read: stated for every column, made by every migrate, told
by a check.

The doors' side of it (swapped case, accents, blanks) is in tests/scenarios/test_near_keys.py.
"""

import re

import pytest
from django.core import checks
from django.core.management import call_command
from django.db import connection

from catalog.models import Product
from mall.core import clock
from mall.database import collations
from mall.database.key_columns import KEYS
from mall.database.word_columns import SPOKEN, WORDS
from orders.models import Order
from points.models import AdjustmentBatch
from tests.conftest import ON_MARIADB
from tests.factories.orders import place, virtual_sku

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(member):
    return place(member, virtual_sku(points=10))


# --- the table is whole -------------------------------------------------------
def test_text_columns_when_listed_then_each_has_one_reason():
    keys, words = collations.listed(KEYS), collations.listed(WORDS)

    assert sorted(collations.text_columns() - set(keys) - set(words)) == [], (
        "say in mall/database/key_columns.py or word_columns.py why these compare as they do"
    )
    assert sorted((set(keys) | set(words)) - collations.text_columns()) == [], (
        "no such columns any more"
    )
    assert sorted(set(keys) & set(words)) == []


def test_text_columns_when_unique_then_they_are_keys():
    """Whatever may stand there once is compared as bytes: alone or in a constraint of several
    columns.
    """
    words = collations.listed(WORDS)
    found = []
    for model in collations._models():
        sets = [[field.name] for field in model._meta.local_concrete_fields if field.unique]
        sets += [
            *model._meta.unique_together,
            *(one.fields for one in model._meta.total_unique_constraints),
        ]
        columns = {
            (model._meta.db_table, model._meta.get_field(name).column)
            for names in sets
            for name in names
        }
        found += sorted(columns & set(words))
    assert found == []


# --- on the server ----------------------------------------------------------------
def collation_of(table, column):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT collation_name FROM information_schema.columns "
            "WHERE table_schema = DATABASE() AND table_name = %s AND column_name = %s",
            [table, column],
        )
        return cursor.fetchone()[0]


def definition_of(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW CREATE TABLE {table}")
        # The counter moves with every row that was ever tried.
        return re.sub(r" AUTO_INCREMENT=\d+", "", cursor.fetchone()[1])


@pytest.mark.mariadb
def test_migrate_when_done_then_every_column_compares_as_stated():
    assert collations.tables_astray(connection) == {}
    assert collations.mend(connection) == 0
    for table, column in collations.listed(KEYS):
        assert collation_of(table, column) == collations.exact(connection), (table, column)
    for table, column in collations.listed(WORDS):
        assert collation_of(table, column) == SPOKEN, (table, column)


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_migrate_when_a_library_reset_a_column_then_it_is_put_right_and_told_meanwhile(member):
    before = definition_of("points_adjustmentbatch")
    AdjustmentBatch.objects.create(
        digest="a" * 64, name="März.csv", rows=[1], made_by=member, made_at=clock.now()
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE points_adjustmentbatch MODIFY name varchar(120) COLLATE "
            "utf8mb4_general_ci NOT NULL, "
            "MODIFY digest varchar(64) COLLATE utf8mb4_general_ci NOT NULL, DEFAULT COLLATE "
            "utf8mb4_general_ci"
        )
        cursor.execute(
            "ALTER TABLE django_session MODIFY session_key varchar(40) COLLATE utf8mb4_unicode_ci "
            "NOT NULL"
        )
    told = checks.run_checks(databases=["default"], tags=[checks.Tags.database])

    call_command("migrate", verbosity=0)

    assert [(one.id, one.level) for one in told] == [("mall.W001", checks.WARNING)]
    assert "django_session, points_adjustmentbatch" in told[0].msg
    assert collations.tables_astray(connection) == {}
    assert collation_of("django_session", "session_key") == collations.exact(connection)
    assert definition_of("points_adjustmentbatch").replace(
        "AUTO_INCREMENT=2 ", ""
    ) == before.replace("AUTO_INCREMENT=1 ", "")
    assert AdjustmentBatch.objects.get().rows == [1]
    assert checks.run_checks(databases=["default"], tags=[checks.Tags.database]) == []


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_database_when_a_new_table_says_nothing_then_it_compares_as_bytes():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE forgotten (word varchar(20) NOT NULL)")
    try:
        assert collation_of("forgotten", "word") == collations.exact(connection)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE forgotten")


# --- searching by hand -----------------------------------------------------------
@pytest.mark.parametrize("typed", ["{no}", "{low}"])
def test_search_when_a_key_is_typed_small_then_people_find_it_and_programs_do_not(order, typed):
    typed = typed.format(no=order.no, low=order.no.lower())

    assert Order.objects.filter(no__iexact=typed).exists()
    assert Order.objects.filter(no__icontains=typed[4:]).exists()
    assert Order.objects.filter(no__istartswith=typed[:12]).exists()
    assert Order.objects.filter(no=typed).exists() == (typed == order.no)


def test_search_when_names_differ_in_case_width_or_a_rare_character_then_as_people_read(db):
    Product.objects.filter(pk=virtual_sku(points=10).product_id).update(
        name_zh_hans="𠮷野家 Teekanne"
    )

    def found(word):
        return Product.objects.filter(name_zh_hans__icontains=word).exists()

    assert found("teekanne") and found("TEE") and found("𠮷野")
    assert not found("𡈽野")
    assert not ON_MARIADB or found("Ｔｅｅ")
