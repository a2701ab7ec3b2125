"""Who may do what behind the counter: groups with permissions, brought up to date after every
migrate.
"""

from fnmatch import fnmatch

from django.contrib.auth.models import Group, Permission
from django.utils.translation import gettext_lazy as _

ROOMS = ("accounts", "points", "catalog", "orders", "marketing")
FACE = ("shopface", "shoppage", "homeblock")
_SEE_ALL = [*(f"{room}.view_*" for room in ROOMS), *(f"mall.view_{table}" for table in FACE)]

# Patterns of "app.codename". What nobody may do (edit the ledger) is refused by the admin whatever
# a role says.
ROLES = {
    "shopper": [],
    "support": [*_SEE_ALL, "accounts.reveal_personal"],
    "operator": [
        *_SEE_ALL,
        "catalog.*",
        "orders.*",
        "marketing.*",
        "points.*rule*",
        "points.*budget",
        "points.*backtest",
        "points.*tierlevel",
        *(f"mall.*_{table}" for table in FACE),
        "points.adjust_points",
    ],
    "finance": [
        *_SEE_ALL,
        "marketing.read_reports",
        "points.*",
        "orders.*refund*",
        "orders.*payment*",
        "orders.revoke_coupon",
    ],
    "auditor": [
        *_SEE_ALL,
        "marketing.read_reports",
        "mall.view_jobrun",
        "mall.view_auditrow",
        "admin.view_logentry",
    ],
    "admin": [
        *(f"{room}.*" for room in ROOMS),
        *(f"mall.*_{table}" for table in FACE),
        "mall.view_jobrun",
        "mall.view_auditrow",
        "auth.*_group",
        "admin.view_logentry",
        "django_celery_beat.*",
        "socialaccount.*_socialapp",
        "mfa.*",
    ],
}
NAMES = {
    "shopper": _("Shopper"),
    "support": _("Support"),
    "operator": _("Operator"),
    "finance": _("Finance"),
    "auditor": _("Auditor"),
    "admin": _("Administrator"),
}


def ensure_roles() -> None:
    """Make the six groups and give each the permissions its patterns match now.

    Only ever adds: what an administrator gave a group besides stays.
    """
    known = list(Permission.objects.values_list("pk", "content_type__app_label", "codename"))
    for role, patterns in ROLES.items():
        group, _created = Group.objects.get_or_create(name=role)
        wanted = {
            pk
            for pk, app, codename in known
            if any(fnmatch(f"{app}.{codename}", pattern) for pattern in patterns)
        }
        missing = wanted - set(group.permissions.values_list("pk", flat=True))
        if missing:
            group.permissions.add(*missing)


def ensure_roles_after_migrate(sender, **kwargs):
    """Run once per migrate, after the last of our rooms has its permissions."""
    if sender.label == ROOMS[-1]:
        ensure_roles()
