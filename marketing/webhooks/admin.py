"""Webhooks in the back office: who hears of what, what was sent and what was answered."""

from django import forms
from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from mall.core.admin.action_forms import ask, page_of, sent
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.newest import NewestChoicesFilter
from mall.core.admin.read_only import ReadOnly
from mall.core.errors import DomainError
from marketing.models import WebhookDelivery, WebhookEndpoint
from marketing.webhooks import endpoints, kinds, queue
from marketing.webhooks.forms import EndpointForm

STATE_COLOURS = {"waiting": "info", "sent": "success", "dead": "danger"}
MAY_CHANGE = "marketing.change_webhookendpoint"
SECRET = "marketing/admin/webhook_secret.html"


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ModelAdmin):
    """Servers that hear of facts. A secret is shown once, when it is made."""

    is_short = True
    form = EndpointForm
    list_display = ["url", "note", "facts", "shown_state", "failing_since"]
    fields = ["url", "note", "kinds", "is_active"]
    actions_detail = ["replace_secret", "send_test"]

    @display(description=_("facts"))
    def facts(self, endpoint):
        return ", ".join(map(kinds.in_words, endpoint.kinds)) or gettext("All")

    @display(
        description=_("state"),
        label={"on": "success", "failing": "warning", "off": "info", "stopped": "danger"},
    )
    def shown_state(self, endpoint):
        if endpoint.is_active:
            failing = endpoint.failing_since is not None
            return ("failing", _("Failing")) if failing else ("on", _("Switched on"))
        if endpoint.switched_off:
            return "stopped", endpoint.get_switched_off_display()
        return "off", _("Switched off")

    def save_model(self, request, obj, form, change):
        if change:
            endpoints.change(obj, actor=request.user)
        else:
            request.secret = endpoints.add(obj, actor=request.user)

    def delete_model(self, request, obj):
        endpoints.remove(obj, actor=request.user)

    def delete_queryset(self, request, queryset):
        """Delete those that were chosen, each with its line in the audit log."""
        for endpoint in queryset:
            endpoints.remove(endpoint, actor=request.user)

    def add_view(self, request, form_url="", extra_context=None):
        """Add an endpoint, unless there are too many."""
        try:
            return super().add_view(request, form_url, extra_context)
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect("../")

    def response_add(self, request, obj, post_url_continue=None):
        """Show the secret, on the answer itself: nothing keeps it for a next page."""
        return self._secret(request, obj, request.secret)

    @action(description=_("New secret"), permissions=["secret"])
    def replace_secret(self, request, object_id):
        """Ask, then show the new secret once."""
        endpoint = self.get_object(request, object_id)
        question = _("The old secret signs beside the new one for 24 hours, and then no more.")

        def replace(row, _answers):
            return self._secret(request, row, endpoints.replace_secret(row, actor=request.user))

        return ask(
            self,
            request,
            endpoint,
            forms.Form(sent(request)),
            replace,
            title=_("New secret"),
            about=endpoint.url,
            question=question,
        )

    @action(description=_("Send a test"), permissions=["secret"])
    def send_test(self, request, object_id):
        """Ask, then queue a message that tells nothing."""
        endpoint = self.get_object(request, object_id)

        def send(row, _answers):
            queue.send_test(row, actor=request.user)
            return _("A test is on its way; what was answered stands in the list of deliveries.")

        question = _("A message of the kind “test” is sent within seconds.")
        return ask(
            self,
            request,
            endpoint,
            forms.Form(sent(request)),
            send,
            title=_("Send a test"),
            about=endpoint.url,
            question=question,
        )

    def has_secret_permission(self, request, object_id=None):
        return request.user.has_perm(MAY_CHANGE)

    def _secret(self, request, endpoint, secret):
        standard = self.admin_site.each_context(request)
        said = {"title": _("Secret of the endpoint"), "opts": self.opts, "secret": secret}
        page = {**standard, **said, "endpoint": endpoint, "back_url": page_of(self, endpoint)}
        answer = TemplateResponse(request, SECRET, page)
        answer["Cache-Control"] = "no-store"
        return answer


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnly, ModelAdmin):
    """What was sent, byte for byte, and how the answer began."""

    list_fullwidth = True
    list_display = ["created_at", "endpoint", "kind", "member", "state_shown", "status", "tries"]
    list_display += ["answer", "next_try_at"]
    # all endpoints are offered: to know which were ever written to, all deliveries would be read
    list_filter = [("state", NewestChoicesFilter), "endpoint"]
    list_select_related = ["endpoint"]
    search_fields = ["=message", "=kind", "=member"]
    search_help_text = _("A message id, a kind of fact or a member's number, whole.")
    fields = ["message", "endpoint", "kind", "member", "body", "state", "status", "answer"]
    fields += ["took_ms", "tries", "next_try_at", "sent_at", "created_at"]
    readonly_fields = fields
    actions = ["replay"]

    @display(description=_("state"), label=STATE_COLOURS, ordering="state")
    def state_shown(self, delivery):
        return delivery.state, delivery.get_state_display()

    @action(description=_("Send again"), permissions=["replay"])
    def replay(self, request, queryset):
        """Queue the chosen ones anew, under the same ids."""
        count = queue.replay(queryset, actor=request.user)
        text = ngettext(
            "%(count)s delivery is sent again.", "%(count)s deliveries are sent again.", count
        )
        messages.success(request, text % {"count": count})

    def has_replay_permission(self, request):
        return request.user.has_perm(MAY_CHANGE)
