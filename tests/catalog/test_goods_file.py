"""Goods as a file: looked over, written, brought again without effect, taken back, written out."""

import csv
import io
import re
import resource
import sys
import time
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from catalog import assortment, stock, tasks
from catalog.goods_file import export, headings, imports
from catalog.management.commands.import_goods import Command
from catalog.models import Category, GoodsImport, Product, ProductWords, Sku, StockMovement
from mall.core import clock, file_jobs
from mall.core.models import AuditRow
from mall.core.tables.errors import UnreadableTable
from tests.factories.catalog import CategoryFactory, ProductFactory, SkuFactory

pytestmark = pytest.mark.django_db
HEADINGS = ["product", "name", "category", "paid with", "sku", "choice", "price in points"]
HEADINGS += ["price in yuan", "stock", "status"]


def table(*rows, headings=HEADINGS):
    file = io.StringIO()
    csv.writer(file).writerows([headings, *rows])
    return file.getvalue().encode()


def brought(content, operator, **options):
    row = imports.bring(content, name="goods.csv", operator=operator, **options)
    if row.status == "looking":  # a large one
        imports.carry_on()
        row.refresh_from_db()
    return row


def carried_out(row, operator):
    imports.let_in(row, operator=operator, read=row.version)
    tasks.import_goods()
    row.refresh_from_db()
    return row


def told(row):
    return {key or line: words for line, key, _state, words in file_jobs.findings_of(row)}


def counts(row):
    return row.new, row.changed, row.known, row.refused


def left(*codes):
    skus = [Sku.objects.get(code=code).pk for code in codes]
    return [stock.available(skus)[pk] for pk in skus]


@pytest.fixture
def mug(tea):
    """A mug on sale for 100 points, three pieces of it."""
    product = ProductFactory(code="M-1", name_zh_hans="马克杯", category=tea, tags="杯子")
    SkuFactory(product=product, code="M-1-W", name_zh_hans="白", stock=3)
    return product


GOODS = table(
    ["M-1", "马克杯", "食品/茶", "纯积分", "M-1-W", "白", "120", "", "10", ""],
    ["", "", "", "", "M-1-B", "黑", "150", "", "4", ""],
    ["T-1", "龙井", "Food > Tea", "cash", "T-1-S", "50 克", "", "￥38.5", "1,000", "on"],
    ["T-1", "", "", "", "T-1-L", "250 克", "", "128", "０", ""],
    ["T-2", "无价", "茶", "points", "T-2", "", "", "", "", "on"],
    ["T-3", "无类", "食品/酒", "points", "", "", "5", "", "", ""],
    ["T-4", "坏价", "茶", "points", "", "", "1.5", "", "-1", "maybe"],
)


