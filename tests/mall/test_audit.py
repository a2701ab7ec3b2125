"""The audit log: written with the act, never changed, read by auditors, taken along as CSV."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.urls import reverse

from mall.core import audit, export
from mall.core.append_only import AppendOnlyError
from mall.core.models import AuditRow
from mall.core.tables import writer

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(client, member):
    member.is_staff = True
    member.save(update_fields=["is_staff"])
    member.groups.add(Group.objects.get(name="auditor"))
    client.force_login(member)
    return member


def cells_of(answer):
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_note_when_an_operator_acts_then_row_says_who_what_why_and_the_change(operator, member):
    row = audit.note(
        operator,
        "points.adjust",
        target=member,
        reason="late parcel",
        before={"points": 10},
        after={"points": 15, "on": date(2026, 11, 20)},
    )

    row.refresh_from_db()
    assert (row.actor, row.actor_name, row.action) == (
        f"staff:{operator.pk}",
        "operator",
        "points.adjust",
    )
    assert (row.target, row.target_name, row.reason) == (
        f"accounts.user:{member.pk}",
        str(member),
        "late parcel",
    )
    assert (row.before, row.after) == ({"points": 10}, {"points": 15, "on": "2026-11-20"})


def test_note_when_the_act_is_undone_then_no_row_stays(operator):
    with transaction.atomic():
        audit.note(operator, "orders.ship", target="order:1")
        transaction.set_rollback(True)

    assert not AuditRow.objects.exists()


def test_note_when_row_is_written_then_nobody_changes_or_deletes_it():
    row = audit.note(None, "points.freeze", target="account:1")

    for act in (
        row.save,
        row.delete,
        AuditRow.objects.all().delete,
        lambda: AuditRow.objects.update(reason=""),
    ):
        with pytest.raises(AppendOnlyError):
            act()
    assert AuditRow.objects.get().actor == "system"


def test_note_when_amounts_and_words_are_noted_then_kept_as_text():
    row = audit.note(
        None, "orders.refund", target="order:1", after={"cash": Decimal("12.50"), "lines": [1, {2}]}
    )

    row.refresh_from_db()
    assert row.after == {"cash": "12.50", "lines": [1, [2]]}


def test_log_when_an_auditor_reads_then_filters_search_and_csv_agree(client, auditor, operator):
    for action in ("points.adjust", "orders.ship"):
        audit.note(operator, action, target="order:1", reason="=HYPERLINK(1)")
    audit.note(None, "points.freeze", target="account:1")

    page = client.get(
        reverse("admin:mall_auditrow_changelist"), {"actor_name": "operator", "q": "ship"}
    )
    file = client.get(reverse("admin:mall_auditrow_download"), {"actor_name": "operator"})

    assert [row.action for row in page.context["cl"].result_list] == ["orders.ship"]
    header, *rows = cells_of(file)
    assert [row[3] for row in rows] == ["orders.ship", "points.adjust"]
    assert {row[6] for row in rows} == {"'=HYPERLINK(1)"}


def test_log_when_opened_then_shown_and_not_editable(client, auditor, operator):
    row = audit.note(
        operator, "rules.edit", target=operator, before={"points": 5}, after={"points": 6}
    )
    address = reverse("admin:mall_auditrow_change", args=[row.pk])

    assert "5 → 6" in client.get(address).content.decode()
    assert client.post(address, {"reason": "none"}).status_code == 403
    assert client.get(reverse("admin:mall_auditrow_add")).status_code == 403


def test_log_when_an_operator_without_the_right_asks_then_refused(client, operator):
    client.force_login(operator)

    for name in ("changelist", "download"):
        assert client.get(reverse(f"admin:mall_auditrow_{name}")).status_code == 403


@pytest.mark.parametrize("rows", [1, 3])
def test_log_when_listed_then_query_count_does_not_grow(
    client, auditor, operator, rows, django_assert_num_queries
):
    for _ in range(rows):
        audit.note(operator, "orders.ship", target=operator)

    with django_assert_num_queries(6):
        client.get(reverse("admin:mall_auditrow_changelist"))


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-x", "'-x"),
        ("@a", "'@a"),
        ("\tb", "'\tb"),
        ("plain", "plain"),
        (-5, -5),
        (Decimal("-1.50"), "-1.50"),
        (None, ""),
    ],
)
def test_cell_when_a_spreadsheet_would_run_it_then_quoted(value, cell):
    assert writer.cell(value) == cell


def test_csv_response_when_rows_are_told_then_a_file_with_mark_name_and_length():
    answer = export.csv_response("图表", ["a", "b"], ([n, "x,y"] for n in range(2)))

    assert "filename*=utf-8''" in answer["Content-Disposition"] and answer["Content-Length"] == "26"
    assert answer.getvalue() == '\ufeffa,b\r\n0,"x,y"\r\n1,"x,y"\r\n'.encode()
