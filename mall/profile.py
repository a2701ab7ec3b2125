"""Which settings module a process uses: MALL_PROFILE=embedded (default) or production."""

import os

PROFILES = ("embedded", "production")
serves_visitors = False  # True in a web process: settings ask, for somebody waits for its answers


def use_profile(*, for_visitors=False):
    """Point Django at the settings of MALL_PROFILE, unless DJANGO_SETTINGS_MODULE already names one.

    Raises: SystemExit with one readable line when the profile is unknown.
    """
    global serves_visitors
    serves_visitors = serves_visitors or for_visitors
    profile = os.environ.get("MALL_PROFILE", "embedded")
    if profile not in PROFILES:
        raise SystemExit(f"MALL_PROFILE={profile!r} is unknown: use one of {', '.join(PROFILES)}.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"mall.settings.{profile}")