def test_goods_when_brought_let_in_and_brought_again_then_written_once_and_each_fault_is_named(
    operator, mug, django_capture_on_commit_callbacks
):
    row = brought(GOODS, operator)
    looked = told(row)
    before = Product.objects.count(), Sku.objects.count(), StockMovement.objects.count()
    with django_capture_on_commit_callbacks(execute=True):
        done = carried_out(row, operator)
    moved = StockMovement.objects.filter(reference__startswith="goods:").count()
    again = brought(GOODS, operator)

    assert before == (1, 1, 1)
    assert counts(done) == (1, 1, 0, 3) and told(done) == looked
    assert all(part in looked["M-1"] for part in ("100 → 120", "3 → 10"))
    assert all(part in looked["T-1"] for part in ("名称: – → 龙井", "食品/茶", "→ 在售"))
    assert set(looked) == {"M-1", "T-1", "T-2", "T-3", "T-4"}
    assert left("M-1-W", "M-1-B", "T-1-S", "T-1-L") == [10, 4, 1000, 0]
    leaf = Product.objects.get(code="T-1")
    assert (leaf.status, leaf.pay_mode, leaf.category.slug) == ("on", "cash", "tea")
    assert (str(leaf.lowest_cash), leaf.choices, leaf.is_yuan_priced) == ("38.50", 2, True)
    assert ProductWords.objects.get(product=leaf).is_offered
    mug.refresh_from_db()
    assert (mug.lowest_points, mug.choices, mug.tags) == (120, 2, "杯子")
    past = mug.skus.get(code="M-1-W").history.first()
    assert (past.points_price, past.history_user, past.history_type) == (120, operator, "~")
    assert [one.history_type for one in leaf.history.all()] == ["+"]
    assert StockMovement.objects.filter(note="goods.csv", actor=f"staff:{operator.pk}").count() == 3
    assert (counts(again), moved) == ((0, 0, 2, 3), 3)
    assert len(again.remarks) == 1
    with pytest.raises(imports.NothingToImport):
        imports.let_in(again, operator=operator, read=again.version)
    with pytest.raises(file_jobs.FileDecided):
        imports.let_in(row, operator=operator, read=row.version)
    GoodsImport.objects.filter(pk=again.pk).delete()  # nobody let it in for a week
    with pytest.raises(file_jobs.FileDecided):
        imports.let_in(again, operator=operator, read=again.version)
    assert AuditRow.objects.filter(action="catalog.import_goods").count() == 1


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (["#99999", "x", "茶", "points", "", "", "5", "", "", ""], "number"),
        (["N-1", "", "茶", "points", "", "", "5", "", "", ""], "name"),
        (["N-1", "x", "", "points", "", "", "5", "", "", ""], "category"),
        (["N-1", "x" * 121, "茶", "points", "", "", "5", "", "", ""], "120"),
        (["N-1", "x", "茶", "barter", "", "", "5", "", "", ""], "paid with"),
        (["N-1", "x", "茶", "points", "M-1-W", "", "5", "", "", ""], "another product"),
        (["N-1", "x", "茶", "cash", "", "", "5", "1", "", ""], "no price in points"),
        (["N-1", "x", "茶", "cash", "", "", "", "1.234", "", ""], "12.50"),
        (["N-1", "x", "茶", "points", "", "", "100000001", "", "", ""], "100,000,000"),
        (["M-1", "", "", "", "", "灰", "0", "", "", ""], "needs a price"),
        (["M-1", "", "", "", "#424242", "", "7", "", "", ""], "number"),
        (["M-1", "", "", "", "M-1-W", "", "", "", "1000001", ""], "1,000,000"),
        (["M-1", "", "", "", "NEW", "白 ", "7", "", "", ""], "of that name"),
        (["", "x", "茶", "points", "", "", "5", "", "", ""], "names no product"),
        (["N\x07", "x", "茶", "points", "", "", "5", "", "", ""], "printable"),
    ],
)
def test_goods_when_a_row_cannot_be_then_its_reason_is_told_and_nothing_is_written(
    operator, mug, row, said
):
    SkuFactory(product=mug, code="M-1-B", name_zh_hans="黑")
    with translation.override("en"):
        looked = brought(table(row), operator)

    assert counts(looked) == (0, 0, 0, 1)
    assert said in " ".join(told(looked).values())


def test_goods_when_empty_cells_clear_then_what_may_be_empty_is(operator, mug):
    content = table(["M-1", "", "", ""], headings=["product", "name", "tags", "on sale from"])

    left_alone = brought(content, operator)
    cleared = carried_out(brought(content, operator, clears=True), operator)

    mug.refresh_from_db()
    assert (counts(left_alone), counts(cleared)) == ((0, 0, 1, 0), (0, 1, 0, 0))
    assert (mug.name_zh_hans, mug.tags) == ("马克杯", "")


def test_goods_when_categories_are_missing_then_made_once_where_that_was_asked(operator, tea):
    rows = [[f"W-{n}", "酒", "食品／酒/白酒", "points", "", "", "5", "", "", ""] for n in range(3)]

    done = carried_out(brought(table(*rows), operator, makes_categories=True), operator)

    made = Category.objects.get(name_zh_hans="白酒")
    assert counts(done) == (3, 0, 0, 0)
    assert (made.parent.name_zh_hans, made.parent.parent.slug) == ("酒", "food")
    assert set(Product.objects.values_list("category", flat=True)) == {made.pk}
    assert Category.objects.count() == 4


