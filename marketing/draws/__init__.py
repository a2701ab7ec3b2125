"""Lucky draws: promised, drawn, handed over, and checked by whoever likes.

table is what was promised, drawing draws the tickets that tickets gives, prizes hands over what was
won; programme is the operator's, board and proof are what is read. The lots themselves are
mall/core/lots.py's. Source: docs/decisions/0099-lucky-draws.md.
"""
