"""Reviews: of delivered own lines, once, read by the shop first, shown with care, and paid exactly
once.
"""

from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from catalog import reviews
from catalog.errors import AlreadyReviewed, InvalidReview, NoSuchReview, ReviewFixed
from catalog.models import Review, ReviewPolicy
from mall.core.models import AuditRow
from mall.core.versions import ChangedMeanwhile
from marketing.models import Notification
from orders import lifecycle
from orders.reviews import lines as orders_reviews
from orders.reviews.errors import NoSuchLine, NotDelivered
from points.models import LedgerEntry
from tests.factories.catalog import ProductFactory
from tests.factories.orders import give_points, pay, place, received, refund, virtual_sku
from tests.pages import hidden_of

pytestmark = pytest.mark.django_db

WORDS = "很好用，颜色和图片上一样，推荐给大家！"
LATER = "广告：请加微信群，低价代购各种好货。"
CHOSEN = "/admin/catalog/review/"


@pytest.fixture
def delivered(member):
    """An own order that has arrived."""
    return arrive(order_of(member))


@pytest.fixture
def line(delivered):
    return delivered.lines.get()


def order_of(user):
    give_points(user, 500)
    return place(user, virtual_sku(points=100, stock=20))


def arrive(order):
    type(order).objects.filter(pk=order.pk).update(status="completed")
    order.refresh_from_db()
    return order


def said_about(product, user, *, stars=5, text=WORDS, status=Review.Status.PUBLISHED, line=None):
    """A review of some line."""
    line = line or uuid4().int % 10**12
    return Review.objects.create(
        product=product, user=user, line=line, author="小**", stars=stars, text=text, status=status
    )


def write(line, user, *, stars=5, text=WORDS):
    return orders_reviews.write(user, no=line.order.no, line=line.pk, stars=stars, text=text)


def earned(user):
    return list(
        LedgerEntry.objects.filter(account_id=user.pk, rule="review").values_list("key", "delta")
    )


# --- writing ------------------------------------------------------------------------
def test_write_when_the_line_has_arrived_then_waits_with_a_masked_name(line, member):
    review = write(line, member, stars=4)

    assert (review.status, review.stars, review.text, review.line) == ("waiting", 4, WORDS, line.pk)
    assert review.author == "m****"
    assert review.product_id == line.product_id
    assert earned(member) == []


def test_write_when_twice_then_refused(line, member):
    write(line, member)

    with pytest.raises(AlreadyReviewed):
        write(line, member)
    assert Review.objects.count() == 1


def test_write_when_not_delivered_then_refused(member):
    bought = order_of(member).lines.get()

    with pytest.raises(NotDelivered):
        write(bought, member)


def test_write_when_somebody_elses_line_then_it_does_not_exist(line, other_member):
    with pytest.raises(NoSuchLine):
        write(line, other_member)


@pytest.mark.parametrize(
    "text", ["", "good", "good" + " " * 20, "\u200b" * 30, "x" * 14, "x" * 1001]
)
def test_write_when_too_short_or_too_long_then_refused(line, member, text):
    with pytest.raises(InvalidReview):
        write(line, member, text=text)


@pytest.mark.parametrize("stars", [0, 6, True, "5", 4.5, None])
def test_write_when_stars_are_none_of_ours_then_refused(line, member, stars):
    with pytest.raises(InvalidReview):
        write(line, member, stars=stars)


def test_tidy_when_characters_cannot_be_shown_then_dropped_and_lines_kept():
    assert (
        reviews.tidy("  first line of it\r\nsecond\u202e line \x00of it  ")
        == "first line of it\nsecond line of it"
    )


def test_write_when_the_policy_publishes_at_once_then_shown_and_paid(line, member):
    ReviewPolicy.objects.update(publishes_at_once=True)

    assert write(line, member).status == "published"
    assert earned(member) == [(f"review:{line.pk}", 20)]


# --- the author's changes ---------------------------------------------------------------
def test_edit_when_waiting_then_changed(line, member):
    review = write(line, member)

    changed = reviews.edit(member, review.pk, stars=2, text=WORDS + "补充：包装破了。")

    assert (changed.stars, changed.status) == (2, "waiting")
    assert changed.text.endswith("包装破了。")


