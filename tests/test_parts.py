"""Which part of the run plays which test."""

import pytest

pytest_plugins = "pytester"
FILES = {
    "test_prices": """
        import pytest
        db = pytest.mark.django_db
        sets = pytest.mark.parametrize("n", [1, 2])

        @sets
        def test_sum(n): ...
        @db
        @sets
        def test_pay(n): ...
        @db
        def test_open(client): ...
        @pytest.mark.mariadb
        def test_race(): ...
        @db
        @pytest.mark.once(on="sqlite")
        @sets
        def test_demo(n): ...
        @db
        @pytest.mark.once(on="mariadb")
        def test_sample(): ...
        @pytest.mark.long
        def test_sweep(): ...
        @pytest.fixture
        def client(): ...
    """,
    "test_api": """
        import pytest

        def test_words(): ...
        @pytest.mark.django_db
        def test_list(): ...
        @pytest.mark.fuzz
        def test_fuzz(): ...
    """,
}
SQLITE = "words sum[1] sum[2] pay[1] demo[1] demo[2]"
MARIADB = "list pay[1] pay[2] open race sample"


@pytest.mark.parametrize(
    ("database", "options", "played"),
    [
        ("", ["--no-doubles"], SQLITE),
        ("mysql://", ["--needs-database"], MARIADB),
        ("mysql://", [], f"fuzz {MARIADB} {SQLITE}"),
    ],
)
def test_part_when_collected_then_each_test_is_played_where_it_tells_something(
    pytester, monkeypatch, database, options, played
):
    monkeypatch.setenv("MALL_TEST_DATABASE_URL", database)
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE")
    pytester.makepyfile(**FILES)

    run = pytester.inline_run("-p", "tests.parts", "-p", "no:django", "--collect-only", *options)

    (finished,) = run.getcalls("pytest_collection_finish")
    names = {item.name.removeprefix("test_") for item in finished.session.items}
    assert names == set(played.split())
