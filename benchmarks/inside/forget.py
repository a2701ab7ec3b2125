"""Forget everything the cache keeps: the next answer is a cold one."""

from benchmarks.inside import answer


def forget():
    """Clear the cache all processes share."""
    from django.core.cache import cache

    cache.clear()


if __name__ == "__main__":
    answer(forget)