def test_goods_when_changed_after_the_look_then_refused_but_sales_are_sales(operator, mug):
    other = SkuFactory(product=ProductFactory(code="O-1"), code="O-1-1", stock=3)
    content = table(
        ["M-1", "杯", "", "", "M-1-W", "", "120", "", "10", ""],
        ["O-1", "", "", "", "O-1-1", "", "", "", "8", ""],
    )
    row = brought(content, operator)
    assortment.reprice(mug.skus.get().pk, by=operator, points_price=90)
    stock.take([(other.pk, 1)], reference="pool:1")

    done = carried_out(row, operator)

    mug.refresh_from_db()
    assert counts(done) == (0, 1, 0, 1)
    assert (mug.name_zh_hans, mug.skus.get().points_price) == ("马克杯", 90)
    assert left("M-1-W", "O-1-1") == [3, 7]


def test_goods_when_a_sweep_dies_then_the_next_goes_on_and_counts_right(operator, tea, monkeypatch):
    monkeypatch.setattr("catalog.goods_file.writing.BATCH", 2)
    rows = [[f"T-{n}", "茶", "茶", "points", "", "", "5", "", "3", "on"] for n in range(5)]
    row = brought(table(*rows), operator)
    imports.let_in(row, operator=operator, read=row.version)
    claimed = file_jobs.claimed(GoodsImport)
    with translation.override("en"):
        imports.Work(claimed).carry_out(0, [])  # and dies
    later = clock.now() + timedelta(hours=1)

    with time_machine.travel(later):
        tasks.import_goods()

    row.refresh_from_db()
    assert (row.status, counts(row)) == ("done", (5, 0, 0, 0))
    assert Product.objects.count() == 5 and len(told(row)) == 5
    assert set(stock.available(Sku.objects.values_list("pk", flat=True)).values()) == {3}


def test_goods_when_taken_back_then_what_still_is_the_files_becomes_what_it_was(operator, mug):
    row = carried_out(brought(GOODS, operator), operator)
    assortment.change(mug.pk, by=operator, name_zh_hans="大杯")
    black = Sku.objects.get(code="M-1-B")
    assortment.reprice(black.pk, by=operator, points_price=160)
    row = GoodsImport.objects.get()

    imports.undo(row, operator=operator)
    tasks.import_goods()

    row.refresh_from_db()
    mug.refresh_from_db()
    white, black = mug.skus.order_by("pk")
    leaf = Product.objects.get(code="T-1")
    assert (mug.name_zh_hans, white.points_price, black.is_active) == ("大杯", 100, False)
    assert (leaf.status, left("M-1-W", "M-1-B", "T-1-S")) == ("draft", [3, 0, 0])
    assert (row.changed, row.refused) == (2, 0) and row.undone_at
    with pytest.raises(imports.NotUndoable):
        imports.undo(row, operator=operator)


def test_goods_when_sold_or_repriced_before_taken_back_then_that_is_named(operator, mug):
    content = table(["M-1", "杯", "", "", "M-1-W", "", "120", "", "10", ""])
    row = carried_out(brought(content, operator), operator)
    white = mug.skus.get()
    assortment.reprice(white.pk, by=operator, points_price=130)
    stock.take([(white.pk, 5)], reference="pool:1")

    imports.undo(row, operator=operator)
    with translation.override("en"):
        GoodsImport.objects.update(language="en")
        tasks.import_goods()

    row.refresh_from_db()
    mug.refresh_from_db()
    assert (mug.name_zh_hans, mug.skus.get().points_price, left("M-1-W")) == ("马克杯", 130, [5])
    assert (row.changed, row.refused) == (0, 1)
    assert "price in points, stock" in told(row)["M-1"]


