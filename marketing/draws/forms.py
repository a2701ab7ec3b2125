"""What the pages of draws are sent."""

from django import forms

from mall.core import repeats
from marketing.draws import goods
from marketing.models.draw import MOST_POINTS
from orders.pricing import LARGEST_ID


class TicketForm(forms.Form):
    """The one button: its one-time key, and the points the member agreed to."""

    key = forms.RegexField(repeats.KEY)
    points = forms.IntegerField(min_value=0, max_value=MOST_POINTS)


class ClaimForm(forms.Form):
    """Where a prize goes."""

    address = forms.IntegerField(min_value=1, max_value=LARGEST_ID, required=False)


class DrawGoodsForm(forms.ModelForm):
    """A draw whose tickets can be sold as goods."""

    def clean_draw(self):
        """What stands there may be over by now: that keeps nobody from other edits."""
        draw = self.cleaned_data["draw"]
        if "draw" in self.changed_data and (complaint := goods.complaint(draw)):
            raise forms.ValidationError(complaint, code="not_for_goods")
        return draw
