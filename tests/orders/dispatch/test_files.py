"""Files of tracking numbers: looked over, let in, and harmless when brought again."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from xlsxwriter import Workbook

from mall.core import file_jobs
from orders import tasks
from orders.dispatch import labels
from orders.models import DispatchFile, Shipment

pytestmark = pytest.mark.django_db
UPLOAD = "admin:orders_dispatchfile_upload"


def bring(counter, text, **said):
    file = SimpleUploadedFile("numbers.csv", text.encode())
    return counter.post(reverse(UPLOAD), {"file": file, **said})


def test_file_when_brought_let_in_and_brought_again_then_each_order_is_sent_once(
    counter, waiting_orders
):
    counter.cookies["mall_language"] = "en"
    one, two, three = waiting_orders(3)
    text = "订单号,快递公司,运单号\n"
    text += f"{one.no},中通快递,ZT1\n{two.no.lower()},sf,SF2\n{three.no},鸽子,P3\n"
    text += f"NOSUCH,sf,SF4\n{one.no},,\n,sf,SF5\n"

    looked = counter.get(bring(counter, text)["Location"])
    left_out = counter.get(looked.context["findings_url"])
    before = Shipment.objects.count()
    row = DispatchFile.objects.get()
    counter.post(reverse("admin:orders_dispatchfile_change", args=[row.pk]))
    done = tasks.send_dispatch_files()
    after = DispatchFile.objects.get()
    counter.post(bring(counter, text)["Location"])
    again = DispatchFile.objects.first()

    assert (row.rows, row.new, row.known, row.refused, before) == (5, 2, 0, 3, 0)
    assert looked.context["may_send"] == 2
    assert looked.context["remarks"] == ["Rows without a tracking number are passed over: 6"]
    assert looked.context["findings_url"] in looked.content.decode()
    assert len(b"".join(left_out.streaming_content).decode().splitlines()) == 4
    assert [[*told[:2]] for told in looked.context["findings"]] == [
        [4, three.no],
        [5, "NOSUCH"],
        [7, ""],
    ]
    assert (done, after.status, after.new, after.refused) == (1, "done", 2, 3)
    assert bytes(after.content) == b"" and len(list(file_jobs.findings_of(after))) == 3
    assert list(Shipment.objects.values_list("tracking_number", "carrier_code")) == [
        ("ZT1", "zto"),
        ("SF2", "sf"),
    ]
    assert (again.status, again.new, again.known) == ("checked", 0, 2)
    assert tasks.send_dispatch_files() == 0
    assert Shipment.objects.count() == 2


def test_file_when_one_parcel_is_merged_over_orders_then_each_is_sent_and_the_rest_is_told(
    counter, waiting_orders
):
    counter.cookies["mall_language"] = "en"
    one, two = waiting_orders(2)
    file = io.BytesIO()
    with Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row("A1", ["订单号", "快递公司", "运单号（必填）", "拣货员"])
        sheet.write_column("A2", [one.no, two.no])
        sheet.merge_range("B2:B3", "中通快递")
        sheet.merge_range("C2:C3", "ZT1")
        sheet.write("D2", "小王")
    content = SimpleUploadedFile("numbers.xlsx", file.getvalue())

    looked = counter.get(counter.post(reverse(UPLOAD), {"file": content})["Location"])

    assert looked.context["may_send"] == 2
    assert "Columns that are not read: 拣货员" in looked.content.decode()
    assert looked.context["findings"] == []
    counter.post(looked.request["PATH_INFO"])
    tasks.send_dispatch_files()
    assert list(Shipment.objects.values_list("tracking_number", flat=True)) == ["ZT1", "ZT1"]
    done = counter.get(looked.request["PATH_INFO"])
    assert done.context["remarks"] == ["Columns that are not read: 拣货员"]


def test_file_when_it_has_a_row_for_each_of_an_orders_goods_then_sent_once_and_others_refused(
    counter, waiting_orders
):
    one, two = waiting_orders(2)
    text = f"no,carrier,tracking_number\n{one.no},sf,SF1\n{one.no},sf,sf1\n{one.no},sf,SF1\n"
    text += f"{two.no},sf,SF2\n{two.no},sf,SF3\n"

    looked = counter.get(bring(counter, text)["Location"])
    counter.post(looked.request["PATH_INFO"])
    tasks.send_dispatch_files()

    row = DispatchFile.objects.get()
    assert [told[0] for told in looked.context["findings"]] == [6]
    assert (row.rows, row.new, row.known, row.refused) == (5, 2, 2, 1)
    assert list(Shipment.objects.values_list("tracking_number", flat=True)) == ["SF1", "SF2"]


def test_file_when_all_of_it_is_refused_then_it_is_not_said_that_nothing_is_to_do(counter):
    counter.cookies["mall_language"] = "en"

    looked = counter.get(bring(counter, "订单号,快递公司,运单号\nNOSUCH,sf,SF4\n")["Location"])

    assert "1 entry was refused and is named below" in looked.content.decode()
    assert "nothing to do" not in looked.content.decode()


def test_file_when_a_try_broke_off_then_the_next_one_finishes_and_counts_right(
    counter, waiting_orders, operator
):
    one, two = waiting_orders(2)
    bring(counter, f"no,carrier,tracking_number\n{one.no},sf,S1\n{two.no},sf,S2\n")
    row = DispatchFile.objects.get()
    counter.post(reverse("admin:orders_dispatchfile_change", args=[row.pk]))
    labels.send([labels.Label(one.no, "sf", "S1")], actor=f"staff:{operator.pk}")
    DispatchFile.objects.update(status="running", new=1, claimed_until="2020-01-01T00:00Z")

    tasks.send_dispatch_files()

    row.refresh_from_db()
    assert (row.status, row.new, row.known, row.refused) == ("done", 2, 0, 0)


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "%PDF-1.4", ""])
def test_file_when_it_is_no_table_of_numbers_then_said_beside_the_field(counter, text):
    answer = bring(counter, text)

    assert answer.status_code == 400
    assert answer.context["form"].errors["file"]
    assert not DispatchFile.objects.exists()
