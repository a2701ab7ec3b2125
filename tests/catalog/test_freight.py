"""What carrying costs: the arithmetic by a golden table, and the doors operators write it by."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from catalog import freight
from catalog.freight import Load, Template, Terms
from catalog.models import FreightRegion, FreightTemplate
from mall.core.models import AuditRow
from tests.factories.freight import sku_by, template

LIST = "/api/v1/staff/freight-templates"
D = Decimal


def by(first, fee, more, each, **free):
    return Terms(first, D(fee), more, D(each), **free)


# terms, grams or pieces, yuan of goods -> fee
PIECES = by(1, "6.00", 1, "2.00")
WEIGHT = by(1000, "8.00", 500, "1.50")
GOLDEN = [
    (PIECES, 1, "0", "6.00"),
    (PIECES, 2, "0", "8.00"),
    (PIECES, 99, "0", "202.00"),
    (by(3, "6.00", 2, "1.00"), 3, "0", "6.00"),
    (by(3, "6.00", 2, "1.00"), 4, "0", "7.00"),
    (by(3, "6.00", 2, "1.00"), 5, "0", "7.00"),
    (by(3, "6.00", 2, "1.00"), 6, "0", "8.00"),
    (WEIGHT, 0, "0", "8.00"),
    (WEIGHT, 999, "0", "8.00"),
    (WEIGHT, 1000, "0", "8.00"),
    (WEIGHT, 1001, "0", "9.50"),
    (WEIGHT, 1500, "0", "9.50"),
    (WEIGHT, 1501, "0", "11.00"),
    (WEIGHT, 3337, "0", "15.50"),
    (by(1, "0.00", 1, "0.01"), 101, "0", "1.00"),
    (by(1, "8.00", 1, "0.00"), 50, "0", "8.00"),
    (replace(PIECES, free_from_cash=D("99.00")), 1, "98.99", "6.00"),
    (replace(PIECES, free_from_cash=D("99.00")), 1, "99.00", "0.00"),
    (replace(PIECES, free_from_cash=D("99.00")), 1, "99.01", "0.00"),
    (replace(PIECES, free_from_pieces=3), 2, "0", "8.00"),
    (replace(PIECES, free_from_pieces=3), 3, "0", "0.00"),
    (replace(PIECES, free_from_pieces=3), 4, "0", "0.00"),
    (by(1, "999999.99", 1, "999999.99"), 1_980, "0", "999999.99"),
]


@pytest.mark.parametrize(("terms", "units", "cash", "fee"), GOLDEN)
def test_fee_when_loaded_then_as_the_table_says(terms, units, cash, fee):
    is_by_weight = terms.first_units == 1000
    template = Template(1, "t", is_by_weight, terms, {})
    load = Load(1, units, D(cash)) if is_by_weight else Load(units, 7, D(cash))

    assert template.fee_at("310106", load) == D(fee)


def test_terms_at_when_a_city_differs_from_its_province_then_the_smaller_counts():
    far, city = by(1, "20.00", 1, "0.00"), by(1, "12.00", 1, "0.00")
    places = {"650000": far, "650100": city, "540000": None}
    made = Template(1, "t", False, PIECES, places)

    fees = [made.fee_at(place, Load(1)) for place in ("650102", "650400", "540102", "310106", "")]

    assert fees == [D("12.00"), D("20.00"), None, D("6.00"), D("6.00")]
    assert made.least_fee(Load(1)) == D("6.00")


# --- the back office -------------------------------------------------------------------
@pytest.fixture
def back_room(client, admin_user):
    client.force_login(admin_user)
    return client


def sent(row=None, regions=(), **changes):
    """What the page of a template sends."""
    form = {
        "name": "Parcels", "charged_by": "weight", "delivers": "on",
        "first_units": "1000", "first_fee": "8.00", "more_units": "500", "more_fee": "1.50",
        "free_from_cash": "", "free_from_pieces": "",
        "regions-TOTAL_FORMS": str(len(regions)), "regions-INITIAL_FORMS": "0",
        "regions-MIN_NUM_FORMS": "0", "regions-MAX_NUM_FORMS": "1000",
        **changes,
    }  # fmt: skip
    for number, (places, fee) in enumerate(regions):
        told = {
            "places": places, "first_units": "1000", "first_fee": fee or "0", "more_units": "1000",
            "more_fee": fee or "0", "free_from_cash": "", "free_from_pieces": "", "id": "",
            "template": "",
        }  # fmt: skip
        told |= {"delivers": "on"} if fee else {}
        form |= {f"regions-{number}-{name}": value for name, value in told.items()}
    return form


@pytest.mark.django_db
def test_template_when_written_in_the_back_office_then_tried_exported_and_one_default(back_room):
    add, listed = (
        reverse(f"admin:catalog_freighttemplate_{page}") for page in ("add", "changelist")
    )
    before = template("Old", first_fee="1.00", is_default=True)

    page = back_room.post(
        add, sent(regions=[("新疆, Tibet，内蒙古", "20.00"), ("香港", "")], is_default="on")
    )

    row = FreightTemplate.objects.get(name="Parcels")
    tried = {}
    for place in ("新疆", "香港", "江苏省苏州市", "朝阳区"):
        asked = {"place": place, "pieces": 1, "grams": 3000, "cash": "0"}
        address = reverse("admin:catalog_freighttemplate_try_load", args=[row.pk])
        answer = back_room.get(address, asked)
        tried[place] = (answer.status_code, answer.context_data["answer"])
    table = back_room.get(reverse("admin:catalog_freighttemplate_export_templates"))
    assert page.status_code == 302
    assert [region.places for region in row.regions.all()] == [
        ["650000", "540000", "150000"], ["810000"],
    ]  # fmt: skip
    assert str(row.regions.last()) == "Parcels: 香港特别行政区"
    assert "¥60.00" in tried["新疆"][1]
    assert tried["香港"][0] == 200 and "¥" not in tried["香港"][1]
    assert "¥14.00" in tried["江苏省苏州市"][1]
    assert tried["朝阳区"][0] == 400
    lines = b"".join(table.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 5 and lines[2].startswith("Parcels,weight,")
    assert back_room.get(listed).status_code == 200
    before.refresh_from_db()
    assert (before.is_default, row.is_default) == (False, True)
    assert AuditRow.objects.filter(action="catalog.freight_add", target_name="Parcels").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("regions", "changes", "words"),
    [
        ([("Atlantis", "5.00")], {}, "Atlantis"),
        ([("广东省深圳市南山区", "5.00")], {}, "南山区"),
        ([("新疆", "5.00"), ("西藏, 新疆", "6.00")], {}, "新疆"),
        ([("新疆", "")], {"delivers": ""}, ""),
        ([], {"first_units": "0"}, ""),
        ([], {"first_fee": "-1"}, ""),
        ([], {"more_units": "1e3"}, ""),
    ],
)
def test_template_when_something_is_wrong_then_said_and_nothing_is_written(
    back_room, regions, changes, words
):
    page = back_room.post(
        reverse("admin:catalog_freighttemplate_add"), sent(regions=regions, **changes)
    )

    assert page.status_code == 200 and words in page.content.decode()
    assert not FreightTemplate.objects.exists()


@pytest.mark.django_db
def test_template_when_a_colleague_changed_it_then_both_are_shown(back_room):
    row = template(first_fee="8.00", regions=[{"places": ["540000"], "first_fee": "30.00"}])
    address = reverse("admin:catalog_freighttemplate_change", args=[row.pk])
    page = back_room.get(address)
    seen = page.context_data["seen"]
    region = row.regions.get()
    FreightTemplate.objects.filter(pk=row.pk).update(first_fee="9.00")

    old = back_room.post(
        address,
        sent(
            charged_by="piece", first_units="1", more_units="1", first_fee="7.00", _seen=seen,
            **{
                "regions-TOTAL_FORMS": "1", "regions-INITIAL_FORMS": "1",
                "regions-0-id": region.pk, "regions-0-template": row.pk,
                "regions-0-places": "西藏自治区", "regions-0-delivers": "on",
                "regions-0-first_units": "1", "regions-0-first_fee": "30.00",
                "regions-0-more_units": "1", "regions-0-more_fee": "0",
            },
        ),
    )  # fmt: skip

    row.refresh_from_db()
    labels = [conflict.name for conflict in old.context_data["conflicts"]]
    assert (old.status_code, labels, row.first_fee) == (409, ["first_fee"], D("9.00"))


@pytest.mark.django_db
def test_template_when_deleted_in_the_back_office_then_noted_and_not_while_goods_name_it(back_room):
    loose, many, used = (template(name) for name in ("Loose", "Many", "Used"))
    sku_by(used, points=10)
    listed = reverse("admin:catalog_freighttemplate_changelist")

    for row in (loose, used):
        page = reverse("admin:catalog_freighttemplate_delete", args=[row.pk])
        back_room.post(page, {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [many.pk], "post": "yes"}
    back_room.post(listed, chosen)

    noted = AuditRow.objects.filter(action="catalog.freight_delete")
    assert FreightTemplate.objects.get() == used
    assert sorted(noted.values_list("target_name", flat=True)) == ["Loose", "Many"]


# --- the API -------------------------------------------------------------------------------
@pytest.mark.django_db
def test_staff_api_when_templates_are_written_then_read_tried_changed_and_deleted(operator):
    api = APIClient()
    api.force_authenticate(operator)
    body = {
        "name": "Parcels", "charged_by": "weight", "is_default": True, "delivers": True,
        "first_units": 1000, "first_fee": "8.00", "more_units": 500, "more_fee": "1.50",
        "regions": [{"places": ["540000"], "delivers": False}],
    }  # fmt: skip

    made = api.post(LIST, body, format="json").json()
    one = f"{LIST}/{made['id']}"
    tried = [
        api.post(f"{one}/try", {"place": place, "pieces": 1, "grams": 1501}, format="json").json()
        for place in ("440305", "540102")
    ]
    again = {**body, "first_fee": "9.00", "version": made["version"]}
    changed, stale = (api.put(one, again, format="json") for _twice in range(2))
    taken = api.post(LIST, {**body, "regions": []}, format="json")
    nowhere = api.post(LIST, {**body, "name": "x", "delivers": False}, format="json")
    unknown = {**body, "name": "x", "regions": [{"places": ["999999"]}]}
    strange = api.post(LIST, unknown, format="json")
    sku = sku_by(FreightTemplate.objects.get(), points=100)
    used = api.delete(one)
    loose = api.patch(
        f"/api/v1/staff/products/{sku.product_id}", {"freight_template": None}, format="json"
    )
    heavy = api.patch(f"/api/v1/staff/skus/{sku.pk}", {"weight_grams": 350}, format="json")
    gone = api.delete(one)

    assert made["regions"][0]["words"] in ("西藏自治区", "Tibet")
    assert [answer["fee"] for answer in tried] == ["11.00", None]
    assert (changed.json()["first_fee"], stale.status_code) == ("9.00", 409)
    assert taken.json()["errors"][0]["attr"] == "name"
    assert [answer.json()["errors"][0]["code"] for answer in (nowhere, strange, used)] == [
        "nowhere", "unknown_place", "in_use",
    ]  # fmt: skip
    assert (loose.json()["freight_template"], heavy.json()["skus"][0]["weight_grams"]) == (
        None,
        350,
    )
    assert (gone.status_code, FreightRegion.objects.count()) == (204, 0)
    assert json.dumps(made["version"]) and freight.templates().default is None
