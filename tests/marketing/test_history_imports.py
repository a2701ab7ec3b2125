"""Files of earlier orders brought by the back office: looked over, read otherwise, let in by one of
two colleagues, imported by the sweep, the same again.
"""

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from mall.core import clock
from mall.core.models import AuditRow
from marketing import tasks
from marketing.analytics import history, history_imports
from marketing.models import HistoryImport, HistoryOrder

pytestmark = pytest.mark.django_db
SAMPLES = Path(__file__).parent.parent / "data" / "history"
HEADER = "order_no,ordered_at,customer,sku,product,category,quantity,unit_price,status\n"
LIST = "/admin/marketing/historyimport/"


@pytest.fixture
def clerk_of(client):
    """clerk_of(role) -> a browser signed in as staff of that role, in English."""

    def signed_in(role):
        clerk = get_user_model().objects.create_user(
            f"clerk-{role}", f"{role}@example.com", "a-long-test-password", is_staff=True
        )
        clerk.groups.add(Group.objects.get(name=role))
        client.force_login(clerk)
        client.cookies["mall_language"] = "en"
        return client

    return signed_in


def brought(browser, content, name="orders.csv"):
    """Upload a file; returns (the answer, the newest kept file)."""
    file = SimpleUploadedFile(name, content)
    answer = browser.post(f"{LIST}upload/", {"file": file}, follow=True)
    return answer, HistoryImport.objects.order_by("-pk").first()


def page_of(row):
    return f"{LIST}{row.pk}/change/"


def filled_in(answer, **changed):
    """Return what the form of a page would post."""
    form = answer.context["form"]
    asked = {name: form[name].value() for name in form.fields}
    asked = {
        name: value for name, value in {**asked, **changed}.items() if value not in (False, None)
    }
    return {**asked, "version": answer.context["version"]}


def test_page_when_a_file_is_brought_then_looked_over_let_in_imported_and_the_same_changes_nothing(
    clerk_of,
):
    operator, content = clerk_of("operator"), (SAMPLES / "taobao_items.csv").read_bytes()

    looked, row = brought(operator, content, "淘宝.csv")
    assert HistoryOrder.objects.count() == 0
    assert (row.reading["platform"], row.rows, row.new, row.people, row.dropped) == (
        "taobao",
        4,
        2,
        2,
        1,
    )
    text = looked.content.decode()
    assert "Import 2 orders" in text and "3012345678901234567" in text and "BRUSH" in text
    assert "the order is not over yet" in text

    asked = {"import": "1", "version": looked.context["version"]}
    waiting = operator.post(page_of(row), asked, follow=True).content.decode()
    twice = operator.post(page_of(row), asked, follow=True).content.decode()
    assert "Waiting for its turn" in waiting and 'http-equiv="refresh"' in waiting
    assert "This file is at another step by now." in twice

    assert tasks.import_history() == {"files": 1} and tasks.import_history() == {"files": 0}
    done = operator.get(page_of(row)).content.decode()
    row.refresh_from_db()
    assert (row.status, row.new, row.known, row.dropped, bytes(row.content), row.sample) == (
        "done", 2, 0, 1, b"", [],
    )  # fmt: skip
    assert "Imported" in done and "refresh" not in done and HistoryOrder.objects.count() == 2
    told = operator.get(f"{LIST}{row.pk}/findings/")
    rows = list(csv.reader(io.StringIO(b"".join(told).decode("utf-8-sig"))))
    assert [line[0] for line in rows] == ["Line", "5"] and "not over yet" in rows[1][3]
    assert AuditRow.objects.get(action="history.import").after == {"orders": 2, "left_out": 1}

    again, second = brought(operator, content.decode("gb18030").encode("utf-16"), "again.txt")
    assert (second.new, second.known) == (0, 2) and "Import 2 orders" not in again.content.decode()
    refused = operator.post(
        page_of(second), {"import": "1", "version": again.context["version"]}, follow=True
    )
    assert "nothing to import" in refused.content.decode()
    assert operator.get(LIST).status_code == 200


