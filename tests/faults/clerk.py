"""A worker that carries on files of one kind until it has written down for the n-th time how far it
is; then it says so and stands still, to be killed: `python -m tests.faults.clerk KIND N`.
"""

import sys
import time

import django


def main(kind, times):
    """Carry on, and stand still inside the transaction that writes it down, where there is one."""
    django.setup()
    from mall.core import file_jobs
    from tests.files_brought import KINDS

    real, left = file_jobs.go_on, [int(times)]

    def go_on(row, **changes):
        real(row, **changes)
        left[0] -= 1
        if not left[0]:
            print("stands still", flush=True)  # noqa: T201
            time.sleep(600)

    file_jobs.go_on = go_on
    file_jobs.carry_on(KINDS[kind].kind)


if __name__ == "__main__":
    main(*sys.argv[1:])