def test_edit_when_published_then_refused(line, member, operator):
    review = reviews.publish(write(line, member), actor=operator)

    with pytest.raises(ReviewFixed):
        reviews.edit(member, review.pk, stars=1, text=WORDS)


def test_edit_when_rejected_then_waits_again(line, member, operator):
    review = reviews.reject(
        write(line, member), actor=operator, reason="Please leave out the phone number."
    )

    changed = reviews.edit(member, review.pk, stars=5, text=WORDS)

    assert (changed.status, changed.reason) == ("waiting", "")


def test_edit_and_remove_when_somebody_elses_then_it_does_not_exist(line, member, other_member):
    review = write(line, member)

    with pytest.raises(NoSuchReview):
        reviews.edit(other_member, review.pk, stars=1, text=WORDS)
    with pytest.raises(NoSuchReview):
        reviews.remove(other_member, review.pk)
    assert Review.objects.count() == 1


def test_remove_when_own_then_gone_and_the_points_stay_and_come_only_once(
    line, member, operator, books_close
):
    reviews.publish(write(line, member), actor=operator)
    reviews.remove(member, Review.objects.get().pk)
    reviews.publish(write(line, member), actor=operator)

    assert earned(member) == [(f"review:{line.pk}", 20)]


# --- the shop ------------------------------------------------------------------------------
def test_publish_when_taken_down_and_published_again_then_paid_once(
    line, member, operator, books_close
):
    review = write(line, member)
    for _time in range(3):
        reviews.publish(review, actor=operator)
        reviews.publish(review, actor=operator)
        reviews.reject(review, actor=operator, reason="Let us look again.")
    reviews.publish(review, actor=operator)

    assert earned(member) == [(f"review:{line.pk}", 20)]
    assert Notification.objects.filter(user=member, kind="review_published").count() == 1


def test_publish_when_the_goods_went_back_meanwhile_then_shown_and_not_paid(
    member, operator, books_close
):
    kept, returned = (
        received(pay(place(member, virtual_sku(cash="20.00"), quantity=2))) for _time in range(2)
    )
    waiting = [write(order.lines.get(), member) for order in (kept, returned)]
    refund(kept, 1)
    refund(returned)

    for review in waiting:
        assert reviews.publish(review, actor=operator).status == "published"

    assert earned(member) == [(f"review:{kept.lines.get().pk}", 20)]


def test_reject_when_waiting_then_not_shown_and_the_author_hears_why(line, member, operator):
    review = reviews.reject(
        write(line, member), actor=operator, reason="This is about the courier."
    )

    assert review.status == "rejected"
    assert earned(member) == []
    assert (
        Notification.objects.get(user=member, kind="review_rejected").params["reason"]
        == "This is about the courier."
    )


# --- the page --------------------------------------------------------------------------------
def test_summary_when_reviews_are_published_then_counts_averages_and_distributes(member):
    product = ProductFactory()
    for stars in (5, 5, 4, 2):
        said_about(product, member, stars=stars)
    said_about(product, member, stars=1, status=Review.Status.WAITING)
    said_about(ProductFactory(), member, stars=1)

    said = reviews.summary(product.pk)

    assert (said.count, str(said.average)) == (4, "4.0")
    assert said.stars == [(5, 2, 50), (4, 1, 25), (3, 0, 0), (2, 1, 25), (1, 0, 0)]


def shown_product(member, n):
    product = virtual_sku(points=10, stock=1).product
    for number in range(n):
        said_about(product, member, text=f"{WORDS}{number:02}")
    return product


def test_product_page_when_there_are_many_then_ten_a_page_newest_first(client, member):
    product = shown_product(member, 12)

    first = client.get(reverse("catalog:detail", args=[product.pk])).content.decode()
    second = client.get(reverse("catalog:detail", args=[product.pk]), {"page": 2}).content.decode()

    assert [number for number in range(12) if f"{WORDS}{number:02}" in first] == list(range(2, 12))
    assert first.index(f"{WORDS}11") < first.index(f"{WORDS}02")
    assert [number for number in range(12) if f"{WORDS}{number:02}" in second] == [0, 1]


@pytest.mark.parametrize("n", [1, 3])
def test_product_page_when_reviews_grow_then_queries_do_not(
    client, member, django_assert_num_queries, n
):
    product = shown_product(member, n)
    client.get(reverse("catalog:detail", args=[product.pk]))

    with django_assert_num_queries(3):  # stock, the distribution, the page
        client.get(reverse("catalog:detail", args=[product.pk]))


