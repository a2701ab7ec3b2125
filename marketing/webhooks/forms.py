"""What an operator says of an endpoint."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from marketing.models import WebhookEndpoint
from marketing.models.webhook import URL_LENGTH
from marketing.webhooks import endpoints, kinds


class EndpointForm(forms.ModelForm):
    """Where to, and of what; no kind chosen means all."""

    url = forms.CharField(
        label=_("Address"),
        max_length=URL_LENGTH,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("https://… of a server that is not inside a private network."),
    )
    kinds = forms.MultipleChoiceField(
        label=_("Facts"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("Choose none to hear of all, those of later releases, too."),
    )

    class Meta:
        model = WebhookEndpoint
        fields = ["url", "note", "kinds", "is_active"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "kinds" in self.fields:
            self.fields["kinds"].choices = _choices(self.instance)

    def clean_url(self):
        """Keep an address that webhooks may go to, once."""
        return endpoints.check_url(self.cleaned_data["url"], of=self.instance)


def _choices(endpoint):
    """Return every kind with its words; one that is told no more stays choosable where it is."""
    known = kinds.all_kinds()
    names = [*known, *(kind for kind in endpoint.kinds if kind not in known)]
    return [(kind, f"{kinds.in_words(kind)} ({kind})") for kind in names]
