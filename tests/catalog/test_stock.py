import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog import stock
from catalog.errors import MovementConflict, OutOfStock, StockBelowZero
from catalog.models import Stock, StockMovement
from tests.factories.catalog import SkuFactory

pytestmark = pytest.mark.django_db


def movements(sku):
    return list(
        StockMovement.objects.filter(sku=sku)
        .order_by("id")
        .values_list("direction", "delta", "reference")
    )


def books_close():
    """The log's sum is the stock, for every SKU."""
    for row in Stock.objects.all():
        assert row.quantity == sum(
            StockMovement.objects.filter(sku_id=row.pk).values_list("delta", flat=True)
        )
    return True


# --- take -----------------------------------------------------------------------
def test_take_when_enough_is_left_then_stock_falls_and_the_log_says_why():
    sku = SkuFactory(stock=5)

    stock.take([(sku.pk, 2)], reference="order:A", actor="member:1")

    assert stock.available([sku.pk]) == {sku.pk: 3}
    assert movements(sku)[1:] == [("take", -2, "order:A")]
    assert StockMovement.objects.get(reference="order:A").actor == "member:1"
    assert books_close()


def test_take_when_the_last_piece_is_wanted_then_nothing_is_left():
    sku = SkuFactory(stock=1)

    stock.take([(sku.pk, 1)], reference="order:A")

    assert stock.available([sku.pk]) == {sku.pk: 0}


def test_take_when_too_few_are_left_then_refused_with_numbers_and_nothing_changes():
    plenty, scarce = SkuFactory(stock=9), SkuFactory(stock=2)

    with pytest.raises(OutOfStock) as refusal, transaction.atomic():
        stock.take([(plenty.pk, 1), (scarce.pk, 3)], reference="order:A")

    assert refusal.value.numbers == {"sku": scarce.pk, "wanted": 3, "left": 2}
    assert (refusal.value.code, refusal.value.status) == ("out_of_stock", 409)
    assert stock.available([plenty.pk, scarce.pk]) == {plenty.pk: 9, scarce.pk: 2}
    assert not StockMovement.objects.filter(reference="order:A").exists()


def test_take_when_never_received_then_out_of_stock():
    sku = SkuFactory()

    with pytest.raises(OutOfStock) as refusal, transaction.atomic():
        stock.take([(sku.pk, 1)], reference="order:A")

    assert refusal.value.numbers == {"sku": sku.pk, "wanted": 1, "left": 0}


def test_take_when_repeated_then_taken_once():
    sku = SkuFactory(stock=5)

    stock.take([(sku.pk, 2)], reference="order:A")
    stock.take([(sku.pk, 2)], reference="order:A")

    assert stock.available([sku.pk]) == {sku.pk: 3}


@pytest.mark.parametrize("other", [[("a", 3)], [("a", 2), ("b", 1)]])
def test_take_when_repeated_with_other_content_then_conflict(other):
    skus = {"a": SkuFactory(stock=9), "b": SkuFactory(stock=9)}
    stock.take([(skus["a"].pk, 2)], reference="order:A")

    with pytest.raises(MovementConflict), transaction.atomic():
        stock.take([(skus[name].pk, quantity) for name, quantity in other], reference="order:A")

    assert stock.available([skus["a"].pk, skus["b"].pk]) == {skus["a"].pk: 7, skus["b"].pk: 9}


def test_take_when_a_sku_comes_twice_then_its_quantities_add_up():
    sku = SkuFactory(stock=5)

    stock.take([(sku.pk, 2), (sku.pk, 3)], reference="order:A")

    assert movements(sku)[1:] == [("take", -5, "order:A")]


@pytest.mark.parametrize("quantity", [0, -1, 1.5, True, "1", None])
def test_take_when_the_quantity_is_odd_then_refused(quantity):
    sku = SkuFactory(stock=5)

    with pytest.raises(ValueError):
        stock.take([(sku.pk, quantity)], reference="order:A")

    assert stock.available([sku.pk]) == {sku.pk: 5}


@pytest.mark.parametrize("reference", ["", "x" * 81])
def test_take_when_the_reference_does_not_fit_then_refused(reference):
    sku = SkuFactory(stock=5)

    with pytest.raises(ValueError):
        stock.take([(sku.pk, 1)], reference=reference)


