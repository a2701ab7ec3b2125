"""Orders of the earlier shop become those of the members who moved in."""

import io

import pytest
from django.core.management import call_command

from accounts import closing
from accounts.models import User
from mall import verification
from mall.core import clock
from marketing import tasks
from marketing.analytics import days, history, history_links
from marketing.models import HistoryCustomer, LateDay
from marketing.recommendations import purchases
from points import rules, tiers
from points.models import MovedMember
from points.moving_in import imports, kind
from tests.factories.accounts import MemberFactory

pytestmark = pytest.mark.django_db
HEAD = "number,email,phone,points,earned\n"
ORDERS = "order_no,ordered_at,customer,sku,product,category,quantity,unit_price,status\n"


@pytest.fixture
def move_in(db):
    """move_in(rows, **said) lets a file of members in."""
    names = ("brings", "lets-in")
    brings, lets_in = (User.objects.create_superuser(name, f"{name}@example.com") for name in names)

    def move(rows, **said):
        said = {"note": "x", "operator": brings, "links_orders": True, **said}
        row = kind.bring((HEAD + rows).encode(), name="members.csv", **said)
        imports.let_in(row, operator=lets_in, read=imports.version(row))
        kind.carry_on()
        return row

    return move


@pytest.fixture
def earlier_orders(tmp_path):
    """earlier_orders({customer: yuan}) imports an order of last week for each."""

    def bring(bought):
        on = clock.today().replace(day=1) if clock.today().day > 1 else clock.today()
        lines = [
            f"{customer}-{n},{on} 00:00:00,{customer},S1,Tea,Drinks,1,{yuan},completed\n"
            for n, (customer, yuan) in enumerate(bought.items())
        ]
        path = tmp_path / "orders.csv"
        path.write_text(ORDERS + "".join(lines))
        call_command("import_history", str(path), no_figures=True, stdout=io.StringIO())

    return bring


def owners():
    return dict(HistoryCustomer.objects.values_list("name", "user__email"))


def test_link_when_members_moved_in_then_number_e_mail_and_phone_find_their_orders(
    move_in, earlier_orders, member
):
    earlier_orders({
        "VIP-7": "10.00", "Mei@Example.com": "20.00", "+86 139 1234 9876": "30.00",
        "stranger": "1.00", "member@example.com": "1.00",
    })  # fmt: skip
    move_in("vip-7,a@example.com,,1,\n,mei@example.com,,1,\n,c@example.com,13912349876,1,\n")

    done, again = tasks.link_history(), tasks.link_history()

    assert (done, again) == ({"customers": 3}, {"customers": 0})
    assert owners() == {
        "VIP-7": "a@example.com",
        "Mei@Example.com": "mei@example.com",
        "+86 139 1234 9876": "c@example.com",
        "stranger": None,
        "member@example.com": None,  # who signed up here by themselves is linked by hand
    }
    mei = User.objects.get(email="mei@example.com")
    assert [one.item for one in purchases.of_member(mei)] == ["sku:S1"]
    on = HistoryCustomer.objects.get(user=mei).orders.get().on
    assert mei.pk in days.persons_of(on)
    assert on == clock.today() or LateDay.objects.filter(on=on).exists()


def test_link_when_orders_come_later_or_a_person_decided_then_so_it_is(
    move_in, earlier_orders, member
):
    move_in("N1,n1@example.com,,1,\nN2,n2@example.com,,1,\n")
    tasks.link_history()
    earlier_orders({"N1": "5.00", "N2": "5.00"})
    customer = HistoryCustomer.objects.get(name="N2")
    history.link(customer.pk, member=member, operator=member)
    history.link(customer.pk, member=None, operator=member)

    joined, again = history_links.link_known(), history_links.link_known()

    assert (joined, again) == (1, 0)
    assert owners() == {"N1": "n1@example.com", "N2": None}


def test_link_when_tiers_are_to_come_from_orders_then_only_where_the_file_says_nothing(
    move_in, earlier_orders
):
    rate = rules.active("purchase").points
    steps = {tier.level: tier.threshold for tier in tiers._ladder()}
    yuan = steps[3] // rate + 1
    earlier_orders({"T1": f"{yuan}.00", "T2": f"{yuan}.00", "T3": "0.10"})
    move_in(
        f"T1,t1@example.com,,0,\nT2,t2@example.com,,0,{steps[2]}\nT3,t3@example.com,,0,\n",
        tiers_from_orders=True,
    )

    tasks.link_history()

    levels = {
        one.user.email: tiers.standing_of(one.user_id).tier.level
        for one in MovedMember.objects.select_related("user")
    }
    assert levels == {"t1@example.com": 3, "t2@example.com": 2, "t3@example.com": 1}
    assert verification.verify() == []


def test_forget_when_a_member_with_earlier_orders_leaves_then_their_name_there_goes(
    move_in, earlier_orders
):
    earlier_orders({"o1@example.com": "5.00"})
    move_in(",o1@example.com,,0,\n")
    tasks.link_history()

    closing.close(User.objects.get(email="o1@example.com"))

    assert not HistoryCustomer.objects.filter(name__contains="o1").exists()


def test_link_when_nobody_wished_it_then_nothing_is_joined(move_in, earlier_orders):
    MemberFactory(email="p0@example.com")
    earlier_orders({"p1@example.com": "5.00"})
    move_in(",p1@example.com,,0,\n", links_orders=False)

    assert tasks.link_history() == {"customers": 0}
    assert owners() == {"p1@example.com": None}
