"""Forms of marketing's pages."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from marketing.channels import choices as channels
from marketing.models import Channel
from marketing.notices import digest, preferences
from marketing.notices.topics import MANNERS, TOPICS


class NoticesForm(forms.Form):
    """Two switches for each kind of notice, and the language of mails."""

    language = forms.ChoiceField(label=_("Language of our mails"), choices=settings.LANGUAGES)

    def __init__(self, *args, member, **kwargs):
        super().__init__(*args, **kwargs)
        self.topics = preferences.by_topic(member)
        self.fields["language"].initial = member.language
        self._add_digest(member)
        for row in (row for topic in self.topics for row in topic["rows"]):
            self._add(
                f"inbox_{row['kind']}",
                _("%(kind)s: inbox") % {"kind": row["label"]},
                row["choice"].inbox,
                row["fixed_inbox"],
            )
            self._add(
                f"email_{row['kind']}",
                _("%(kind)s: e-mail") % {"kind": row["label"]},
                row["choice"].email,
                row["fixed_email"],
            )
        self.channels = channels.of(member)
        for channel, wanted in self.channels.items():
            for topic, is_on in wanted.items():
                label = f"{Channel(channel).label}: {TOPICS[topic]}"
                self._add(f"{channel}_{topic}", label, is_on, False)

    def _add_digest(self, member):
        at = {"time": f"{digest.hour()}:00"}
        self.fields["digest"] = forms.BooleanField(
            label=_("One message a day"),
            initial=digest.is_on_for(member),
            required=False,
            help_text=_(
                "What is not urgent comes together at %(time)s instead of one after the other."
            )
            % at,
        )

    def _add(self, name, label, initial, is_fixed):
        self.fields[name] = forms.BooleanField(
            label=label, initial=initial, required=False, disabled=is_fixed
        )

    def choices(self) -> dict:
        """Return what ``preferences.choose`` is to keep."""
        said = self.cleaned_data
        return {
            kind: preferences.Choice(said[f"inbox_{kind}"], said[f"email_{kind}"])
            for kind in MANNERS
        }

    def channel_choices(self) -> dict:
        """Return what ``channels.choose`` is to keep."""
        return {
            channel: {topic: self.cleaned_data[f"{channel}_{topic}"] for topic in wanted}
            for channel, wanted in self.channels.items()
        }

    def by_channel(self):
        """Return topics with a field for each channel, and the channels' names."""
        names = [Channel(channel).label for channel in self.channels]
        rows = [
            {"label": label, "fields": [self[f"{channel}_{topic}"] for channel in self.channels]}
            for topic, label in TOPICS.items()
        ]
        return {"names": names, "rows": rows} if names else None

    def by_topic(self):
        """Return the rows of the page with their fields."""
        return [
            {**topic, "rows": [self._row(row) for row in topic["rows"]]} for topic in self.topics
        ]

    def _row(self, row):
        return {
            "label": row["label"],
            "fields": (self[f"inbox_{row['kind']}"], self[f"email_{row['kind']}"]),
        }


class PushDeviceForm(forms.Form):
    """What a browser tells of its push subscription."""

    endpoint = forms.CharField(max_length=channels.ADDRESS_LENGTH)
    p256dh = forms.CharField(max_length=200)
    auth = forms.CharField(max_length=50)

    def said(self) -> dict:
        """Return what ``channels.add_device`` takes."""
        told = self.cleaned_data
        return {
            "address": told["endpoint"],
            "public_key": told["p256dh"],
            "auth": told["auth"],
        }
