"""Files of every kind met by several sweeps and several colleagues at once."""

import pytest

from catalog import stock
from catalog.goods_file import imports
from catalog.models import GoodsPicture, Product, Sku
from mall.core import file_jobs
from mall.core.errors import DomainError
from tests.catalog.test_goods_package import packed, picture
from tests.files_brought import KINDS, MANY, booked, colleague, goods_table, numbers_table

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]
EVERY = pytest.mark.parametrize("brought", KINDS.values(), ids=KINDS)
SWEEPS = 4


@pytest.fixture(autouse=True)
def second_person(db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return colleague()


def few(brought):
    """Return a file; of tracking numbers a short one: each order is sent by itself."""
    return numbers_table(count=8) if brought is KINDS["numbers"] else brought.table()


@EVERY
def test_files_when_sweeps_and_colleagues_meet_then_each_is_looked_at_let_in_and_done_once(
    operator, brought, run_threads, waits, closed_books
):
    content = few(brought)
    files = [brought.row(operator, content) for _ in range(2)]

    looked = run_threads(SWEEPS, lambda: file_jobs.carry_on(brought.kind))
    checked = [one for one in map(brought.at, files) if one]

    def decide():
        try:
            return brought.let_in(checked[-1], operator=operator).status
        except DomainError as refusal:
            return refusal.code

    decided = run_threads(SWEEPS, decide)
    done = run_threads(SWEEPS, lambda: file_jobs.carry_on(brought.kind))

    assert sum(looked) == 2 and {one.status for one in checked} == {"checked"}
    assert decided.count("queued") == 1 and len(set(decided)) == 2
    assert sum(done) == 1
    now = brought.at(checked[-1])
    assert (now.status, now.new, now.attempts) == ("done", now.rows, 1)
    assert brought.written() == now.rows


@EVERY
def test_files_when_the_same_is_brought_by_many_at_once_then_nothing_is_doubled(
    operator, brought, run_threads, closed_books
):
    content = few(brought)

    rows = run_threads(SWEEPS, lambda: brought.row(operator, content))
    left = list(brought.kind.model.objects.filter(status="checked"))
    let_in = []
    for row in left:
        try:
            let_in.append(brought.let_in(row, operator=operator))
        except DomainError as refusal:
            let_in.append(refusal)
    run_threads(SWEEPS, lambda: file_jobs.carry_on(brought.kind))

    assert not [row for row in rows if isinstance(row, BaseException)]
    assert left and not [one for one in let_in if isinstance(one, BaseException)]
    assert {brought.at(row).status for row in left} == {"done"}
    assert brought.written() == left[0].rows
    assert booked() in (0, 7 * left[0].rows)


def test_members_when_two_files_name_the_same_at_once_then_each_moves_in_once(
    operator, run_threads, closed_books
):
    brought, own = KINDS["members"], b"\nZ%d,z%d@example.com,5"
    files = [brought.row(operator, brought.table() + own % (n, n)) for n in range(2)]
    for row in files:
        brought.let_in(row, operator=operator)

    done = run_threads(2, lambda: file_jobs.carry_on(brought.kind))

    assert sorted(done) in ([0, 2], [1, 1])
    now = [brought.at(row) for row in files]
    assert sorted((row.new, row.known) for row in now) == [(1, MANY), (MANY + 1, 0)]
    assert brought.written() == MANY + 2


def test_goods_when_two_files_count_the_same_pieces_at_once_then_booked_once(
    operator, run_threads, closed_books
):
    first = imports.bring(goods_table(stock=3, count=8), name="a.csv", operator=operator)
    imports.let_in(first, operator=operator, read=first.version)
    imports.carry_on()
    recount = goods_table(stock=10, count=8)
    two = [imports.bring(recount, name=f"{n}.csv", operator=operator) for n in range(2)]
    for row in two:
        imports.let_in(row, operator=operator, read=row.version)

    done = run_threads(2, imports.carry_on)

    assert sorted(done) in ([0, 2], [1, 1])
    for row in two:
        row.refresh_from_db()
    assert sorted(row.changed for row in two) == [0, 8]
    assert set(stock.available(Sku.objects.values_list("pk", flat=True)).values()) == {10}


def test_goods_when_a_look_is_taken_over_then_pictures_are_kept_once(
    operator, run_threads, waits, closed_books
):
    """Whoever lost the lease looks at the very moment when another does."""
    table = goods_table(count=1).decode().splitlines()
    zipped = packed(
        {"t.csv": f"{table[0]},pictures\n{table[1]},a.png\n", "a.png": picture("red")}
    )  # fmt: skip
    brought = KINDS["goods"]
    row = brought.row(operator, zipped)
    claims = [file_jobs.claimed(type(row))]
    type(row).objects.update(claimed_until="2020-01-01T00:00Z")
    claims.append(file_jobs.claimed(type(row)))

    def look(number):
        mine = claims[number]
        return brought.kind.look_over(mine, brought.kind.unpack(bytes(mine.content)))

    outcomes = run_threads(2, look)

    assert [type(one) for one in outcomes] == [file_jobs.LeaseLost, type(None)]
    assert (brought.at(row).status, GoodsPicture.objects.count()) == ("checked", 1)
    assert not Product.objects.exists()
