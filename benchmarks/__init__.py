"""What the mall promises about speed, one module per promise. `make bench` runs them all and
writes RESULTS.md: every target of targets.py in one table.

Most parts have ``run(stage) -> list[dict]`` and share one stage (stage.py: this build, the one it
is compared with, and the text-book, on one MariaDB); those that have ``run()`` stand on ground.py,
each in a process of its own. Rows are doors of targets.py or plain figures (figures.py). Only
ratios within one run travel from one machine to another.

Source: docs/decisions/0042-an-honest-text-book.md.
"""
