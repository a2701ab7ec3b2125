"""How passwords are kept."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2Hasher(Argon2PasswordHasher):
    """Argon2id at 19 MiB, two passes, one lane.

    Source: OWASP Password Storage Cheat Sheet; Django's default takes 100 MiB for each sign-in,
    which a small server cannot spend on ten visitors at once.
    """

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1
