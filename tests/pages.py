"""What a browser sends back of a page without being asked."""

import re

HIDDEN = re.compile(r"<input[^>]*type=.hidden.[^>]*>")


def hidden_of(page: str) -> dict:
    """Return the hidden fields of a page as {name: [values]}."""
    fields = {}
    for tag in HIDDEN.findall(page):
        said = dict(re.findall(r'(name|value)="([^"]*)"', tag))
        if said["name"] != "csrfmiddlewaretoken":
            fields.setdefault(said["name"], []).append(said.get("value", ""))
    return fields
