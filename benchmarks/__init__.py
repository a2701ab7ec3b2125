"""What the mall promises about speed, one file per promise. `make bench` runs them all and writes
RESULTS.md.

Every module has ``run() -> list[dict]``: rows of ``{"name", "value", "unit"}``. Only ratios within
one run travel from one machine to another. Source: performance.md.
"""
