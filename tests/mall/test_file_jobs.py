"""What holds for files of every kind: looked over by whoever has time, once, and lost by nobody."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from catalog import stock
from catalog.goods_file import imports
from catalog.models import GoodsImport, GoodsPicture, Product, Sku
from mall.core import clock, file_jobs
from mall.core.models import JobRun
from orders.models import DispatchFile
from points.moving_in import kind as members_kind
from tests.catalog.test_goods_package import packed, picture
from tests.files_brought import FEW, KINDS, MANY, booked, colleague, goods_table

pytestmark = pytest.mark.django_db
EVERY = pytest.mark.parametrize("brought", KINDS.values(), ids=KINDS)
PAST = "2020-01-01T00:00Z"


@pytest.fixture(autouse=True)
def second_person(db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return colleague()


def taken(brought, row):
    """Have a sweep take a file that is here."""
    return file_jobs.claimed(brought.kind.model, only=row.pk)


def look(brought, row):
    brought.kind.look_over(row, brought.kind.unpack(bytes(row.content)))


def lapse(row):
    """A sweep dies, or sleeps for too long: its lease is over."""
    type(row).objects.filter(pk=row.pk).update(claimed_until=PAST)


@EVERY
def test_file_when_small_then_looked_over_where_it_is_brought_and_else_by_the_sweep(
    operator, brought, monkeypatch
):
    content = brought.table()

    small = brought.row(operator, content)
    small_is = brought.at(small)
    brought.kind.model.objects.all().delete()
    monkeypatch.setattr(file_jobs, "AT_ONCE_BYTES", 0)
    large = brought.row(operator, content)
    waited = brought.at(large)
    done = file_jobs.carry_on(brought.kind)

    assert (small.status, waited.status, waited.claimed_until) == ("checked", "looking", None)
    assert (done, brought.at(large).status) == (1, "checked")
    names = ("rows", "new", "known", "refused")
    found = [getattr(brought.at(large), name) for name in names]
    assert found == [getattr(small_is, name) for name in names]
    assert found[:2] in ([MANY, MANY], [FEW, FEW])
    assert brought.written() == 0


@EVERY
def test_file_when_a_worker_dies_amid_the_look_then_another_looks_from_the_beginning(
    operator, brought, waits
):
    row = brought.row(operator)
    dead = taken(brought, row)
    file_jobs.go_on(dead, new=3)  # and dies
    early = file_jobs.carry_on(brought.kind)
    lapse(row)

    assert (early, file_jobs.carry_on(brought.kind)) == (0, 1)

    now = brought.at(row)
    assert (now.status, now.attempts, now.new) == ("checked", 0, now.rows)


@EVERY
def test_file_when_a_sweep_wakes_after_its_lease_then_it_writes_no_more(operator, brought, waits):
    row = brought.row(operator)
    sleeper = taken(brought, row)
    lapse(row)
    file_jobs.carry_on(brought.kind)
    with pytest.raises(file_jobs.LeaseLost):
        look(brought, sleeper)
    checked = brought.at(row)
    brought.let_in(checked, operator=operator)
    sleeper = taken(brought, row)
    lapse(row)
    file_jobs.carry_on(brought.kind)
    done, written = brought.at(row), brought.written()

    with pytest.raises(file_jobs.LeaseLost):
        brought.kind.carry_out(sleeper)

    assert (checked.status, done.status, brought.written()) == ("checked", "done", written)
    assert brought.at(row).new == done.new == written
    assert booked() in (0, 7 * MANY)


@EVERY
def test_file_when_removed_under_the_sweep_then_it_stops_there_and_goes_on_with_the_next(
    operator, brought, waits
):
    content = brought.table()
    gone, kept = brought.row(operator, content), brought.row(operator, content)
    real, seen = file_jobs.go_on, []

    def go_on(row, **changes):
        if row.pk == gone.pk and not seen:
            seen.append(type(row).objects.filter(pk=row.pk).delete())
        return real(row, **changes)

    waits.setattr(file_jobs, "go_on", go_on)

    assert file_jobs.carry_on(brought.kind) == 1

    assert seen and brought.at(gone) is None and brought.at(kept).status == "checked"
    with pytest.raises(file_jobs.FileDecided):
        file_jobs.held(gone)


@EVERY
def test_file_when_broken_past_its_head_then_its_page_says_why_and_leads_on(
    client, operator, brought, waits
):
    operator.is_superuser = True
    operator.save()
    client.force_login(operator)
    client.cookies["mall_language"] = "en"
    content = brought.table()
    large = file_jobs.UNPACKED_WHOLE_BYTES
    row = brought.row(operator, b"PK\x03\x04" + content * (large // len(content) + 1))

    file_jobs.carry_on(brought.kind)

    now = brought.at(row)
    assert (now.status, bytes(now.content)) == ("failed", b"") and "已损坏" in now.problem
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}"
    page = client.get(reverse(f"{name}_change", args=[row.pk]))
    assert now.problem in page.text and "http-equiv" not in page.text
    assert f"{reverse(f'{name}_upload')}?like={row.pk}" in page.text


def test_files_when_both_count_the_same_pieces_then_they_are_booked_once(operator):
    content = goods_table(stock=3, count=2)
    row = imports.bring(content, name="a.csv", operator=operator)
    imports.let_in(row, operator=operator, read=row.version)
    imports.carry_on()
    recount = goods_table(stock=10, count=2)
    first, second = (imports.bring(recount, name=f"{n}.csv", operator=operator) for n in "ab")

    for one in (first, second):
        imports.let_in(one, operator=operator, read=one.version)
    imports.carry_on()

    first.refresh_from_db()
    second.refresh_from_db()
    left = stock.available(Sku.objects.values_list("pk", flat=True))
    assert (first.new + first.changed, second.known + second.refused) == (2, 2)
    assert set(left.values()) == {10}


@pytest.mark.parametrize("how", ["delivery", "correction"])
def test_file_when_pieces_were_booked_by_hand_since_it_counted_then_refused_by_name(operator, how):
    content = goods_table(stock=3, count=2)
    row = imports.bring(content, name="a.csv", operator=operator)
    imports.let_in(row, operator=operator, read=row.version)
    imports.carry_on()
    recount = imports.bring(goods_table(stock=10, count=2), name="b.csv", operator=operator)
    sku = Sku.objects.get(code="P-0-1")
    stock.receive(sku.pk, quantity=5 if how == "delivery" else -1, actor="staff:1")

    imports.let_in(recount, operator=operator, read=recount.version)
    imports.carry_on()

    recount.refresh_from_db()
    other = Sku.objects.get(code="P-1-1")
    left = stock.available([sku.pk, other.pk])
    assert (recount.changed, recount.refused) == (1, 1)
    assert left == {sku.pk: 8 if how == "delivery" else 2, other.pk: 10}
    assert next(file_jobs.findings_of(recount))[1] == "P-0"


def test_goods_when_a_look_is_taken_over_then_its_pictures_are_kept_once(operator, waits):
    table = goods_table(count=1).decode().splitlines()
    zipped = packed(
        {"t.csv": f"{table[0]},pictures\n{table[1]},a.png;b.png\n", "a.png": picture("red"),
         "b.png": picture("blue")}
    )  # fmt: skip
    brought = KINDS["goods"]
    row = brought.row(operator, zipped)
    sleeper = taken(brought, row)
    lapse(row)

    file_jobs.carry_on(brought.kind)
    with pytest.raises(file_jobs.LeaseLost):
        look(brought, sleeper)

    assert (brought.at(row).pictures, GoodsPicture.objects.filter(job=row).count()) == (2, 2)
    assert not Product.objects.exists()


# --- the pages --------------------------------------------------------------
def test_page_when_no_worker_is_there_then_it_says_so_and_loses_nothing(client, operator, waits):
    client.force_login(operator)
    client.cookies["mall_language"] = "en"
    file = {"file": SimpleUploadedFile("goods.csv", goods_table()), "clears": "on"}

    page = client.post(reverse("admin:catalog_goodsimport_upload"), file)["Location"]
    absent = client.get(page)
    JobRun.objects.create(job="settle-draws", period="now", finished_at=clock.now())
    there = client.get(page)
    row = taken(KINDS["goods"], GoodsImport.objects.get())
    file_jobs.go_on(row, goods=MANY, new=50)
    half_way = client.get(page)
    lapse(row)
    imports.carry_on()
    looked = client.get(page)

    assert absent.context["worker_is_away"] and "No worker has finished" in absent.text
    assert not there.context["worker_is_away"] and "waits for the worker" in there.text
    assert f"50 of {MANY} looked at" in half_way.text and 'max="120" value="50"' in half_way.text
    assert all('http-equiv="refresh"' in one.text for one in (absent, there, half_way))
    assert looked.context["may_import"] == MANY and "http-equiv" not in looked.text
    assert GoodsImport.objects.get().clears


def test_page_when_the_next_file_is_brought_then_the_choices_are_there_already(client, operator):
    client.force_login(operator)
    upload = reverse("admin:orders_dispatchfile_upload")
    file = SimpleUploadedFile("n.csv", b"no,tracking_number\nNOSUCH,SF1\n")
    client.post(upload, {"file": file, "carrier": "zto"})
    row = DispatchFile.objects.get()

    again = client.get(f"{upload}?like={row.pk}")
    plain = client.get(upload)
    of_none = client.get(f"{upload}?like=none")
    wrong = client.post(f"{upload}?like={row.pk}", {"carrier": "sf"})

    assert row.carrier == "zto" and again.context["form"]["carrier"].value() == "zto"
    assert not plain.context["form"]["carrier"].value()
    assert not of_none.context["form"]["carrier"].value()
    assert (wrong.status_code, wrong.context["form"]["carrier"].value()) == (400, "sf")


def test_page_when_it_was_let_in_twice_then_done_once_and_the_second_is_told(client, operator):
    client.force_login(operator)
    row = KINDS["numbers"].row(operator)
    page = reverse("admin:orders_dispatchfile_change", args=[row.pk])

    client.post(page)
    twice = client.post(page, follow=True)
    done = file_jobs.carry_on(KINDS["numbers"].kind)

    assert len(twice.context["messages"]) == 1 and done == 1
    assert KINDS["numbers"].written() == FEW


def test_claim_when_looks_and_work_wait_then_looks_come_first(operator, waits):
    brought, people = KINDS["members"], members_kind.KIND
    first, second = brought.row(operator), brought.row(operator, b"email,points\na@b.example,5\n")
    file_jobs.carry_on(people)
    brought.let_in(brought.at(first), operator=operator)
    third = brought.row(operator, b"email,points\nc@d.example,5\n")

    order = [file_jobs.claimed(people.model) for _ in range(3)]

    assert [row and row.pk for row in order] == [third.pk, first.pk, None]
    assert [row.status for row in order[:2]] == ["looking", "running"]
    assert brought.at(second).status == "checked"
    early = timedelta(seconds=1)
    assert order[0].claimed_until < clock.now() + file_jobs.LOOK_LEASE + early
