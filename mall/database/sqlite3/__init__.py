"""Django's SQLite backend for a process of many threads: its writers are served in the order in
which they came.
"""
