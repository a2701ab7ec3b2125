"""What a browser sends back of a page without being asked."""

import re
from html.parser import HTMLParser

HIDDEN = re.compile(r"<input[^>]*type=.hidden.[^>]*>")


def hidden_of(page: str) -> dict:
    """Return the hidden fields of a page as {name: [values]}."""
    fields = {}
    for tag in HIDDEN.findall(page):
        said = dict(re.findall(r'(name|value)="([^"]*)"', tag))
        if said["name"] != "csrfmiddlewaretoken":
            fields.setdefault(said["name"], []).append(said.get("value", ""))
    return fields


class _Fields(HTMLParser):
    """Gather what a browser would send of each form of a page."""

    def __init__(self):
        super().__init__()
        self.forms, self.form, self.select, self.area = {}, None, None, None

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        if tag == "form":
            self.form = self.forms.setdefault(said.get("id", ""), {})
        form = self.forms.setdefault(said["form"], {}) if said.get("form") else self.form
        name, kind = said.get("name"), said.get("type", "text")
        if form is None or "disabled" in said:
            return
        if tag == "option" and self.select and "selected" in said:
            self.select[1].append(said.get("value", ""))
        elif tag == "select" and name:
            self.select = (form, form.setdefault(name, []), "multiple" in said, [])
        elif tag == "option" and self.select:
            self.select[3].append(said.get("value", ""))
        elif tag == "textarea" and name:
            form.setdefault(name, []).append("")
            self.area = form[name]
        elif tag == "input" and name and _is_sent(kind, said):
            form.setdefault(name, []).append(said.get("value", "on" if "checked" in said else ""))

    def handle_data(self, data):
        if self.area is not None:
            self.area[-1] += data

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None
        elif tag == "textarea" and self.area is not None:
            self.area[-1], self.area = self.area[-1].removeprefix("\n"), None
        elif tag == "select" and self.select:
            _form, chosen, is_multiple, offered = self.select
            if not chosen and not is_multiple:
                chosen += offered[:1]
            self.select = None


def _is_sent(kind, said) -> bool:
    is_ticked = kind not in ("checkbox", "radio") or "checked" in said
    return is_ticked and kind not in ("submit", "file", "button")


def form_of(page: str, form_id: str) -> dict:
    """Return what a browser would send of one form of a page as {name: [values]}, without the
    token.
    """
    reader = _Fields()
    reader.feed(page)
    found = reader.forms[form_id]
    return {name: values for name, values in found.items() if name != "csrfmiddlewaretoken"}
