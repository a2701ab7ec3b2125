"""What the list of orders offers the packing room: many sent at once, slips to print, a file to
take along, notes.
"""

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action

from mall.core import clock, export
from mall.core.admin.action_forms import TEMPLATE, ChosenForm, sent
from mall.core.admin.change_list import COUNT_MAX
from mall.core.errors import DomainError
from mall.core.links import id_in
from orders.dispatch import exports, labels, notes, slips, waiting
from orders.dispatch import table_forms as table
from orders.dispatch.forms import ColumnsForm, InternalNoteForm, MemberNoteForm

LIST = "admin:orders_order_changelist"


class ExportForm(ColumnsForm, ChosenForm):
    """Which columns of the chosen orders are taken along."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["columns"].choices = [
            (name, column.title) for name, column in exports.COLUMNS.items()
        ]

    def offer(self, user) -> None:
        """Keep the columns an operator may have, those of last time chosen."""
        offered = exports.columns_for(user)
        self.fields["columns"].choices = [(name, one.title) for name, one in offered.items()]
        self.initial |= {"columns": exports.chosen_by(user)}


class DispatchButtons:
    """Put it before the admin of orders; each asks for its permission, then calls a verb."""

    def has_note_permission(self, request, object_id=None):
        return request.user.has_perm("orders.add_ordernote")

    # --- many at once ------------------------------------------------------------
    @action(description=_("Send many"), url_path="send-many", permissions=["ship"])
    def ship_many(self, request):
        """Show what waits to be sent as a table, and send what was filled in."""
        if request.method != "POST":
            after, only = _asked(request)
            rows = waiting.page_of(after=after, only=only)
            next_url = "" if only else _next_url(rows)
            return self._table_page(request, table.blank(rows), next_url=next_url)
        shown = table.filled(request.POST)
        if "fill" in request.POST:
            shown = table.fill(shown)
            for number in shown.left_over:
                words = _("No row is left for the number %(number)s.")
                messages.warning(request, words % {"number": number})
            return self._table_page(request, shown)
        asked = table.send(shown, operator=request.user)
        done = sum(label.state != labels.REFUSED for label in asked)
        if done:
            words = ngettext("%(n)s order is sent.", "%(n)s orders are sent.", done)
            messages.success(request, words % {"n": done})
        has_errors = shown.head.errors or any(form.errors for form in shown.rows)
        if not has_errors and asked:
            after, _only = _asked(request)
            query = f"?after={after}" if after else ""
            return HttpResponseRedirect(reverse("admin:orders_order_ship_many") + query)
        if not has_errors:
            messages.warning(request, _("No row has a tracking number yet."))
        return self._table_page(request, shown, status=400 if has_errors else 200)

    def _table_page(self, request, shown, *, next_url="", status=200):
        table.note_opened(shown, operator=request.user)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Send many"),
            "table": shown,
            "waiting_count": waiting.orders()[:COUNT_MAX].count(),
            "next_url": next_url,
            "file_url": reverse("admin:orders_dispatchfile_upload"),
            "back_url": reverse(LIST),
        }
        return TemplateResponse(request, "orders/admin/dispatch_table.html", context, status=status)

    @action(description=_("Send these"), permissions=["ship"])
    def ship_chosen(self, request, queryset):
        """Show the chosen orders as that table."""
        keys = list(waiting.orders(queryset).values_list("pk", flat=True)[:COUNT_MAX])
        if not keys:
            messages.warning(request, _("Nothing of these orders waits to be sent."))
            return None
        shown, left = keys[: waiting.ROWS], len(keys[waiting.ROWS :])
        if left:
            words = ngettext(
                "The first %(shown)s are here; %(n)s more of those chosen waits behind them.",
                "The first %(shown)s are here; %(n)s more of those chosen wait behind them.",
                left,
            )
            messages.warning(request, words % {"shown": len(shown), "n": left})
        query = "&".join(f"order={key}" for key in shown)
        return HttpResponseRedirect(f"{reverse('admin:orders_order_ship_many')}?{query}")

    # --- on paper and as a file -----------------------------------------------------
    @action(description=_("Print packing slips"), permissions=["ship"])
    def print_slips(self, request, queryset):
        """Show a slip for each parcel of the chosen orders, and what to pick, ready to print."""
        found = slips.slips_of(queryset, operator=request.user)
        if not found:
            messages.warning(request, _("Nothing of these orders waits to be sent."))
            return None
        context = {"slips": found, "picks": slips.to_pick(found), "back_url": reverse(LIST)}
        context |= {"at": clock.now(), "most": slips.SLIPS_MAX}
        return TemplateResponse(request, "orders/admin/slips.html", context)

    @action(description=_("Take along as a file"), permissions=["view"])
    def export_orders(self, request, queryset):
        """Ask for the columns, then hand the chosen orders out."""
        count = queryset.order_by()[: exports.ORDERS_MAX + 1].count()
        form = ExportForm.about(request, count, answer="format")
        form.offer(request.user)
        if form.is_valid():
            names = form.cleaned_data["columns"]
            try:
                exports.begin(queryset, names, operator=request.user)
            except DomainError as refusal:
                form.add_error(None, str(refusal))
            else:
                respond = getattr(export, f"{form.cleaned_data['format']}_response")
                told = exports.header(names), exports.rows(queryset, names)
                return respond(f"orders-{clock.today()}", *told)
        words = ngettext("%(n)s order.", "%(n)s orders.", count) % {"n": f"{count:,}"}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "form": form,
            "facts": [words],
            "title": _("Take along as a file"),
            "button": _("Download"),
            "back_url": reverse(LIST),
        }
        return TemplateResponse(request, TEMPLATE, context, status=400 if form.errors else 200)

    # --- notes ---------------------------------------------------------------------
    @action(description=_("Write to the member"), url_path="note", permissions=["note"])
    def note_member(self, request, object_id):
        """Tell the member something about the order."""
        return self._ask(
            request,
            object_id,
            lambda order: MemberNoteForm(sent(request)),
            lambda order, said: notes.tell_member(order, said["text"], operator=request.user),
            question=_("The member reads it at the order and in the inbox. It stays for good."),
            button=_("Write to the member"),
        )

    @action(description=_("Internal note"), url_path="internal-note", permissions=["note"])
    def note_inside(self, request, object_id):
        """Leave colleagues a note."""
        return self._ask(
            request,
            object_id,
            lambda order: InternalNoteForm(sent(request)),
            lambda order, said: notes.leave(order, said["text"], operator=request.user),
            question=_("Only colleagues read it."),
            button=_("Internal note"),
        )


def _next_url(rows):
    """Return where the orders behind a page are; what came along with it stands there again."""
    shown = sorted(row.order.pk for row in rows)[: waiting.ROWS]
    is_full = len(shown) == waiting.ROWS
    return f"?after={shown[-1]}" if is_full else ""


def _asked(request):
    """Return behind which order, or of which orders, an address asks."""
    chosen = [key for key in map(id_in, request.GET.getlist("order")) if key]
    return id_in(request.GET.get("after", "")) or 0, chosen[: waiting.ROWS]