def test_product_page_when_a_review_holds_code_then_it_is_inert(client, member):
    product = virtual_sku(points=10, stock=1).product
    evil = '<script>alert(1)</script><img src=x onerror="alert(2)">'
    review = said_about(product, member, text=evil)
    Review.objects.filter(pk=review.pk).update(answer=evil, author='<b>"x"')

    html = client.get(reverse("catalog:detail", args=[product.pk])).content.decode()

    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "<b>" not in html.split('id="reviews"')[1]


def test_product_page_when_a_review_waits_then_nobody_sees_it(client, member):
    product = virtual_sku(points=10, stock=1).product
    said_about(product, member, status=Review.Status.WAITING)
    said_about(product, member, status=Review.Status.REJECTED)

    assert WORDS not in client.get(reverse("catalog:detail", args=[product.pk])).content.decode()


# --- the member's pages ------------------------------------------------------------------------
def test_order_page_when_it_has_arrived_then_offers_to_review_each_line(signed_in, delivered, line):
    address = reverse("orders:review", args=[delivered.no, line.pk])
    assert address in signed_in.get(delivered.get_absolute_url()).content.decode()

    answer = signed_in.post(address, {"stars": "4", "text": WORDS})

    assert answer.status_code == 302
    assert Review.objects.get().stars == 4
    assert address not in signed_in.get(delivered.get_absolute_url()).content.decode()


def test_order_page_when_it_is_on_its_way_then_offers_none(signed_in, member):
    order = order_of(member)

    assert "/reviews/" not in signed_in.get(order.get_absolute_url()).content.decode()
    assert (
        signed_in.get(reverse("orders:review", args=[order.no, order.lines.get().pk])).status_code
        == 404
    )


def test_form_when_wrong_then_says_so_beside_the_field(signed_in, delivered, line):
    answer = signed_in.post(
        reverse("orders:review", args=[delivered.no, line.pk]),
        {"stars": "9", "text": "short text here"},
    )
    assert answer.status_code == 400
    answer = signed_in.post(
        reverse("orders:review", args=[delivered.no, line.pk]),
        {"stars": "5", "text": "a     b     c     d"},
    )
    assert answer.status_code == 400
    assert Review.objects.count() == 0


def test_own_reviews_when_opened_then_lists_what_waits_and_what_was_said(
    signed_in, member, delivered, line
):
    waiting = order_of(member)
    arrive(waiting)
    write(line, member)

    html = signed_in.get(reverse("orders:reviews")).content.decode()

    assert WORDS in html
    assert reverse("orders:review", args=[waiting.no, waiting.lines.get().pk]) in html


def test_own_reviews_when_edited_and_removed_by_page_then_so(signed_in, member, line):
    review = write(line, member)

    signed_in.post(
        reverse("orders:review_edit", args=[review.pk]), {"stars": "1", "text": WORDS + "改一下"}
    )
    assert Review.objects.get().stars == 1
    signed_in.post(reverse("orders:review_remove", args=[review.pk]))
    assert Review.objects.count() == 0


def test_own_reviews_when_somebody_elses_then_not_found(client, other_member, member, line):
    review = write(line, member)
    client.force_login(other_member)

    assert client.get(reverse("orders:review_edit", args=[review.pk])).status_code in (302, 404)
    client.post(reverse("orders:review_remove", args=[review.pk]))
    assert Review.objects.count() == 1


# --- the API --------------------------------------------------------------------------------------
def test_reviews_api_when_read_then_pages_with_average_and_distribution(api, member):
    product = shown_product(member, 12)

    answer = api.get(f"/api/v1/products/{product.pk}/reviews").json()

    assert (answer["count"], len(answer["results"]), answer["average"]) == (12, 10, "5.0")
    assert answer["distribution"][0] == {"stars": 5, "count": 12}
    assert set(answer["results"][0]) == {
        "id",
        "stars",
        "text",
        "author",
        "choice",
        "created_at",
        "answer",
        "answered_at",
    }
    assert len(api.get(answer["next"]).json()["results"]) == 2
    assert api.get(f"/api/v1/products/{product.pk}/reviews?page=3").status_code == 404
    assert api.get("/api/v1/products/999999/reviews").status_code == 404