def test_page_when_headings_and_words_are_unknown_then_said_by_hand_and_a_colleague_notices(
    clerk_of,
):
    operator = clerk_of("operator")
    rows = (
        "号,when,who,code,qty,each,state",
        "N1,2026/5/1 9:58,Lin,T,1,2,好了",
        "N2,2026-05-02,Wu,T,1,2,算了",
    )

    looked, row = brought(operator, "\n".join(rows).encode("gb18030"))
    assert "missing: order_no" in looked.content.decode() and row.new == 0
    names = {"order_no": "号", "ordered_at": "when", "customer": "who", "sku": "code"}
    names |= {"quantity": "qty", "unit_price": "each", "status": "state"}
    columns = operator.post(page_of(row), filled_in(looked, look="1", **names), follow=True)
    assert "say which one it is" in columns.content.decode()

    said = {"word_0": "completed", "word_1": "open"}
    words = operator.post(page_of(row), filled_in(columns, look="1", **said), follow=True)
    late = operator.post(
        page_of(row), {"import": "1", "version": columns.context["version"]}, follow=True
    )
    row.refresh_from_db()

    assert (row.new, row.dropped, row.problem) == (1, 1, "")
    assert "Import 1 order<" in words.content.decode()
    assert "This was changed while you were reading it" in late.content.decode()
    assert row.status == "checked"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b" \n", "There is nothing in this file."),
        (b"%PDF-1.7 of orders", "This is a PDF."),
        (b"\xd0\xcf\x11\xe0 old", "old Excel file"),
        (f'{HEADER}A1,"Lin'.encode(), "perhaps a quotation mark"),
    ],
)
def test_page_when_the_file_is_no_table_then_one_sentence_stands_by_the_field(
    clerk_of, content, sentence
):
    answer, _row = brought(clerk_of("operator"), content)

    text = answer.content.decode()
    assert sentence in text
    assert not HistoryImport.objects.filter(problem="").exists()


def test_page_when_a_refused_row_holds_a_line_separator_then_told_whole(clerk_of):
    browser = clerk_of("operator")
    rows = "A\u2028B,2026-05-01 10:00:00,x\x85y,S,P,C,0,5,completed\n"

    answer, row = brought(browser, f"{HEADER}{rows}{rows}".encode())

    assert (answer.status_code, answer.context["findings_more"]) == (200, 0)
    assert [no for _line, no, *_rest in answer.context["findings"]] == ["A\u2028B"] * 2
    assert browser.get(f"{LIST}{row.pk}/findings/").status_code == 200


def test_page_when_a_role_may_only_look_then_nothing_is_brought_or_let_in(clerk_of):
    _answer, row = brought(clerk_of("operator"), (SAMPLES / "shopify_native.csv").read_bytes())

    auditor = clerk_of("auditor")

    assert auditor.get(page_of(row)).status_code == 200
    assert 'name="import"' not in auditor.get(page_of(row)).content.decode()
    assert auditor.post(page_of(row), {"import": "1", "version": row.version}).status_code == 403
    assert auditor.get(f"{LIST}upload/").status_code == 403
    assert clerk_of("shopper").get(page_of(row)).status_code == 403
    assert HistoryImport.objects.get().status == "checked"


def test_import_when_a_worker_died_then_the_next_goes_on_and_counts_all(operator):
    rows = [f"A{n},2026-05-01,Lin,T,,,1,1,completed\n" for n in range(4)]
    with translation.override("en"):
        row = history_imports.bring(
            "".join([HEADER, *rows]).encode(), name="a.csv", operator=operator
        )
        history_imports.let_in(row, operator=operator, read=row.version)
    history.import_orders("".join([HEADER, *rows[:3]]).encode(), on_bad=print)
    past = clock.now() - timedelta(minutes=1)
    HistoryImport.objects.update(status="running", new=3, attempts=1, claimed_until=past)

    assert history_imports.carry_on() == 1

    row.refresh_from_db()
    assert (row.status, row.new, row.known, row.attempts) == ("done", 4, 0, 2)
    HistoryImport.objects.update(status="running", attempts=3, claimed_until=past)
    assert history_imports.carry_on() == 0
    row.refresh_from_db()
    assert (row.status, row.problem) == ("failed", "It was tried three times and broke off.")


def test_import_when_nobody_lets_a_file_in_then_it_goes_after_a_week(operator):
    content = (SAMPLES / "shopify_native.csv").read_bytes()
    row = history_imports.bring(content, name="a.csv", operator=operator)
    HistoryImport.objects.update(made_at=clock.now() - timedelta(days=8))

    history_imports.carry_on()

    assert not HistoryImport.objects.filter(pk=row.pk).exists()