def test_take_when_lines_come_in_any_order_then_one_insert_and_updates_ascending():
    skus = [SkuFactory(stock=5) for _ in range(3)]
    lines = [(skus[2].pk, 1), (skus[0].pk, 1), (skus[1].pk, 1)]

    with CaptureQueriesContext(connection) as said:
        stock.take(lines, reference="order:A")

    sent = [
        query["sql"] for query in said if query["sql"].startswith(("INSERT", "UPDATE", "SELECT"))
    ]
    assert [sql.split()[0] for sql in sent] == ["INSERT", "UPDATE", "UPDATE", "UPDATE"]
    assert [f"sku_id = {sku.pk} " in sql for sku, sql in zip(skus, sent[1:], strict=True)] == [
        True,
        True,
        True,
    ]


# --- put back --------------------------------------------------------------------
def test_put_back_when_taken_before_then_stock_is_as_it_was():
    sku = SkuFactory(stock=5)
    stock.take([(sku.pk, 2)], reference="order:A")

    stock.put_back([(sku.pk, 2)], reference="order:A")

    assert stock.available([sku.pk]) == {sku.pk: 5}
    assert movements(sku)[1:] == [("take", -2, "order:A"), ("put_back", 2, "order:A")]


def test_put_back_when_repeated_then_put_back_once():
    sku = SkuFactory(stock=5)
    stock.take([(sku.pk, 2)], reference="order:A")

    for _ in range(3):
        stock.put_back([(sku.pk, 2)], reference="order:A")

    assert stock.available([sku.pk]) == {sku.pk: 5}
    assert books_close()


def test_put_back_when_repeated_with_another_quantity_then_conflict():
    sku = SkuFactory(stock=5)
    stock.take([(sku.pk, 2)], reference="order:A")
    stock.put_back([(sku.pk, 1)], reference="order:A")

    with pytest.raises(MovementConflict), transaction.atomic():
        stock.put_back([(sku.pk, 2)], reference="order:A")

    assert stock.available([sku.pk]) == {sku.pk: 4}


# --- receive ---------------------------------------------------------------------
def test_receive_when_the_first_delivery_comes_then_it_lies_on_the_shelf():
    sku = SkuFactory()

    stock.receive(sku.pk, quantity=12, actor="operator", note="first delivery")

    assert stock.available([sku.pk]) == {sku.pk: 12}
    row = StockMovement.objects.get(sku=sku)
    assert (row.direction, row.delta, row.actor, row.note) == (
        "receive",
        12,
        "operator",
        "first delivery",
    )


def test_receive_when_correcting_down_then_the_log_keeps_both():
    sku = SkuFactory(stock=5)

    stock.receive(sku.pk, quantity=-5, actor="operator", note="broken")

    assert stock.available([sku.pk]) == {sku.pk: 0}
    assert [delta for _direction, delta, _reference in movements(sku)] == [5, -5]


def test_receive_when_it_would_fall_below_zero_then_refused_with_numbers():
    sku = SkuFactory(stock=5)

    with pytest.raises(StockBelowZero) as refusal:
        stock.receive(sku.pk, quantity=-6, actor="operator")

    assert refusal.value.numbers == {"sku": sku.pk, "wanted": 6, "left": 5}
    assert stock.available([sku.pk]) == {sku.pk: 5}
    assert len(movements(sku)) == 1


def test_receive_when_the_form_is_sent_twice_then_counted_once():
    sku = SkuFactory()

    for _ in range(2):
        stock.receive(sku.pk, quantity=5, actor="operator", reference="receive:form-1")

    assert stock.available([sku.pk]) == {sku.pk: 5}


def test_receive_when_nothing_is_received_then_refused():
    with pytest.raises(ValueError):
        stock.receive(SkuFactory().pk, quantity=0, actor="operator")


# --- the database stands behind the verbs ------------------------------------------
def test_stock_when_set_below_zero_by_hand_then_the_database_refuses():
    sku = SkuFactory(stock=1)

    with pytest.raises(IntegrityError), transaction.atomic():
        Stock.objects.filter(pk=sku.pk).update(quantity=-1)


def test_movement_when_its_sign_does_not_fit_then_the_database_refuses():
    sku = SkuFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        StockMovement.objects.create(sku=sku, direction="take", delta=1, reference="order:A")


def test_movement_when_changed_or_deleted_then_refused():
    sku = SkuFactory(stock=1)
    row = StockMovement.objects.get(sku=sku)

    for attempt in (
        row.save,
        row.delete,
        StockMovement.objects.all().delete,
        lambda: StockMovement.objects.update(delta=2),
    ):
        with pytest.raises(TypeError):
            attempt()

    assert movements(sku)[0][1] == 1
