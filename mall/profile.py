"""Which settings module a process uses: MALL_PROFILE=embedded (default) or production."""

import os

PROFILES = ("embedded", "production")
_chosen = None  # by an earlier call: `import mall` makes one before a program has read its .env
serves_visitors = False  # True in a web process: settings ask, for somebody waits for its answers
changes_tables = False  # True in `migrate`: a table of a million rows takes what it takes


def use_profile(*, for_visitors=False, for_tables=False):
    """Point Django at the settings of MALL_PROFILE, unless somebody else named others in
    DJANGO_SETTINGS_MODULE.

    Raises: SystemExit with one readable line when the profile is unknown.
    """
    global _chosen, serves_visitors, changes_tables
    serves_visitors = serves_visitors or for_visitors
    changes_tables = changes_tables or for_tables
    profile = os.environ.get("MALL_PROFILE", "embedded")
    if profile not in PROFILES:
        raise SystemExit(f"MALL_PROFILE={profile!r} is unknown: use one of {', '.join(PROFILES)}.")
    if os.environ.get("DJANGO_SETTINGS_MODULE") in (None, _chosen):
        os.environ["DJANGO_SETTINGS_MODULE"] = _chosen = f"mall.settings.{profile}"
