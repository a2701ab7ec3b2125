"""The pages of a member's own reviews: what waits for words, what was written, and the form."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog import reviews as written
from catalog.errors import InvalidReview
from catalog.models import Review
from mall.core import unsent
from mall.core.limits import limit
from orders.models import Order, OrderLine
from orders.reviews import lines
from orders.reviews.forms import REVIEWS_PER_MEMBER, ReviewForm

OWN_PER_PAGE = 10


@require_safe
def own(request):
    """List the own reviews, and what has arrived and waits for one."""
    found = Review.objects.of(request.user).select_related("product").order_by("-pk")
    page = Paginator(found, OWN_PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "orders/reviews.html",
        {"page_obj": page, "waiting": lines.waiting_lines(request.user)},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def write(request, no, line):
    """Write about one delivered line; who has done so already is led to it."""
    bought = get_object_or_404(
        OrderLine.objects.select_related("order"), pk=line, order__no=no, order__user=request.user
    )
    review = lines.of_lines(request.user.pk, [bought]).get(bought.pk)
    if review is not None:
        return redirect("orders:review_edit", review.pk)
    if bought.order.status != Order.Status.COMPLETED:
        raise Http404
    form = ReviewForm(unsent.fields(request))
    if request.method == "POST" and form.is_valid():
        limit(request, "review", REVIEWS_PER_MEMBER)
        said = _send(form, lambda **said: lines.write(request.user, no=no, line=bought.pk, **said))
        if said is not None:
            messages.success(
                request, _("Thank you! Your review is shown as soon as we have read it.")
            )
            return redirect("orders:reviews")
    facts = {
        "form": form,
        "title": _("Write a review"),
        "name": bought.product_name,
        "image": bought.image,
        "back_url": bought.order.get_absolute_url(),
    }
    return render(request, "orders/review_form.html", facts, status=unsent.status_of(request))


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, pk):
    """Change an own review as long as it is not published."""
    review = written.own(request.user, pk)
    said = {"stars": review.stars, "text": review.text}
    form = ReviewForm(unsent.fields(request), initial=said)
    if review.status == Review.Status.PUBLISHED:
        return redirect("orders:reviews")
    if request.method == "POST" and form.is_valid():
        limit(request, "review", REVIEWS_PER_MEMBER)
        said = _send(form, lambda **said: written.edit(request.user, pk, **said))
        if said is not None:
            messages.success(
                request, _("Changed. Your review is shown as soon as we have read it.")
            )
            return redirect("orders:reviews")
    facts = {
        "form": form,
        "title": _("Change my review"),
        "name": review.product.name,
        "image": review.product.image_url,
    }
    facts |= {"review": review, "back_url": reverse("orders:reviews")}
    return render(request, "orders/review_form.html", facts, status=unsent.status_of(request))


@require_POST
def remove(request, pk):
    """Delete an own review."""
    written.remove(request.user, pk)
    messages.success(request, _("Your review is deleted."))
    return redirect("orders:reviews")


def _send(form, verb):
    """Return what the verb made of the form, or None with the refusal beside its field."""
    try:
        return verb(**form.cleaned_data)
    except InvalidReview as refusal:
        form.add_error(refusal.field, str(refusal))
        return None
