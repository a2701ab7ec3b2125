"""What a member says in a review."""

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import LONGEST_REVIEW, MOST_STARS, SHORTEST_REVIEW

REVIEWS_PER_MEMBER = "10/h"


class ReviewForm(forms.Form):
    """Stars and words; how long is long enough is decided by catalog/reviews.py."""

    stars = forms.TypedChoiceField(
        label=_("Stars"),
        coerce=int,
        choices=[(n, str(n)) for n in range(MOST_STARS, 0, -1)],
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=_("How do you like it?"),
        max_length=LONGEST_REVIEW,
        help_text=_("At least %(least)s characters, at most %(most)s.")
        % {"least": SHORTEST_REVIEW, "most": LONGEST_REVIEW},
        widget=forms.Textarea(attrs={"rows": 6, "minlength": SHORTEST_REVIEW}),
    )
