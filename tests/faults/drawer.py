"""A process that draws tickets or a session's lots and is there to be killed (kill -9) by its own
hand at a chosen statement.

``python -m tests.faults.drawer`` prepares Django once and forks a child per line of JSON: ``name``,
``dies_at`` (a statement, before or after it by turns), and ``ticket`` (member, code, key, points)
or ``lots`` (the instant to draw them as of). A child says ``<name> born <pid>``, then ``<name>
done`` once its verb returned.
"""

import json
import os
import signal
import sys
from datetime import datetime


def main():
    """Fork a child per line."""
    import django

    django.setup()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the children
    from tests.faults.toiler import say

    say("zygote ready")
    for line in sys.stdin:
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            work(json.loads(line), say)
            os._exit(0)


def work(asked, say):
    """Do what was asked, and die in the midst of it."""
    from django.db import connection

    from accounts.models import User
    from marketing.draws import drawing
    from orders.flash import lottery
    from tests.faults.toiler import Death

    say(f"{asked['name']} born {os.getpid()}")
    connection.execute_wrappers.append(Death(asked["dies_at"]))
    if "ticket" in asked:
        member, code, key, points = asked["ticket"]
        drawing.draw(User.objects.get(pk=member), code, key=key, points=points)
    else:
        lottery.carry_on(datetime.fromisoformat(asked["lots"]))
    say(f"{asked['name']} done")


if __name__ == "__main__":
    main()
