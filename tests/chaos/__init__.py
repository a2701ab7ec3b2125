"""The whole mall under one hail of faults: the real server command, workers, two beats, MariaDB and
Redis of its own.

``shop`` is what stands there, ``faults`` what happens to it, ``members`` who shop meanwhile,
``books`` what must be true afterwards. A seed replays a run: ``CHAOS_SEED=… CHAOS_SECONDS=600 make
test-long``.
Source: docs/reliability.md "Faults of the parts".
"""
