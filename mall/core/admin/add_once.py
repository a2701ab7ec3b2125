"""A row of the back office is added once, however often its form is sent: a double click, or Back
and Save once more.

The form of a new row carries a one-time mark, and the log of what was added keeps the digest of all
that was sent with it. The same page with anything else in it adds another row.
"""

import hashlib
import json
from datetime import timedelta
from uuid import uuid4

from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.admin.options import get_content_type_for_model
from django.contrib.auth import get_user_model

from mall.core import clock

ONCE = "_once"  # the hidden field with the mark
REMEMBERED = timedelta(days=1)


class AddOnce:
    """Put it before ModelAdmin: the pages on which rows are added."""

    def _changeform_view(self, request, object_id, form_url, extra_context):
        may_add = object_id is None and self.has_add_permission(request)
        if request.method == "POST" and may_add and request.POST.get(ONCE):
            row = self._added_by(request)
            if row is not None:
                return self.response_add(request, row)
        return super()._changeform_view(request, object_id, form_url, extra_context)

    def _added_by(self, request):
        """Return the row that this very form added before, if it is there."""
        # Two clicks may come at once; the second must see what the first added.
        own = get_user_model().objects.select_for_update().filter(pk=request.user.pk)
        list(own.values_list("pk"))
        added = LogEntry.objects.filter(
            user_id=request.user.pk,
            content_type=get_content_type_for_model(self.model),
            action_flag=ADDITION,
            action_time__gte=clock.now() - REMEMBERED,
            change_message__contains=_digest_of(request.POST),
        )
        keys = added.order_by("-pk").values_list("object_id", flat=True)[:1]
        return next((self.get_object(request, key) for key in keys), None)

    def log_addition(self, request, obj, message):
        """Keep with what was added the digest of its form. Django reads past it."""
        if request.POST.get(ONCE) and isinstance(message, list):
            message = [*message, {ONCE: _digest_of(request.POST)}]
        return super().log_addition(request, obj, message)

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj is None:
            context["once"] = uuid4().hex
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)


def _digest_of(sent) -> str:
    fields = sorted((name, said) for name, said in sent.lists() if name != "csrfmiddlewaretoken")
    return hashlib.sha256(json.dumps(fields).encode()).hexdigest()
