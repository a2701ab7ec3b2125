"""Buttons of the back office that ask something first: a form about one row, shown until the verb
takes what it says.
"""

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpResponseBase, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse

from mall.core import unsent
from mall.core.errors import DomainError
from mall.core.versions import ChangedMeanwhile, check_read, check_shown, mark_of

TEMPLATE = "admin/ask.html"
VERSION = "version"  # the hidden field that brings back what was read


class ChosenForm(forms.Form):
    """A question about rows chosen in a list: which they are comes along, all that the list finds
    where all were chosen, and how many the page said they are.
    """

    action = forms.CharField(widget=forms.HiddenInput)
    select_across = forms.BooleanField(required=False, widget=forms.HiddenInput)
    _selected_action = forms.Field(widget=forms.MultipleHiddenInput, required=False)
    told = forms.IntegerField(required=False, widget=forms.HiddenInput)

    @classmethod
    def about(cls, request, told, *, answer):
        """Return the form, filled in once ``answer``, one of its fields, was sent. Its data then
        tell how many there are now; ``is_told`` says whether that is what was read.
        """
        chosen = {
            **request.POST.dict(),
            ACTION_CHECKBOX_NAME: request.POST.getlist(ACTION_CHECKBOX_NAME),
            "told": told,
        }
        if answer not in request.POST:
            return cls(initial=chosen)
        data = request.POST.copy()
        read, data["told"] = data.get("told"), str(told)
        form = cls(data)
        if read is not None and read != str(told):
            form.add_error(None, str(ChangedMeanwhile()))
        return form


def sent(request):
    """Return what a form is filled with: what was posted, or nothing yet. A form without fields is
    posted empty.
    """
    return request.POST if request.method == "POST" else None


def ask(
    model_admin,
    request,
    row,
    form,
    verb,
    *,
    title,
    blame=None,
    template=TEMPLATE,
    version="",
    mark="",
    **context,
):
    """Show ``form`` about ``row``; once it is filled in, run ``verb(row, answers)`` and go back to
    the row.

    The verb returns the words of success, or an answer of its own. What it refuses is said at the
    field ``blame``, or above the form. The page brings back a mark of what it shows
    (mall.core.versions): once that reads differently, nothing is done and the page shows it as it
    is now. ``version`` is such a mark that must come back; otherwise it is ``mark``, by default the
    whole row's, and a form that has none is one of the release before.
    """
    mark = version or mark or mark_of(row)
    if form.is_valid():
        try:
            if version:
                check_read(request.POST.get(VERSION), version)
            check_shown(request.POST.get(VERSION), mark)
            done = verb(row, form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None if isinstance(refusal, ChangedMeanwhile) else blame, str(refusal))
        else:
            if isinstance(done, HttpResponseBase):
                return done
            messages.success(request, done)
            return HttpResponseRedirect(page_of(model_admin, row))
    return show(
        model_admin, request, row, form, title=title, template=template, version=mark, **context
    )


def show(model_admin, request, row, form, *, title, template=TEMPLATE, **context):
    """Show the form's page, as a 400 when something in it was wrong; with what its reader could not
    send, where there is such.
    """
    if not form.is_bound:
        kept = dict((unsent.take(request) or QueryDict()).lists())
        first = {name: sent if len(sent) > 1 else sent[0] for name, sent in kept.items()}
        form.initial = {**form.initial, **first}
    standard = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "form": form,
        "row": row,
    }
    standard |= {"title": title, "button": title, "back_url": page_of(model_admin, row)}
    return TemplateResponse(
        request, template, {**standard, **context}, status=400 if form.errors else 200
    )


def ask_before(model_admin, request, form, *, title, button, **context):
    """Show a form that is about no single row (a file to bring, rows chosen in a list), as a 400
    when something in it was wrong; the way back is the list.
    """
    standard = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "form": form,
        "title": title,
        "button": button,
        "back_url": list_of(model_admin),
    }
    status = 400 if form.errors else 200
    return TemplateResponse(request, TEMPLATE, {**standard, **context}, status=status)


def list_of(model_admin) -> str:
    """Return the address of a list in the back office."""
    opts = model_admin.opts
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")


def page_of(model_admin, row) -> str:
    """Return the address of a row's own page in the back office."""
    return reverse(
        f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_change", args=[row.pk]
    )
