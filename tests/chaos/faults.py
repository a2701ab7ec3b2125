"""What happens to the shop, in an order a seed decides."""

import os
import signal
import time
from contextlib import suppress

from redis import Redis
from redis.exceptions import RedisError


def link_to(shop, number=1) -> Redis:
    return Redis(
        unix_socket_path=shop.redis.url.removeprefix("unix://").partition("?")[0],
        db=number,
        socket_timeout=2,
    )


def redis_killed(shop, seconds, chance):
    """It forgets all it had: nothing is kept on disk."""
    shop.redis.kill()
    time.sleep(seconds)
    shop.redis.start()


def redis_frozen(shop, seconds, chance):
    shop.redis.freeze()
    time.sleep(seconds)
    shop.redis.thaw()


def redis_flushed(shop, seconds, chance):
    """Cache, limits, queues and what workers took and did not finish are gone."""
    with suppress(RedisError):
        link_to(shop).flushall()


def messages_doubled(shop, seconds, chance):
    """Every waiting message is there two to five times, and every job of the schedule is asked for
    again.
    """
    with suppress(RedisError):
        link = link_to(shop)
        for message in link.lrange("celery", 0, -1):
            link.lpush("celery", *[message] * chance.randint(1, 4))
    names = [
        "cancel-unpaid-orders",
        "settle-refunds",
        "mature-grants",
        "expire-points",
        "roll-up-days",
        "send-mails",
    ]
    shop.knock([name for name in names for _ in range(chance.randint(1, 3))])


def database_killed(shop, seconds, chance):
    shop.database.kill()
    time.sleep(seconds)
    shop.database.start()
    shop.wait_for_database()


def database_frozen(shop, seconds, chance):
    shop.database.freeze()
    time.sleep(seconds)
    shop.database.thaw()


def disk_full(shop, seconds, chance):
    """The database finds no room for another byte."""
    ballast = shop.folder / "disk" / "ballast"
    # full already, once the database grew into it
    with suppress(OSError), ballast.open("wb") as file:
        while True:
            file.write(b"\0" * 65536)
            file.flush()
    time.sleep(seconds)
    ballast.unlink(missing_ok=True)


def web_killed(shop, seconds, chance):
    """The whole container, as when the machine restarts it."""
    shop.shut()
    shop.parts["web"].signal(signal.SIGKILL)


def web_process_killed(shop, seconds, chance):
    """One of the processes behind the port."""
    shop.shut()
    _kill_child(shop.parts["web"], chance)


def web_process_frozen(shop, seconds, chance):
    """Callers it had taken wait; they are answered when it wakes."""
    children = shop.parts["web"].children()
    if children:
        frozen = chance.choice(children)
        with suppress(ProcessLookupError):
            os.kill(frozen, signal.SIGSTOP)
            time.sleep(seconds)
            os.kill(frozen, signal.SIGCONT)


def worker_killed(shop, seconds, chance):
    shop.parts[f"worker{chance.randint(1, 2)}"].signal(signal.SIGKILL)


def worker_child_killed(shop, seconds, chance):
    """The process that does the task dies, its worker lives."""
    _kill_child(shop.parts[f"worker{chance.randint(1, 2)}"], chance)


def worker_frozen(shop, seconds, chance):
    part = shop.parts[f"worker{chance.randint(1, 2)}"]
    part.signal(signal.SIGSTOP)
    time.sleep(seconds)
    part.signal(signal.SIGCONT)


def beat_killed(shop, seconds, chance):
    shop.parts[f"beat{chance.randint(1, 2)}"].signal(signal.SIGKILL)


def _kill_child(part, chance):
    children = part.children()
    if children:
        with suppress(ProcessLookupError):
            os.kill(chance.choice(children), signal.SIGKILL)


KINDS = [
    database_killed, redis_flushed, worker_killed, redis_frozen, messages_doubled, database_frozen,
    beat_killed, redis_killed, worker_child_killed, disk_full, web_process_frozen, worker_frozen,
]  # fmt: skip
# Last in each round: the web takes its time to come back, and the others must find callers.
WEB_KINDS = [web_process_killed, web_killed]


def happen(shop, chance, until, say):
    """Let one fault after another happen until a moment; every kind once before any comes again."""
    kinds = [kind for kind in KINDS if shop.tmpfs or kind is not disk_full]
    if not shop.tmpfs:
        say("left out: disk_full (this machine mounts no small disk)")
    while True:
        for kind in [*chance.sample(kinds, len(kinds)), *WEB_KINDS]:
            seconds, calm = chance.uniform(0.3, 3), chance.uniform(0.3, 1.5)
            if time.monotonic() > until:
                return
            say(f"{kind.__name__} for {seconds:.1f} s")
            kind(shop, seconds, chance)
            time.sleep(calm)
