"""Goods as a file: written out, and read in again, new ones and changed ones (decision 0088).

``columns`` says what the table holds; ``package`` opens a file, alone or with pictures; ``reading``
makes goods of its rows; ``standing`` is what the shop has of them; ``plan`` compares the two;
``survey`` says it of a whole file; ``writing`` writes what differs, many products in a few
statements; ``imports`` leads a file from the look to the end, and back (``undo``); ``export``
writes the same table.
"""