@pytest.mark.parametrize("is_gone", [False, True])
def test_goods_when_taken_back_then_the_category_is_told_by_name_and_may_be_gone(
    operator, mug, is_gone
):
    cups = Category.objects.create(slug="cups", name_zh_hans="杯具")
    Product.objects.update(category=cups)
    row = carried_out(brought(table(["M-1", "杯", "茶", *[""] * 7]), operator), operator)
    if is_gone:
        cups.delete()

    imports.undo(row, operator=operator)
    tasks.import_goods()

    row.refresh_from_db()
    mug.refresh_from_db()
    assert (row.status, mug.name_zh_hans, bool(row.undone_at)) == ("done", "马克杯", True)
    assert mug.category.slug == ("tea" if is_gone else "cups")
    assert ("分类" in told(row)["M-1"]) and ("食品/茶 → 杯具" in told(row)["M-1"]) is not is_gone


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("workbook", [False, True])
def test_goods_when_written_out_and_brought_then_nothing_is_changed(
    operator, mug, language, workbook
):
    odd = ProductFactory(
        name_zh_hans="=1+1", name_en="0012", summary_zh_hans="2026-1-2", tags="a, b",
        description_zh_hans="Just a text\nwith lines", description_en='<p class="x">“Hi”</p>\r\n',
        sale_starts_at=clock.now(), limit_per_order=3, status="off",
        attributes_zh_hans="产地：杭州\n重量: 50 克", market_price="99.90", tier_to_redeem=2,
    )  # fmt: skip
    SkuFactory(product=odd, name_zh_hans="1/2", name_en="", points_price=0, cash_price="1.50")
    Product.objects.filter(pk=odd.pk).update(pay_mode="cash")
    SkuFactory(product=odd, name_zh_hans="007", points_price=0, cash_price=2, is_active=False)
    shelf = CategoryFactory(name_zh_hans="男>女", name_en="M\\F")
    ProductFactory(status="draft", category=shelf, name_zh_hans="#N/A", name_en="6.22E+17")
    file = io.BytesIO()
    with translation.override(language):
        export.write_table(file, Product.objects.all(), workbook=workbook)
    stock.take([(mug.skus.get().pk, 1)], reference="pool:1")  # an old table takes no sale back

    row = brought(file.getvalue(), operator)

    assert (counts(row), told(row)) == ((0, 0, 3, 0), {})


def test_goods_when_there_are_many_then_no_statement_more_a_row(operator, tea):
    def statements(many, name):
        rows = [
            [f"{many}-{n}", name, "茶", "points", f"{many}-{n}-{k}", f"{k}", n + 1, "", 5, "on"]
            for n in range(many)
            for k in range(2)
        ]
        with CaptureQueriesContext(connection) as looked:
            row = brought(table(*rows), operator)
        with CaptureQueriesContext(connection) as written:
            done = carried_out(row, operator)
        assert done.new + done.changed == many
        return len(looked), len(written)

    first = [statements(many, "茶") for many in (2, 12)]
    changed = [statements(many, "好茶") for many in (2, 12)]

    assert first[0] == first[1] and changed[0] == changed[1]


def test_columns_when_read_in_any_language_then_no_heading_is_two_columns():
    for one in headings.COLUMNS:
        others = [column for column in headings.COLUMNS if column is not one]
        for other in others:
            assert one.known() & other.known() == set(), (one.name, other.name)
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            assert len(set(export.header())) == len(headings.COLUMNS)


def test_pages_when_a_file_is_brought_then_they_lead_from_the_look_to_the_way_back(
    client, operator, mug
):
    client.force_login(operator)
    sent = {"file": SimpleUploadedFile("goods.csv", GOODS)}
    bad = {"file": SimpleUploadedFile("goods.csv", b"a,b\n1,2\n")}

    refused = client.post(reverse("admin:catalog_goodsimport_upload"), bad)
    page = client.post(reverse("admin:catalog_goodsimport_upload"), sent)["Location"]
    looked = client.get(page)
    all_told = client.get(f"{page.removesuffix('change/')}findings/")
    client.post(page, {"import": "1", "version": looked.context["version"]})
    waiting = client.get(page)
    tasks.import_goods()
    done = client.get(page)
    client.post(page, {"undo": "1"})
    tasks.import_goods()

    assert refused.status_code == 400 and refused.context["form"].errors["file"]
    assert looked.context["may_import"] == 2 and not looked.context["may_undo"]
    assert len(b"".join(all_told.streaming_content).decode().splitlines()) == 6
    assert waiting.context["row"].is_under_way and done.context["may_undo"]
    assert not client.get(page).context["may_undo"]
    assert GoodsImport.objects.get().undone_at
    table_of = client.post(
        reverse("admin:catalog_goodsimport_write_out"), {"format": "csv", "status": "on"}
    )
    assert len(b"".join(table_of.streaming_content).decode().splitlines()) == 3


