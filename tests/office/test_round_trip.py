"""What we write, opened and saved by the real LibreOffice Calc: the same values, and what has an
import door comes in as it went out.
"""

import csv
import io
import shutil
import subprocess
from decimal import Decimal, InvalidOperation

import pytest

from catalog import stock_file
from catalog.goods_file import export, imports
from catalog.models import Product
from mall.core import audit
from mall.core.tables import cells, reader, sheets, texts, writer
from marketing.analytics import period, reports
from points import ledger, rules
from tests.factories.catalog import ProductFactory, SkuFactory
from tests.factories.points import member_with

pytestmark = [pytest.mark.django_db, pytest.mark.office]

UTF_8, GB_18030 = 76, 85  # as LibreOffice numbers character sets
CHINESE, ENGLISH = 2052, 1033
ODD = (
    "=1+1", "+5", "-5", "@x", "0012", "202511281234567890", "3-5", "1/2", "1.2.3", "1E5", "12:30",
    "5pm", "50%", "1,000", "(5)", "Mar 5", "3月5日", "TRUE", "¥5", "'tis", "'5", "1.10", "１２-３",
    '杯子, "白"', "2027-10-31: 10",
    "1 1/2", "1 E5", "5$", "5 -", "November 28, 2026", "####",
)  # fmt: skip


def read_as(language):
    """Commas, double quotes, UTF-8, from line 1; numbers that are special in a language are
    found.
    """
    return f"--infilter=CSV:44,34,{UTF_8},1,,{language},false,true"


def written_as(charset):
    return f"csv:Text - txt - csv (StarCalc):44,34,{charset},1,,{CHINESE},false,true"


@pytest.fixture(scope="module")
def calc(tmp_path_factory):
    """Return a function that has Calc convert files, all in one start, into a folder of its own."""
    program = shutil.which("soffice")
    assert program, "LibreOffice Calc is missing: apt-get install libreoffice-calc-nogui"
    home = tmp_path_factory.mktemp("office")

    def convert(paths, to, *options):
        folder = home / f"{len(list(home.iterdir()))}"
        command = [program, "--headless", f"-env:UserInstallation=file://{home}/profile", *options]
        subprocess.run(
            [*command, "--convert-to", to, "--outdir", folder, *paths],
            check=True,
            capture_output=True,
            timeout=120,
        )
        return sorted(folder.iterdir())

    return convert


def rows_of(content):
    file = io.BytesIO(content)
    if reader.is_workbook(file):
        found = [row for _line, row in sheets.records(file)]
    else:
        found = list(csv.reader(io.StringIO(content.decode(texts.encoding_of(file)), newline="")))
    return [[cells.bare(text) for text in row] for row in found]


def same(row):
    """Numbers count by their value: a spreadsheet writes 1.50 as 1.5."""

    def value(text):
        try:
            return Decimal(text) if text[:1] != "0" or text[:2] in ("0", "0.") else text
        except InvalidOperation:
            return text

    return [value(text) for text in row]


@pytest.fixture
def tables(client, admin_client):
    """Return every table the shop hands out as {name: (CSV, workbook)}."""
    member = member_with()
    for number, text in enumerate(ODD):
        ledger.accrue(member.pk, points=5, key=f"gift:{number}", description=text)
        audit.note(None, "orders.ship", target="order:1", reason=text)
        SkuFactory(product=ProductFactory(name_zh_hans=text), name_zh_hans=text, stock=3)
    ledger.spend(member.pk, points=7, key="sale", reference="sale")
    rules.award(member.pk, "login", key="login:1")
    client.force_login(member)
    pages = {
        "statement": (client, "/points/statement.csv", "/points/statement.csv?format=xlsx"),
        "stock": (
            admin_client, "/admin/catalog/sku/export-stock/", "/admin/catalog/sku/export-workbook/"
        ),
        "audit": (
            admin_client,
            "/admin/mall/auditrow/download/",
            "/admin/mall/auditrow/download-workbook/",
        ),
    }  # fmt: skip
    for name, work_out in reports.REPORTS.items():
        for table in work_out(period.latest()).tables:
            page = f"/admin/reports/{name}/?csv={table.name}"
            pages[f"{name}-{table.name}"] = (admin_client, page, f"{page}&format=xlsx")
    found = {
        name: tuple(b"".join(who.get(address).streaming_content) for address in addresses)
        for name, (who, *addresses) in pages.items()
    }
    return {**found, "goods": (goods(workbook=False), goods(workbook=True))}


def goods(*, workbook):
    """All products as the table that is brought again."""
    file = io.BytesIO()
    export.write_table(file, Product.objects.all(), workbook=workbook)
    return file.getvalue()


@pytest.fixture
def filled_in(tables):
    """Return the stock file as somebody filled it in, as CSV and as a workbook."""
    table = rows_of(tables["stock"][0])
    for number, row in enumerate(table[1:], 1):
        row[4:] = number, ("备注 0012", "0012", "SF20261128")[number % 3]
    file = io.BytesIO()
    writer.write_workbook(file, table[0], table[1:])
    return "".join(writer.as_csv(table[0], table[1:])).encode(), file.getvalue()


def test_tables_when_calc_opens_and_saves_them_then_every_value_is_the_same(
    calc, tables, filled_in, operator, tmp_path
):
    changes = stock_file.read(filled_in[0])
    tables["filled"] = filled_in
    for name, (text, workbook) in tables.items():
        (tmp_path / f"{name}.csv").write_bytes(text)
        (tmp_path / f"{name}.xlsx").write_bytes(workbook)
    plain, workbooks = sorted(tmp_path.glob("*.csv")), sorted(tmp_path.glob("*.xlsx"))

    saved = [
        *calc(plain, written_as(UTF_8), read_as(CHINESE)),
        *calc(plain, written_as(GB_18030), read_as(ENGLISH)),
        *calc(plain, "xlsx", read_as(CHINESE)),
        *calc(workbooks, written_as(UTF_8)),
    ]

    assert len(saved) == 4 * len(tables) > 40
    for path in saved:
        went_out, came_back = rows_of(tables[path.stem][0]), rows_of(path.read_bytes())
        assert [same(row) for row in came_back] == [same(row) for row in went_out], path
    assert {text for row in rows_of(tables["statement"][0]) for text in row} >= set(ODD)
    assert {row.note for row in changes.rows} == {"备注 0012", "0012", "SF20261128"}
    for path in saved:
        assert path.stem != "filled" or stock_file.read(path.read_bytes()) == changes, path
        if path.stem == "goods":
            row = imports.look_through(path.open("rb"), name="g", operator=operator, saves=False)
            is_lost = path.suffix == ".csv" and row.refused  # "####" reads as a cell without value
            assert (row.known, row.changed) == (len(ODD) - bool(is_lost), 0), path
