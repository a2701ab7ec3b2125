#!/usr/bin/env python3
"""Write the shop's one script, static/js/shop.js, of the modules that static/js/mall.js imports:
one request instead of one for each, under a name that browsers keep for good.

  python scripts/javascript.py          write it
  python scripts/javascript.py --check  say whether it is current (exit 1 when not)

Run it after any change of one of those modules; tests/mall/face/test_javascript.py fails until
then. No Node, no package.
"""

import re
import sys

from checked_in import ROOT, keep

JS = ROOT / "static" / "js"
ENTRY, RESULT = JS / "mall.js", JS / "shop.js"
IMPORT = re.compile(r'^import "\./([\w-]+\.js)";$', re.MULTILINE)
COMMENT = re.compile(r"^\s*//.*\n", re.MULTILINE)


def build() -> str:
    """Return the script: each module in a block of its own, as names of a module are its own."""
    return "".join(f"{{\n{_alone(JS / name)}}}\n" for name in IMPORT.findall(ENTRY.read_text()))


def _alone(path):
    """Return a module's text without its comments.

    Raises: ValueError where it imports or exports, which only a module of its own can.
    """
    text = COMMENT.sub("", path.read_text(encoding="utf-8"))
    if re.search(r"^(?:import|export)\b", text, re.MULTILINE):
        raise ValueError(f"{path.name} imports or exports: it cannot stand in one script")
    return text


if __name__ == "__main__":
    sys.exit(keep(RESULT, build(), sys.argv[1:]))