def test_reviews_api_when_written_then_like_the_page(signed_in_api, delivered, line):
    address = f"/api/v1/orders/{delivered.no}/reviews"

    first = signed_in_api.post(address, {"line": line.pk, "stars": 5, "text": WORDS}, format="json")
    second = signed_in_api.post(
        address, {"line": line.pk, "stars": 5, "text": WORDS}, format="json"
    )

    assert first.status_code == 201, first.content
    assert (first.json()["line"], first.json()["status"]) == (line.pk, "waiting")
    assert (second.status_code, second.json()["errors"][0]["code"]) == (409, "already_reviewed")
    own = signed_in_api.get("/api/v1/me/reviews").json()["results"]
    assert [row["id"] for row in own] == [first.json()["id"]]


def test_reviews_api_when_edited_and_deleted_then_only_the_own(
    signed_in_api, member, other_member, line
):
    own = write(line, member)
    strange = said_about(line.product, other_member, status=Review.Status.WAITING)

    assert (
        signed_in_api.put(
            f"/api/v1/me/reviews/{own.pk}", {"stars": 2, "text": WORDS}, format="json"
        ).json()["stars"]
        == 2
    )
    assert (
        signed_in_api.put(
            f"/api/v1/me/reviews/{strange.pk}", {"stars": 2, "text": WORDS}, format="json"
        ).status_code
        == 404
    )
    assert signed_in_api.delete(f"/api/v1/me/reviews/{strange.pk}").status_code == 404
    assert signed_in_api.delete(f"/api/v1/me/reviews/{own.pk}").status_code == 204
    assert list(Review.objects.values_list("pk", flat=True)) == [strange.pk]


def test_reviews_api_when_more_than_ten_an_hour_then_refused(signed_in_api, delivered, line):
    body = {"line": line.pk, "stars": 5, "text": WORDS}

    codes = [
        signed_in_api.post(
            f"/api/v1/orders/{delivered.no}/reviews", body, format="json"
        ).status_code
        for _time in range(11)
    ]

    assert codes == [201] + [409] * 9 + [429]


def decide(client, review, deed, **said):
    """Open the page of a decision, and send it with what it says."""
    address = reverse(f"admin:catalog_review_{deed}", args=[review.pk])
    return client.post(address, {**hidden_of(client.get(address).text), **said})


def choose(client, found):
    """Tick reviews in the list and choose to publish them; returns the page that shows them."""
    return client.post(
        CHOSEN, {"action": "publish_chosen", "_selected_action": [row.pk for row in found]}
    ).text


# --- behind the counter
# ------------------------------------------------------------------------------
def test_admin_when_an_operator_publishes_rejects_and_answers_then_done_and_written_down(
    client, operator, member, line
):
    from mall.core.models import AuditRow

    review = write(line, member)
    client.force_login(operator)

    listed = client.get(reverse("admin:catalog_review_changelist"), {"status__exact": "waiting"})
    assert WORDS[:10] in listed.content.decode()
    page = client.get(reverse("admin:catalog_review_change", args=[review.pk]))
    assert page.status_code == 200
    # a word, not the pair a coloured label is made of
    assert "&#x27;waiting&#x27;" not in page.content.decode()
    decide(client, review, "reject_review", reason="Too rude.")
    assert Review.objects.get().status == "rejected"
    decide(client, review, "publish_review")
    decide(client, review, "answer_review", text="Thank you!")

    review = Review.objects.get()
    assert (review.status, review.answer, review.decided_by) == (
        "published",
        "Thank you!",
        f"staff:{operator.pk}",
    )
    assert earned(member) == [(f"review:{line.pk}", 20)]
    assert list(AuditRow.objects.order_by("pk").values_list("action", flat=True)) == [
        "catalog.review_reject", "catalog.review_publish", "catalog.review_answer",
    ]  # fmt: skip


