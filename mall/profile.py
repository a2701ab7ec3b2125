"""Which settings module a process uses: MALL_PROFILE=embedded (default) or production."""

import os

PROFILES = ("embedded", "production")


def use_profile():
    """Point Django at the settings of MALL_PROFILE, unless DJANGO_SETTINGS_MODULE already names one.

    Raises: SystemExit with one readable line when the profile is unknown.
    """
    profile = os.environ.get("MALL_PROFILE", "embedded")
    if profile not in PROFILES:
        raise SystemExit(f"MALL_PROFILE={profile!r} is unknown: use one of {', '.join(PROFILES)}.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"mall.settings.{profile}")
