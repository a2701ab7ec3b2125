"""Django's MySQL backend for a web process that must answer in time: a database that is frozen
costs one wait, not one each.
"""
