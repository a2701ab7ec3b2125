"""Edit conflicts: an old form of the back office never undoes a colleague.

A form carries a mark of each field as it read when the page was made. When it comes back, the marks
are compared with the rows under their lock: what a colleague changed meanwhile stands on the page
beside what was typed, and nothing is saved until it was seen. Typed values stay in their fields;
fields nobody touched here show what the colleague wrote, so that saving again undoes nothing.
Source: docs/decisions/0066-an-old-form-undoes-nobody.md.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.contrib.admin.utils import display_for_value
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.forms import FileField, ModelChoiceField
from django.forms.formsets import DELETION_FIELD_NAME
from django.utils.translation import gettext as _

from mall.core.versions import version_of

SEEN = "_seen"  # the hidden field with the marks
CHOICE, NOW = "_choice-", "now"  # the other answer is "mine"
MARK_LENGTH = 8
NOTHING = "–"


@dataclass(slots=True)
class Conflict:
    """One field that a colleague changed: what stands there now, and what was typed here (the
    colleague's own words where nothing was). ``choice`` names the answer, MINE or NOW, where there
    is one to give.
    """

    name: str
    label: str
    now: str
    mine: str
    is_mine: bool
    choice: str = ""


def is_shown(field) -> bool:
    """Whether somebody can change the field on the page."""
    return not field.disabled and not field.widget.is_hidden


def marks_of(form) -> dict[str, str]:
    """Return the mark of each field as the database has it now."""
    return {
        name: _mark(form.get_initial_for_field(field, name))
        for name, field in form.fields.items()
        if name != DELETION_FIELD_NAME and is_shown(field)
    }


def read_seen(sent, name=SEEN) -> dict:
    """Return the marks a form brings back; {} where it brings none that can be read."""
    try:
        marks = json.loads(sent.get(name, ""))
    except ValueError:
        return {}
    return marks if isinstance(marks, dict) else {}


def marks_in(seen: dict, name) -> dict:
    """Return the marks of a row or of an inline among what was seen; {} where there are none."""
    found = seen.get(name)
    return found if isinstance(found, dict) else {}


def choice_of(prefix: str, form, name: str) -> str:
    """Return what the answer is called which of two values a field takes. Its row is named by its
    key: rows move up where a colleague took one away.
    """
    return f"{CHOICE}{prefix}-{form.instance.pk}-{name}"


def take_over(form, prefix: str, sent) -> dict[str, list[str]]:
    """Return what a bound form would send where the colleague's values were chosen."""
    taken = {}
    for name, field in form.fields.items():
        if sent.get(choice_of(prefix, form, name)) == NOW:
            value = form.get_initial_for_field(field, name)
            widget = getattr(field.widget, "widget", field.widget)  # a wrapper adds links to it
            shown = widget.get_context(form.add_prefix(name), field.prepare_value(value), {})
            taken |= _sent_by(shown["widget"])
    return taken


def _sent_by(widget) -> dict[str, list[str]]:
    """Return what a widget sends that shows its value."""
    if "subwidgets" in widget:
        return {name: sent for one in widget["subwidgets"] for name, sent in _sent_by(one).items()}
    value = widget["value"]
    if widget.get("type") == "checkbox" and "checked" not in widget["attrs"]:
        value = []
    elif widget.get("type") == "checkbox":
        value = [value or "on"]
    elif not isinstance(value, list | tuple):
        value = ["" if value is None else value]
    return {widget["name"]: [str(one) for one in value]}


def compare(form, seen: dict, *, row="", prefix="") -> list[Conflict]:
    """Return the fields of a bound form that read differently than when the page was made.

    Both having written the same is no conflict. ``row`` names the row where there are several,
    ``prefix`` what the row is a part of.
    """
    found = []
    for name, now in marks_of(form).items():
        typed = now if seen.get(name, now) == now else _typed(form, name)
        if typed == now:
            continue
        field, is_mine = form.fields[name], typed != seen[name]
        words = in_words(field, form.get_initial_for_field(field, name))
        mine = in_words(field, raw_of(form, name)) if is_mine else words
        label = f"{row}: {field.label}" if row else str(field.label)
        choice = choice_of(prefix, form, name) if is_mine else ""
        found.append(Conflict(name, label, words, mine, is_mine, choice))
    return found


def changes_of(form, seen: dict) -> dict:
    """Return what was typed into a bound form, as it was typed: the fields that differ from what
    the page showed. A file cannot be shown again.
    """
    typed = {}
    for name, field in form.fields.items():
        if not is_shown(field) or isinstance(field, FileField):
            continue
        is_kept = raw_of(form, name) if name == DELETION_FIELD_NAME else False
        if is_kept or (name != DELETION_FIELD_NAME and _typed(form, name) != seen.get(name)):
            typed[name] = raw_of(form, name)
    return typed


def raw_of(form, name):
    """Return the value of a field as it was sent."""
    field = form.fields[name]
    return field.widget.value_from_datadict(form.data, form.files, form.add_prefix(name))


def in_words(field, value) -> str:
    """Return a value of a field as a page says it."""
    try:
        value = field.clean(_prepared(field, value)) if not _is_file(value) else value
    except ValidationError:
        return str(value or NOTHING)
    if isinstance(value, (QuerySet, list, tuple)):
        return ", ".join(map(str, value)) or NOTHING
    choices = getattr(field, "choices", ())
    if choices and not isinstance(field, ModelChoiceField):
        return str(next((label for key, label in choices if str(key) == str(value)), value))
    return str(display_for_value(_("Yes") if value is True else value, NOTHING)) or NOTHING


def _prepared(field, value):
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, (QuerySet, list, tuple)) and all(isinstance(one, Model) for one in value):
        return [one.pk for one in value]
    widgets = getattr(field.widget, "widgets", None)
    is_whole = widgets and not isinstance(value, (list, tuple))
    return field.widget.decompress(value) if is_whole else field.prepare_value(value)


def _typed(form, name) -> str | None:
    """Return the mark of what was sent; None where it is nothing the field takes."""
    field = form.fields[name]
    try:
        value = raw_of(form, name)
        initial = [form.get_initial_for_field(field, name)] if isinstance(field, FileField) else []
        return _mark(field.clean(value, *initial))
    except ValidationError:
        return None


def _is_file(value) -> bool:
    return hasattr(value, "chunks")


def _mark(value) -> str:
    return version_of(_plain(value))[:MARK_LENGTH]


def _plain(value):
    """Return a value alike whether it comes from a row or from a form."""
    if value is None or value is False or value == "":
        return ""
    if isinstance(value, Model):
        return str(value.pk)
    if isinstance(value, (QuerySet, list, tuple)):
        return sorted(str(_plain(one)) for one in value)
    if isinstance(value, str):
        return value.replace("\r\n", "\n").strip()
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)
