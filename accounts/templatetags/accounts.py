"""Filters for pages about the member."""

from django import template
from django.utils.translation import gettext as _

register = template.Library()

# First match wins: Edge and Opera also say Chrome, Chrome also says Safari, WeChat says all of
# them.
_PROGRAMS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_MACHINES = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)
_POCKET = ("iPhone", "Android", "HarmonyOS", "Mobile")


@register.filter
def device(user_agent):
    """Name a browser as its owner would: Chrome · Android."""
    parts = [
        next((name for mark, name in table if mark in user_agent), "")
        for table in (_PROGRAMS, _MACHINES)
    ]
    return " · ".join(part for part in parts if part) or _("App or unknown device")


@register.filter
def device_icon(user_agent):
    """Return the picture of a device: phone or laptop."""
    return "phone" if any(mark in user_agent for mark in _POCKET) else "laptop"
