"""Members behind the counter: who gets in, what is covered, what staff may change."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import Group

from accounts.models import User
from accounts.registration import register
from accounts.roles import ROLES, ensure_roles
from mall.core.models import AuditRow
from points import balance
from tests.factories.accounts import PASSWORD, MemberFactory

MEMBERS = "/admin/accounts/user/"


def staff(role, **more):
    user = register(role, f"{role}@example.com", PASSWORD, email_verified=True)
    User.objects.filter(pk=user.pk).update(is_staff=True, **more)
    user.groups.add(Group.objects.get(name=role))
    return User.objects.get(pk=user.pk)


@pytest.fixture
def boss(client, db):
    user = staff("admin")
    client.force_login(user)
    return user


# --- the door -------------------------------------------------------------------
@pytest.mark.django_db
def test_admin_when_a_stranger_then_the_shops_own_sign_in(client):
    answer = client.get("/admin/", follow=True)

    assert answer.redirect_chain[-1][0].startswith("/accounts/login/?next=")
    assert client.get("/admin/login/")["Location"].startswith("/accounts/login/")
    assert client.post("/admin/login/", {"username": "admin", "password": PASSWORD})[
        "Location"
    ].startswith("/accounts/login/")


def test_admin_when_a_shopper_then_403(signed_in):
    assert signed_in.get("/admin/", follow=True).status_code == 403


def test_admin_when_staff_then_in(client, boss):
    assert client.get("/admin/").status_code == 200


def test_admin_when_a_second_factor_is_asked_for_then_set_up_first(client, boss, settings):
    settings.STAFF_NEED_SECOND_FACTOR = True

    without = client.get(MEMBERS, follow=True)
    TOTP.activate(boss, generate_totp_secret())
    within = client.get(MEMBERS)

    assert [step[0].split("?")[0] for step in without.redirect_chain][:2] == [
        "/admin/login/",
        "/accounts/2fa/totp/activate/",
    ]
    assert within.status_code == 200


def test_second_factor_when_stored_then_sealed(boss):
    secret = generate_totp_secret()

    TOTP.activate(boss, secret)

    assert secret not in str(Authenticator.objects.get().data)


def test_sign_in_when_a_second_factor_is_set_then_no_session_and_no_points_before_it(client, boss):
    client.logout()
    TOTP.activate(boss, generate_totp_secret())

    answer = client.post("/accounts/login/", {"login": "admin", "password": PASSWORD})

    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    assert "_auth_user_id" not in client.session
    assert client.get("/accounts/2fa/authenticate/").status_code == 200
    assert balance.of(boss).available == 100


# --- members --------------------------------------------------------------------
def test_members_when_listed_then_emails_are_covered(client, boss):
    register("xiaoming", "xiaoming@example.com", PASSWORD)

    text = client.get(MEMBERS).content.decode()

    assert "xi***@example.com" in text
    assert "xiaoming@example.com" not in text


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("xiao", 1),
        ("xiaoming@example.com", 1),
        ("XIAOMING@example.com", 1),
        ("ming@example", 0),
        ("example.com", 0),
    ],
)
def test_members_when_searched_then_by_name_or_whole_email(client, boss, words, found):
    register("xiaoming", "xiaoming@example.com", PASSWORD)

    answer = client.get(MEMBERS, {"q": words})

    assert answer.context["cl"].result_count == found


def test_member_when_opened_then_covered_with_a_way_to_the_points(client, boss):
    member = register("xiaoming", "xiaoming@example.com", PASSWORD)

    answer = client.get(f"{MEMBERS}{member.pk}/change/")

    text = answer.content.decode()
    assert answer.status_code == 200
    assert "xiaoming@example.com" not in text
    assert f"/admin/points/pointaccount/{member.pk}/change/" in text
    assert 'name="username"' not in text and 'name="email"' not in text


def test_member_when_the_email_is_revealed_then_it_is_noted(client, boss):
    member = register("xiaoming", "xiaoming@example.com", PASSWORD)

    answer = client.get(f"{MEMBERS}{member.pk}/reveal-email/", follow=True)

    row = AuditRow.objects.get()
    assert "xiaoming@example.com" in [str(message) for message in answer.context["messages"]]
    assert (row.actor, row.action, row.target) == (
        f"staff:{boss.pk}",
        "accounts.reveal_email",
        f"accounts.user:{member.pk}",
    )


def test_member_when_revealed_without_permission_then_refused(client, db):
    client.force_login(staff("auditor"))
    member = register("xiaoming", "xiaoming@example.com", PASSWORD)

    answer = client.get(f"{MEMBERS}{member.pk}/reveal-email/", follow=True)

    assert "xiaoming@example.com" not in answer.content.decode()
    assert not AuditRow.objects.exists()


def test_member_when_added_by_staff_then_registered_like_everybody(client, boss):
    answer = client.post(
        f"{MEMBERS}add/",
        {
            "username": "newbie",
            "email": "Newbie@Example.com",
            "usable_password": "true",
            "password1": PASSWORD,
            "password2": PASSWORD,
        },
    )

    member = User.objects.get(username="newbie")
    assert answer.status_code == 302
    assert (member.email, member.check_password(PASSWORD)) == ("newbie@example.com", True)
    assert EmailAddress.objects.get(user=member).primary is True
    assert balance.of(member).available == 100


def test_member_when_closed_then_signed_out(client, boss):
    member = MemberFactory()
    form = {"nickname": "", "groups": [], "is_staff": ""}

    answer = client.post(f"{MEMBERS}{member.pk}/change/", form)

    assert answer.status_code == 302
    assert User.objects.get(pk=member.pk).is_active is False


def test_member_when_an_administrator_grants_superpowers_then_ignored(client, boss):
    form = {
        "nickname": "",
        "is_active": "on",
        "is_staff": "on",
        "is_superuser": "on",
        "user_permissions": ["1"],
    }

    client.post(f"{MEMBERS}{boss.pk}/change/", form)

    boss.refresh_from_db()
    assert (boss.is_superuser, boss.user_permissions.count()) == (False, 0)


def test_member_when_a_superuser_then_an_administrator_cannot_touch_it(client, boss):
    root = register("root", "root@example.com", PASSWORD)
    User.objects.filter(pk=root.pk).update(is_superuser=True, is_staff=True)

    client.post(f"{MEMBERS}{root.pk}/change/", {"nickname": "hacked"})
    password = client.post(
        f"{MEMBERS}{root.pk}/password/",
        {"password1": "hacked-hacked", "password2": "hacked-hacked"},
    )

    root.refresh_from_db()
    assert root.nickname == "" and root.is_active
    assert password.status_code == 403 and root.check_password(PASSWORD)


def test_member_when_deleted_then_refused(client, boss):
    member = MemberFactory()

    assert client.post(f"{MEMBERS}{member.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=member.pk).exists()


@pytest.mark.parametrize("role", ["support", "operator", "finance", "auditor"])
def test_members_when_another_role_then_looked_at_only(client, db, role):
    client.force_login(staff(role))
    member = MemberFactory()

    assert client.get(MEMBERS).status_code == 200
    assert client.get(f"{MEMBERS}{member.pk}/change/").status_code == 200
    assert client.post(f"{MEMBERS}{member.pk}/change/", {"nickname": "x"}).status_code == 403
    assert client.get(f"{MEMBERS}add/").status_code == 403
    assert client.get("/admin/auth/group/").status_code == 403


@pytest.mark.parametrize(
    "page",
    [
        "auth/group/",
        "auth/group/add/",
        "socialaccount/socialapp/",
        "socialaccount/socialapp/add/",
        "mfa/authenticator/",
    ],
)
def test_admin_page_when_an_administrator_then_shown(client, boss, page):
    assert client.get(f"/admin/{page}").status_code == 200


@pytest.mark.parametrize("rows", [1, 3])
def test_members_when_listed_then_the_same_queries(
    client, boss, django_assert_max_num_queries, rows
):
    MemberFactory.create_batch(rows)
    client.get(MEMBERS)

    with django_assert_max_num_queries(20) as asked:  # the sidebar asks for other rooms, too
        client.get(MEMBERS)

    ours = [
        query["sql"]
        for query in asked.captured_queries
        if ' FROM "accounts_' in query["sql"] or " FROM `accounts_" in query["sql"]
    ]
    assert len(ours) == 3  # who, the keys of the page, its rows


# --- roles ----------------------------------------------------------------------
@pytest.mark.django_db
def test_roles_when_migrated_then_the_six_are_there():
    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)


@pytest.mark.django_db
def test_roles_when_ensured_again_then_only_what_is_missing_is_added(django_assert_num_queries):
    operator = Group.objects.get(name="operator")
    before = set(operator.permissions.all())
    operator.permissions.remove(
        *[permission for permission in before if permission.codename == "change_product"]
    )
    extra = Group.objects.get(name="admin").permissions.get(codename="change_user")
    operator.permissions.add(extra)

    ensure_roles()

    assert set(operator.permissions.all()) == before | {extra}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("shopper", [], ["catalog.view_product"]),
        (
            "support",
            ["orders.view_order", "accounts.reveal_personal"],
            ["orders.change_order", "catalog.change_product"],
        ),
        (
            "operator",
            ["catalog.change_product", "orders.change_order"],
            ["accounts.change_user", "accounts.reveal_personal"],
        ),
        (
            "finance",
            ["points.view_ledgerentry"],
            ["catalog.change_product", "accounts.change_user"],
        ),
        (
            "auditor",
            ["points.view_ledgerentry", "admin.view_logentry"],
            ["orders.change_order", "accounts.reveal_personal"],
        ),
        ("admin", ["accounts.change_user", "auth.change_group"], []),
    ],
)
def test_roles_when_given_then_as_far_as_the_job(role, may, may_not):
    user = staff(role)

    assert [permission for permission in may if not user.has_perm(permission)] == []
    assert [permission for permission in may_not if user.has_perm(permission)] == []


def test_role_when_edited_then_permissions_outside_the_rooms_stay(client, boss):
    group = Group.objects.get(name="admin")
    inside = group.permissions.get(codename="change_user")

    page = client.get(f"/admin/auth/group/{group.pk}/change/")
    client.post(
        f"/admin/auth/group/{group.pk}/change/", {"name": "admin", "permissions": [inside.pk]}
    )

    kept = set(group.permissions.values_list("content_type__app_label", "codename"))
    assert page.status_code == 200
    assert ("accounts", "change_user") in kept and ("accounts", "view_address") not in kept
    assert ("auth", "change_group") in kept


def test_member_when_given_a_role_then_may_do_the_job(client, boss):
    member = MemberFactory()
    role = Group.objects.get(name="operator")

    client.post(
        f"{MEMBERS}{member.pk}/change/",
        {"nickname": "", "is_active": "on", "is_staff": "on", "groups": [role.pk]},
    )

    assert User.objects.get(pk=member.pk).has_perm("catalog.change_product")


def test_member_when_given_a_role_then_the_audit_log_says_who_and_what(client, boss):
    member = MemberFactory()
    role = Group.objects.get(name="finance")

    client.post(
        f"{MEMBERS}{member.pk}/change/",
        {"nickname": "", "is_active": "on", "is_staff": "on", "groups": [role.pk]},
    )
    client.post(
        f"{MEMBERS}{member.pk}/change/",
        {"nickname": "x", "is_active": "on", "is_staff": "on", "groups": [role.pk]},
    )

    row = AuditRow.objects.get(action="accounts.access_change")
    before = {"is_active": True, "is_staff": False, "is_superuser": False, "roles": []}
    assert (row.actor_name, row.target, row.before) == (
        "admin",
        f"accounts.user:{member.pk}",
        before,
    )
    assert row.after == {**before, "is_staff": True, "roles": ["finance"]}


def test_role_when_a_permission_is_taken_then_the_audit_log_names_it(client, boss):
    group = Group.objects.get(name="support")
    kept = group.permissions.get(codename="view_user")

    client.post(
        f"/admin/auth/group/{group.pk}/change/", {"name": "support", "permissions": [kept.pk]}
    )

    told = AuditRow.objects.get(action="accounts.role_change").after
    assert "reveal_personal" in told["taken"] and "view_user" not in told["taken"]
    assert told["given"] == []


def test_role_when_opened_then_tables_of_the_reports_are_not_offered_and_reading_them_is(
    client, boss
):
    page = client.get(
        f"/admin/auth/group/{Group.objects.get(name='auditor').pk}/change/"
    ).content.decode()

    assert "可查看报表" in page
    assert "cohort days" not in page and "report snapshots" not in page


def test_sessions_when_asked_for_in_the_back_office_then_there_is_no_such_room(client, boss):
    boss.is_superuser = True
    boss.save(update_fields=["is_superuser"])

    assert client.get("/admin/usersessions/usersession/").status_code == 404
