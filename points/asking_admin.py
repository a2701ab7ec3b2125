"""A form about one row, shown until the verb takes what it says."""

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from mall.errors import DomainError


def ask(model_admin, request, row, form, verb, *, title, blame=None, template="admin/points/ask.html", **context):
    """Show ``form`` about ``row``; when it is filled in, run ``verb(row, answers)``, say what it returns and go back to the row."""
    opts = model_admin.opts
    back = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, verb(row, form.cleaned_data))
        except DomainError as refusal:
            form.add_error(blame, str(refusal))
        else:
            return HttpResponseRedirect(back)
    standard = {**model_admin.admin_site.each_context(request), "opts": opts, "form": form, "row": row, "back_url": back}
    return TemplateResponse(request, template, {**standard, "title": title, "button": title, **context})
