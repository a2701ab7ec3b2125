"""The shop whose back office is measured: every list that grows has rows in it."""

from django.contrib import admin

from benchmarks.office import SHARES


def test_shares_when_a_list_grows_then_its_table_is_filled():
    growing = {
        model._meta.label
        for model, room in admin.site._registry.items()
        if not getattr(room, "is_short", False)
    }

    assert growing
    assert growing - SHARES.keys() == set()