def test_pages_when_all_of_a_file_is_refused_then_it_is_not_said_that_nothing_is_to_do(
    client, operator, mug
):
    client.force_login(operator)
    client.cookies["mall_language"] = "en"
    bad = b"product,name,kind\nT1,Tea,a kind\nT2,Cup,no kind\n"

    sent = {"file": SimpleUploadedFile("goods.csv", bad)}
    looked = client.get(client.post(reverse("admin:catalog_goodsimport_upload"), sent)["Location"])

    assert GoodsImport.objects.get().refused == 2
    assert "2 entries were refused and are named below" in looked.content.decode()
    assert "nothing to do" not in looked.content.decode()


def test_pages_when_somebody_may_not_change_goods_then_they_bring_none(client, operator, mug):
    operator.groups.clear()
    client.force_login(operator)

    answers = [
        client.get(reverse(f"admin:catalog_goodsimport_{page}")).status_code
        for page in ("changelist", "upload", "write_out")
    ]

    assert answers == [403, 403, 403]


@pytest.mark.parametrize("missing", ["change_sku", "add_sku", "change_stock", "add_category"])
def test_pages_when_somebody_may_not_do_by_hand_what_a_file_does_then_they_bring_none(
    client, operator, mug, missing
):
    operator.groups.clear()
    theirs = Permission.objects.filter(content_type__app_label="catalog")
    operator.user_permissions.set(theirs.exclude(codename=missing))
    client.force_login(operator)
    file = {"file": SimpleUploadedFile("goods.csv", GOODS), "makes_categories": "on"}

    answer = client.post(reverse("admin:catalog_goodsimport_upload"), file)

    assert answer.status_code == 403
    assert not GoodsImport.objects.exists()


def test_command_when_rows_are_refused_then_named_and_the_status_says_so(
    operator, mug, tmp_path, capsys
):
    file = tmp_path / "goods.csv"
    file.write_bytes(GOODS)

    for dry_run in (True, False):
        command = Command()
        call_command(command, str(file), by=operator.username, dry_run=dry_run)
        said = capsys.readouterr()
        assert not command.is_complete  # then it exits with 1
        assert "new=1 changed=1 known=0 refused=3" in said.out
        assert len(re.findall(r"^line \d+, product T-[234]", said.err, re.MULTILINE)) == 3
        assert Product.objects.filter(code="T-1").exists() is not dry_run
    with pytest.raises(CommandError):
        call_command("import_goods", str(tmp_path / "none.csv"), by=operator.username)


@pytest.mark.parametrize("content", [b"", b"product\n", b"name,stock\nx,1\n", b"%PDF-1.4"])
def test_goods_when_the_file_is_no_table_of_goods_then_refused(operator, content):
    with pytest.raises(UnreadableTable):
        brought(content, operator)

    assert not GoodsImport.objects.exists()


@pytest.mark.long
@pytest.mark.once(on="mariadb")
@pytest.mark.timeout(1200)
def test_goods_when_there_are_five_thousand_then_all_come_in_and_go_out_and_change_nothing(
    operator, tea, capsys
):
    rows = [
        [f"P-{n}", f"商品 {n}", "食品/茶", "points", f"P-{n}-{k}", f"{k}", n + 1, "", 7, "on"]
        for n in range(5_000)
        for k in range(2)
    ]
    for number in range(0, 5_000, 500):
        rows[2 * number][6] = "dear"
    began, file = time.process_time(), io.BytesIO()

    row = brought(table(*rows), operator)
    looked = time.process_time()
    done = carried_out(row, operator)
    written = time.process_time()
    export.write_table(file, Product.objects.all(), workbook=True)
    out = time.process_time()
    again = brought(file.getvalue(), operator)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    with capsys.disabled():
        sys.stdout.write(
            f"look {looked - began:.1f} s, write {written - looked:.1f} s, "
            f"out {out - written:.1f} s, again {time.process_time() - out:.1f} s of CPU; "
            f"at most {most} MiB\n"
        )

    assert (counts(row), counts(done)) == ((4_990, 0, 0, 10), (4_990, 0, 0, 10))
    assert [key for key in told(done) if key.endswith("500")] == ["P-500", "P-1500", "P-2500",
                                                                  "P-3500", "P-4500"]  # fmt: skip
    assert (counts(again), Sku.objects.count()) == ((0, 0, 4_990, 0), 9_980)
    assert most < 1_000
