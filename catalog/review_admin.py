"""Reviews behind the counter: what waits to be read, publishing, rejecting with a reason, and the shop's answer."""

from django import forms
from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from catalog import reviews
from catalog.models import ANSWER_LENGTH, REASON_LENGTH, Review, ReviewPolicy
from mall import audit
from mall.read_only import ReadOnly

COLOURS = {Review.Status.PUBLISHED: "success", Review.Status.WAITING: "warning", Review.Status.REJECTED: "danger"}
EXCERPT = 60


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=REASON_LENGTH, help_text=_("The author reads it."), widget=UnfoldAdminTextInputWidget
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
    """Members' words are theirs: they are published or rejected, answered, and never edited here."""

    list_display = ["created_at", "product", "shown_stars", "excerpt", "author", "shown_status", "has_answer"]
    list_filter = ["status", "stars", ("answered_at", admin.EmptyFieldListFilter)]
    list_select_related = ["product"]
    list_per_page = 50
    list_fullwidth = True
    search_fields = ["text", "user__username", "product__name_zh_hans", "product__name_en"]
    ordering = ["-pk"]
    actions = ["publish_chosen"]
    actions_detail = ["publish_review", "reject_review", "answer_review"]
    fields = [
        "product", "user", "author", "shown_stars", "text", "shown_status", "reason", "answer",
        "created_at", "edited_at", "decided_at", "decided_by", "answered_at",
    ]  # fmt: skip
    readonly_fields = fields

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
        useless = {"published": "publish_review", "rejected": "reject_review"}.get(review.status if review else "")
        return [button for button in super().get_actions_detail(request, object_id) if button.method.original_function_name != useless]

    @action(description=_("Publish"), permissions=["moderate"])
    def publish_chosen(self, request, queryset):
        chosen = list(queryset.exclude(status=Review.Status.PUBLISHED).order_by("pk"))
        for review in chosen:
            reviews.publish(review, actor=request.user)
        words = ngettext("%(n)s review is published.", "%(n)s reviews are published.", len(chosen)) % {"n": len(chosen)}
        messages.success(request, words)

    @action(description=_("Publish"), url_path="publish", permissions=["moderate"])
    def publish_review(self, request, object_id):
        review = self._found(request, object_id)
        if request.method == "POST":
            reviews.publish(review, actor=request.user)
            messages.success(request, _("Everybody can read it now."))
            return self._back(review)
        return self._ask(request, review, forms.Form(), _("Publish"))

    @action(description=_("Reject"), url_path="reject", permissions=["moderate"])
    def reject_review(self, request, object_id):
        review, form = self._found(request, object_id), ReasonForm(request.POST or None)
        if form.is_valid():
            reviews.reject(review, actor=request.user, reason=form.cleaned_data["reason"])
            messages.success(request, _("It is not shown, and the author knows why."))
            return self._back(review)
        return self._ask(request, review, form, _("Reject"))

    @action(description=_("Answer"), url_path="answer", permissions=["moderate"])
    def answer_review(self, request, object_id):
        review = self._found(request, object_id)
        form = AnswerForm(request.POST or None, initial={"text": review.answer})
        if form.is_valid():
            reviews.answer(review, actor=request.user, text=form.cleaned_data["text"])
            messages.success(request, _("Your answer is kept."))
            return self._back(review)
        return self._ask(request, review, form, _("Answer"))

    def _found(self, request, object_id):
        return self.get_queryset(request).select_related("product").get(pk=object_id)

    def _back(self, review):
        return HttpResponseRedirect(reverse("admin:catalog_review_change", args=[review.pk]))

    def _ask(self, request, review, form, title):
        facts = {"opts": self.opts, "form": form, "review": review, "title": title, "button": title, "back_url": self._back(review).url}
        return TemplateResponse(request, "catalog/admin/review.html", {**self.admin_site.each_context(request), **facts})


@admin.register(ReviewPolicy)
class ReviewPolicyAdmin(ModelAdmin):
    """The one row that says whether reviews wait for somebody."""

    list_display = ["__str__", "publishes_at_once"]

    def has_add_permission(self, request):
        return False  # the one row comes with a migration; asking for it would cost every page of the back office a query

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        before = {name: form.initial.get(name) for name in form.changed_data}
        after = {name: getattr(obj, name) for name in form.changed_data}
        audit.note(request.user, "catalog.review_policy_change", target=obj, before=before, after=after)
