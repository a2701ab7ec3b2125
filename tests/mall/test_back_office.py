"""The sidebar of the back office: every line leads somewhere, and to each only what it may see."""

from itertools import cycle

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import reverse

pytestmark = pytest.mark.django_db

ROOMS = [room for wing in settings.UNFOLD["SIDEBAR"]["navigation"] for room in wing["items"]]


@pytest.fixture
def administrator(member):
    member.is_staff = member.is_superuser = True
    member.save(update_fields=["is_staff", "is_superuser"])
    return member


def test_sidebar_when_an_administrator_looks_then_every_room_opens(client, administrator):
    client.force_login(administrator)

    opened = {str(room["title"]): client.get(room["link"](None), follow=True) for room in ROOMS}
    answers = {title: page.status_code for title, page in opened.items()}

    assert len(ROOMS) >= 17
    assert set(answers.values()) == {200}, answers


@pytest.mark.parametrize("role", ["support", "operator", "finance", "auditor"])
def test_sidebar_when_a_role_looks_then_each_room_shown_opens(client, member, role):
    member.is_staff = True
    member.save(update_fields=["is_staff"])
    member.groups.add(Group.objects.get(name=role))
    client.force_login(member)
    sidebar = client.get(reverse("admin:index")).content.decode()

    shown = [room["link"](None) for room in ROOMS if f'href="{room["link"](None)}"' in sidebar]
    closed = [link for link in shown if client.get(link, follow=True).status_code != 200]

    assert shown
    assert closed == []


@pytest.mark.parametrize("role", ["support", "operator", "finance", "auditor"])
def test_rows_when_a_role_may_look_then_each_opens(client, member, role):
    member.is_staff = True
    member.save(update_fields=["is_staff"])
    member.groups.add(Group.objects.get(name=role))
    client.force_login(member)
    client.raise_request_exception = False
    seen = {}

    for model in admin.site._registry:  # those of which a new shop has rows
        if (row := model._default_manager.first()) is not None:
            named = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
            seen[model.__name__] = client.get(reverse(named, args=[row.pk])).status_code

    assert {"Rule", "TierLevel", "Mission", "PointsPolicy"} <= seen.keys()
    assert {name: code for name, code in seen.items() if code not in (200, 302, 403)} == {}


def _buttons():
    """Return the address of every button of a row, of a row that is not there."""
    gone = cycle(["987654321", "nonsense"])
    for model_admin in admin.site._registry.values():
        for button in (*model_admin.actions_detail, *model_admin.actions_row):
            name = model_admin.get_unfold_action(button).action_name
            yield reverse(f"admin:{name}", args=[next(gone)])


def test_buttons_when_their_row_is_gone_then_say_so_and_break_nothing(client, administrator):
    client.force_login(administrator)
    client.raise_request_exception = False

    answers = {at: client.get(at).status_code for at in _buttons()}

    assert len(answers) >= 50
    assert {at: status for at, status in answers.items() if status not in (302, 404)} == {}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("key", ["9" * 30, "nonsense"])
def test_rooms_when_a_key_can_be_no_rows_then_nothing_is_found_and_nothing_breaks(
    client, administrator, key
):
    client.force_login(administrator)
    client.raise_request_exception = False
    answers = {}

    for model, room in admin.site._registry.items():
        named = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        answers[model, "page"] = client.get(reverse(f"{named}_change", args=[key])).status_code
        for action in ["delete_selected", *(getattr(one, "__name__", one) for one in room.actions)]:
            chosen = {"action": action, "_selected_action": [key]}
            answers[model, action] = client.post(reverse(f"{named}_changelist"), chosen).status_code

    assert len(answers) > 2 * len(admin.site._registry) > 100
    assert {at: status for at, status in answers.items() if status >= 500} == {}


def test_rows_when_shown_on_their_own_page_then_no_column_made_for_a_list(rf, administrator):
    request = rf.get("/admin/")
    request.user = administrator

    # what a list shows as a coloured word is a pair: (colour, word)
    pairs = [
        f"{type(one).__name__}.{name}"
        for one in admin.site._registry.values()
        for name in one.get_readonly_fields(request, None)
        if getattr(getattr(one, str(name), None), "label", None) is not None
    ]

    assert pairs == []


@pytest.mark.parametrize("row", ["mall_shopface", "orders_checkoutpolicy", "points_pointspolicy"])
def test_room_of_one_row_when_opened_then_the_row_itself_is_there(client, administrator, row):
    client.force_login(administrator)

    page = client.get(reverse(f"admin:{row}_changelist"), follow=True)

    assert [code for _url, code in page.redirect_chain] == [302]
    assert page.redirect_chain[0][0].endswith("/change/")
    assert page.context["original"]._meta.label_lower == row.replace("_", ".")


def test_room_of_one_row_when_the_row_may_not_be_seen_then_refused(client, member):
    member.is_staff = True
    member.save(update_fields=["is_staff"])
    client.force_login(member)

    page = client.get(reverse("admin:mall_shopface_changelist"), follow=True)

    assert page.status_code == 403


def test_forms_when_opened_then_fields_say_their_language_and_those_looked_up_their_name(
    client, administrator
):
    client.force_login(administrator)
    client.cookies["mall_language"] = "en"

    page = client.get("/admin/marketing/campaign/add/").content.decode()

    assert "Name (Simplified Chinese)" in page and "Name (English)" in page
    assert 'title="Segment"' in page and 'title="Coupon"' in page
