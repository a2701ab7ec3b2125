"""Orders on paper and as a file."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from mall.core.models import AuditRow
from orders.models import DispatchFile
from tests.factories.orders import HOME
from tests.orders.dispatch.test_files import bring

pytestmark = pytest.mark.django_db
LIST = reverse("admin:orders_order_changelist")


def chosen(orders, action, **said):
    return {"action": action, "_selected_action": [order.pk for order in orders], **said}


def test_export_when_columns_are_chosen_then_remembered_written_down_and_read_back(
    counter, waiting_orders, operator
):
    orders = waiting_orders(2)
    columns = ["no", "recipient", "phone", "carrier", "tracking_number"]
    said = {"columns": columns, "format": "csv", "told": "2"}

    asked = counter.post(LIST, chosen(orders, "export_orders"))
    answer = counter.post(LIST, chosen(orders, "export_orders", **said))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    again = counter.post(LIST, chosen(orders, "export_orders"))
    none = counter.post(LIST, chosen(orders, "export_orders", format="csv", told="2"))
    bring(counter, text.replace(",,", ",sf,S1").replace("\r\n", "\n"))

    assert asked.context["form"].initial["columns"][0] == "no"
    assert [line.split(",")[:2] for line in text.splitlines()[1:]] == [
        [order.no, HOME["recipient"]] for order in orders
    ]
    assert again.context["form"].initial["columns"] == columns
    assert (none.status_code, list(none.context["form"].errors)) == (400, ["columns"])
    told = AuditRow.objects.get(action="orders.export")
    assert (told.actor, told.after) == (
        f"staff:{operator.pk}",
        {"orders": 2, "columns": columns},
    )


def test_export_when_the_reader_may_not_see_people_then_no_such_column(
    client, other_member, waiting_orders
):
    orders = waiting_orders(1)
    other_member.is_staff = True
    other_member.save()
    other_member.groups.add(Group.objects.get(name="auditor"))
    client.force_login(other_member)
    said = {"columns": ["no", "phone"], "format": "xlsx", "told": "1"}

    refused = client.post(LIST, chosen(orders, "export_orders", **said))
    slips = client.post(LIST, chosen(orders, "print_slips"))

    assert refused.status_code == 400 and "columns" in refused.context["form"].errors
    assert HOME["phone"] not in slips.content.decode()
    assert not AuditRow.objects.filter(action__in=["orders.export", "orders.print_slips"]).exists()


def test_slips_when_printed_then_a_page_a_parcel_and_what_to_pick(
    counter, waiting_orders, other_member
):
    mine, theirs = waiting_orders(2), waiting_orders(1, other_member)

    page = counter.post(LIST, chosen([*mine, *theirs], "print_slips"))

    text = page.content.decode()
    assert len(page.context["slips"]) == 2
    assert text.count("<svg") == 3 and all(order.no in text for order in [*mine, *theirs])
    assert sum(pieces for _product, _sku, pieces in page.context["picks"]) == 3
    assert len(AuditRow.objects.get(action="orders.print_slips").after["orders"]) == 3
    assert not DispatchFile.objects.exists()
