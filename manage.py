#!/usr/bin/env python
"""Django's command line for the mall; MALL_PROFILE chooses the settings."""

import sys

from mall.profile import use_profile

if __name__ == "__main__":
    use_profile(for_tables=sys.argv[1:2] == ["migrate"])
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
