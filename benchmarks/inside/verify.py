"""Hear what still waits, then compare all books; any that do not close end it with exit 1."""

from benchmarks.inside import answer


def verify():
    """Return the seconds the comparing took."""
    import time

    from django.core.management import call_command

    from benchmarks.inside.sweeps import sweep

    sweep(times=3)
    began = time.perf_counter()
    call_command("verify_ledger")
    return time.perf_counter() - began


if __name__ == "__main__":
    answer(verify)
