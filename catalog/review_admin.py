"""Reviews behind the counter: what waits to be read, publishing, rejecting with a reason, and the
shop's answer.
"""

from django import forms
from django.contrib import admin, messages
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from catalog import reviews
from catalog.errors import NoSuchReview
from catalog.models import ANSWER_LENGTH, REASON_LENGTH, Review, ReviewPolicy
from mall.core import actors
from mall.core.admin.action_forms import ask, sent
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.newest import NewestChoicesFilter, NewestEmptyFilter
from mall.core.admin.one_row import OneRow
from mall.core.admin.read_only import ReadOnly
from mall.core.admin.search import members
from mall.core.versions import ChangedMeanwhile, check_read

COLOURS = {
    Review.Status.PUBLISHED: "success",
    Review.Status.WAITING: "warning",
    Review.Status.REJECTED: "danger",
}
EXCERPT = 60
READ_AT_ONCE = 50


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=REASON_LENGTH,
        help_text=_("The author reads it."),
        widget=UnfoldAdminTextInputWidget,
    )


class AnswerForm(forms.Form):
    text = forms.CharField(
        label=_("The shop's answer"),
        max_length=ANSWER_LENGTH,
        required=False,
        help_text=_("Shown under the review; empty takes it away."),
        widget=UnfoldAdminTextareaWidget,
    )


@admin.register(Review)
class ReviewAdmin(ReadOnly, ModelAdmin):
    """Members' words are theirs: they are published or rejected, answered, and never edited
    here.
    """

    list_display = [
        "created_at",
        "product",
        "shown_stars",
        "excerpt",
        "author",
        "shown_status",
        "has_answer",
    ]
    list_filter = [
        "status",
        ("stars", NewestChoicesFilter),
        ("answered_at", NewestEmptyFilter),
    ]
    list_select_related = ["product"]
    list_fullwidth = True
    search_fields = [*members("user"), "product__name_zh_hans", "product__name_en", "text"]
    search_help_text = _(
        "A member's whole name or e-mail, or how the name begins; a part of a product's name; a "
        "word among the newest reviews."
    )
    ordering = ["-pk"]
    actions = ["publish_chosen"]
    actions_detail = ["publish_review", "reject_review", "answer_review"]
    fields = [
        "product", "user", "author", "shown_stars", "text", "status", "reason", "answer",
        "created_at", "edited_at", "decided_at", "by", "answered_at",
    ]  # fmt: skip
    readonly_fields = fields
    by = actors.column("decided_by", _("decided by"))

    @admin.display(description=_("stars"), ordering="stars")
    def shown_stars(self, review):
        return "★" * review.stars + "☆" * (5 - review.stars)

    @admin.display(description=_("text"))
    def excerpt(self, review):
        return review.text if len(review.text) <= EXCERPT else f"{review.text[:EXCERPT]}…"

    @display(description=_("status"), ordering="status", label=COLOURS)
    def shown_status(self, review):
        return review.status, review.get_status_display()

    @admin.display(description=_("answered"), boolean=True)
    def has_answer(self, review):
        return review.answered_at is not None

    def has_moderate_permission(self, request, object_id=None):
        return request.user.has_perm("catalog.moderate_review")

    def get_actions_detail(self, request, object_id):
        """Offer what would change something."""
        review = self.get_object(request, str(object_id))
        useless = {"published": "publish_review", "rejected": "reject_review"}.get(
            review.status if review else ""
        )
        return [
            button
            for button in super().get_actions_detail(request, object_id)
            if button.method.original_function_name != useless
        ]

    @action(description=_("Publish"), permissions=["moderate"])
    def publish_chosen(self, request, queryset):
        """Show what was chosen in full; once it was read, publish what still reads the same."""
        unpublished = queryset.exclude(status=Review.Status.PUBLISHED).order_by("pk")
        chosen = unpublished[:READ_AT_ONCE]
        if "read" not in request.POST:
            return self._show_chosen(request, unpublished) if chosen else None
        published, changed = 0, []
        for review in chosen:
            try:
                check_read(request.POST.get(f"version-{review.pk}"), review.version)
                reviews.publish(review, actor=request.user)
            except ChangedMeanwhile:
                changed.append(review.pk)
            except NoSuchReview:
                continue  # its author took it away a moment ago
            else:
                published += 1
        if published:
            words = ngettext(
                "%(n)s review is published.", "%(n)s reviews are published.", published
            )
            messages.success(request, words % {"n": published})
        if not changed:
            # of all that were chosen the next are read
            is_more = request.POST.get("select_across") == "1" and unpublished.exists()
            return self._show_chosen(request, unpublished) if is_more else None
        words = ngettext(
            "%(n)s review was changed while you were reading it and is not published. Please read "
            "it as it is now and decide again.",
            "%(n)s reviews were changed while you were reading them and are not published. "
            "Please read them as they are now and decide again.",
            len(changed),
        )
        messages.error(request, words % {"n": len(changed)})
        return self._show_chosen(
            request, Review.objects.select_related("product").filter(pk__in=changed).order_by("pk")
        )

    def _show_chosen(self, request, rows):
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "chosen": rows[:READ_AT_ONCE],
            "more": max(0, rows.count() - READ_AT_ONCE),
            "select_across": request.POST.get("select_across") == "1",
            "title": _("Publish"),
        }
        context["back_url"] = reverse("admin:catalog_review_changelist")
        return TemplateResponse(request, "catalog/admin/reviews.html", context)

    @action(description=_("Publish"), url_path="publish", permissions=["moderate"])
    def publish_review(self, request, object_id):
        """Show it to everybody."""

        def verb(review, _said):
            reviews.publish(review, actor=request.user)
            return _("Everybody can read it now.")

        return self._ask(request, object_id, forms.Form(sent(request)), verb, title=_("Publish"))

    @action(description=_("Reject"), url_path="reject", permissions=["moderate"])
    def reject_review(self, request, object_id):
        """Keep it from being shown, with the reason its author reads."""

        def verb(review, said):
            reviews.reject(review, actor=request.user, reason=said["reason"])
            return _("It is not shown, and the author knows why.")

        return self._ask(request, object_id, ReasonForm(sent(request)), verb, title=_("Reject"))

    @action(description=_("Answer"), url_path="answer", permissions=["moderate"])
    def answer_review(self, request, object_id):
        """Write the shop's answer under it, or take it away."""

        def verb(review, said):
            reviews.answer(review, actor=request.user, text=said["text"])
            return _("Your answer is kept.")

        return self._ask(request, object_id, AnswerForm(sent(request)), verb, title=_("Answer"))

    def _ask(self, request, object_id, form, verb, *, title):
        review = self.get_object(request, object_id)
        form.initial = {"text": review.answer}
        words = {"template": "catalog/admin/review.html", "review": review}
        return ask(self, request, review, form, verb, title=title, version=review.version, **words)


@admin.register(ReviewPolicy)
class ReviewPolicyAdmin(OneRow, ModelAdmin):
    """Whether reviews wait for somebody."""
