"""Buttons of the back office that ask something first: a form about one row, shown until the verb
takes what it says.
"""

from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from mall.core.errors import DomainError
from mall.core.versions import ChangedMeanwhile, check_read

TEMPLATE = "admin/ask.html"
VERSION = "version"  # the hidden field that brings back what was read


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
    **context,
):
    """Show ``form`` about ``row``; once it is filled in, run ``verb(row, answers)`` and go back to
    the row.

    The verb returns the words of success, or an answer of its own. What it refuses is said at the
    field ``blame``, or above the form. ``version`` marks what the page shows (mall.core.versions):
    once it reads differently than when the form was opened, nothing is done and the page shows it
    as it is now.
    """
    if form.is_valid():
        try:
            if version:
                check_read(request.POST.get(VERSION), version)
            done = verb(row, form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None if isinstance(refusal, ChangedMeanwhile) else blame, str(refusal))
        else:
            if isinstance(done, HttpResponseBase):
                return done
            messages.success(request, done)
            return HttpResponseRedirect(page_of(model_admin, row))
    return show(
        model_admin, request, row, form, title=title, template=template, version=version, **context
    )


def show(model_admin, request, row, form, *, title, template=TEMPLATE, **context):
    """Show the form's page, as a 400 when something in it was wrong."""
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


def page_of(model_admin, row) -> str:
    """Return the address of a row's own page in the back office."""
    return reverse(
        f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_change", args=[row.pk]
    )
