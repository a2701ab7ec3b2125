"""A doorman in front of a flash item: lets in about as many as there are pieces, and each buyer
once.

A hint in Redis, never the truth. Wrong, empty, slow, dead or not there at all, it only makes for
more or fewer attempts at the database, which alone decides. What it refuses it lets somebody look
up in the database about once a second, so a count that is too low mends itself; one too high is
corrected by the first "sold out".

Source: docs/ledger.md.
"""

from enum import StrEnum

from mall.core import shared_redis

LEASE_SECONDS = 10  # for so long a buyer's second request is looked at twice
COUNT_SECONDS = 600  # a count nobody asked for is forgotten, and read again from the database
LOOK_SECONDS = 1  # how often a closed gate has the database looked at

ENTER = """
local held = redis.call('GET', KEYS[2])
if held == ARGV[2] then return 'in' end
if held then return 'known' end
local left = tonumber(redis.call('GET', KEYS[1]) or '')
if not left or left < tonumber(ARGV[1]) then
  if redis.call('SET', KEYS[3], '1', 'PX', ARGV[4], 'NX') then return 'look' end
  if left then return 'out' end
  return 'in'
end
redis.call('DECRBY', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
return 'in'
"""
LEAVE = """
if redis.call('GET', KEYS[2]) ~= ARGV[2] then return 0 end
redis.call('DEL', KEYS[2])
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('INCRBY', KEYS[1], ARGV[1]) end
return 1
"""
GIVE = """
redis.call('DEL', KEYS[2])
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('INCRBY', KEYS[1], ARGV[1]) end
return 1
"""


class Answer(StrEnum):
    """What the doorman says."""

    IN = "in"  # try
    KNOWN = "known"  # this buyer came in a moment ago with another request
    LOOK = "look"  # it seems sold out; look at the database and tell me
    OUT = "out"  # sold out, as far as known


ANSWERS = {answer.value: answer for answer in Answer}


def enter(item: int, user: int, quantity: int, key: str) -> Answer:
    """Ask to be let in with a request; without Redis everybody is."""
    said = _run(ENTER, item, user, quantity, key, LEASE_SECONDS * 1000, LOOK_SECONDS * 1000)
    return ANSWERS.get(said.decode() if isinstance(said, bytes) else said, Answer.IN)


def leave(item: int, user: int, quantity: int, key: str) -> None:
    """Give a place back that was not used."""
    _run(LEAVE, item, user, quantity, key)


def give(item: int, user: int, quantity: int) -> None:
    """Let pieces in again that a cancelled order put back, and its buyer too."""
    _run(GIVE, item, user, quantity)


def fill(item: int, left: int) -> None:
    """Set the count to what the database has."""
    shared_redis.ask(lambda redis: redis.set(_names(item, 0)[0], left, ex=COUNT_SECONDS))


def _names(item, user):
    # The braces keep the keys of an item in one slot of a cluster.
    return f"flash:{{{item}}}:left", f"flash:{{{item}}}:buyer:{user}", f"flash:{{{item}}}:looked"


def _run(script, item, user, *words):
    return shared_redis.ask(lambda redis: redis.eval(script, 3, *_names(item, user), *words))
