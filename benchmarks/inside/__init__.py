"""What runs inside a build, in its folder and under its settings: `python -m benchmarks.inside.X`
with keywords as JSON, its answer as JSON in the last line.

These modules run in today's build and in the one it is compared with, so they name nothing of the
ground (which moved) and make goods and orders with each build's own tests/factories.
"""

import json
import sys

MARK = "ANSWER "


def answer(act):
    """Set Django up, call ``act(**keywords of the command line)`` and print what it returns."""
    import django

    django.setup()
    found = act(**json.loads(sys.argv[1] if sys.argv[1:] else "{}"))
    sys.stdout.write(f"\n{MARK}{json.dumps(found)}\n")