def test_admin_when_many_are_chosen_then_published_at_once(client, operator, member):
    product = ProductFactory()
    found = [said_about(product, member, status=Review.Status.WAITING) for _number in range(3)]
    client.force_login(operator)

    page = choose(client, found)
    before = Review.objects.published().count()
    client.post(CHOSEN, hidden_of(page))

    assert all(row.text in page for row in found)
    assert (before, Review.objects.published().count()) == (0, 3)


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        ("publish_review", {}),
        ("reject_review", {"reason": "Rude."}),
        ("answer_review", {"text": "Thanks!"}),
    ],
)
@pytest.mark.parametrize("change", [{"stars": 5, "text": LATER}, {"stars": 1, "text": WORDS}])
def test_admin_when_the_author_changed_it_meanwhile_then_shows_the_new_words_and_does_nothing(
    client, operator, member, line, deed, said, change
):
    review, address = write(line, member), f"admin:catalog_review_{deed}"
    client.force_login(operator)
    client.cookies["mall_language"] = "en"
    opened = client.get(reverse(address, args=[review.pk])).text
    reviews.edit(member, review.pk, **change)

    answer = client.post(reverse(address, args=[review.pk]), {**hidden_of(opened), **said})

    review.refresh_from_db()
    assert (review.status, review.answer, earned(member), AuditRow.objects.count()) == (
        "waiting",
        "",
        [],
        0,
    )
    assert answer.status_code == 400
    assert "changed while you were reading" in answer.text
    assert change["text"] in answer.text and f"{change['stars']} ★" in answer.text
    client.post(reverse(address, args=[review.pk]), {**hidden_of(answer.text), **said})
    assert AuditRow.objects.count() == 1


def test_admin_when_one_of_many_changed_meanwhile_then_the_others_are_published_and_it_is_shown(
    client, operator, member
):
    product = ProductFactory()
    same, changed, removed = (
        said_about(product, member, status=Review.Status.WAITING) for _number in range(3)
    )
    client.force_login(operator)
    client.cookies["mall_language"] = "en"
    opened = choose(client, [same, changed, removed])
    reviews.edit(member, changed.pk, stars=1, text=LATER)
    reviews.remove(member, removed.pk)

    answer = client.post(CHOSEN, hidden_of(opened))

    assert list(Review.objects.published()) == [same]
    assert LATER in answer.text
    assert "1 review is published." in answer.text
    assert "1 review was changed while you were reading it and is not published." in answer.text
    assert "nothing was done" not in answer.text
    client.post(CHOSEN, hidden_of(answer.text))
    assert Review.objects.published().count() == 2


def test_publish_when_the_author_changed_it_a_moment_ago_then_refused(line, member, operator):
    read = write(line, member)
    reviews.edit(member, read.pk, stars=1, text=LATER)

    with pytest.raises(ChangedMeanwhile):
        reviews.publish(read, actor=operator)
    reviews.remove(member, read.pk)
    with pytest.raises(NoSuchReview):
        reviews.publish(read, actor=operator)


def test_admin_when_support_looks_then_reads_and_decides_nothing(client, member, operator, line):
    from django.contrib.auth.models import Group

    review = write(line, member)
    operator.groups.set([Group.objects.get(name="support")])
    client.force_login(get_user_model().objects.get(pk=operator.pk))

    assert client.get(reverse("admin:catalog_review_changelist")).status_code == 200
    assert client.post(
        reverse("admin:catalog_review_publish_review", args=[review.pk])
    ).status_code in (302, 403)
    assert Review.objects.get().status == "waiting"


def test_lifecycle_when_received_by_the_member_then_reviewable(member):
    order = order_of(member)
    order = lifecycle.ship(order, actor="staff:1")
    order = lifecycle.complete(order, actor=f"member:{member.pk}")

    assert write(order.lines.get(), member).status == "waiting"


def test_policy_when_an_operator_changes_it_then_the_log_says_so_and_nobody_adds_another(
    client, operator
):
    client.force_login(operator)
    policy = ReviewPolicy.objects.get()

    answer = client.post(
        reverse("admin:catalog_reviewpolicy_change", args=[policy.pk]), {"publishes_at_once": "on"}
    )

    assert answer.status_code == 302
    assert ReviewPolicy.current().publishes_at_once
    row = AuditRow.objects.get(action="catalog.policy_change")
    assert (row.actor, row.before, row.after) == (
        f"staff:{operator.pk}",
        {"publishes_at_once": False},
        {"publishes_at_once": True},
    )
    assert client.get(reverse("admin:catalog_reviewpolicy_add")).status_code == 403
