"""The mall as a text-book would write it: ORM, ModelSerializer, row locks on what changes. Correct,
and the pair ours runs beside.
"""
