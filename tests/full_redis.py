"""Two ways in which a Redis reads on and refuses every write."""


def fill(redis):
    redis.config_set("maxmemory", 1)  # a fresh server evicts nothing


def make_copy(redis):
    redis.replicaof("127.0.0.1", 1)  # of a server that is not there
