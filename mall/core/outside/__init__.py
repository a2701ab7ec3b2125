"""Servers of others at addresses that somebody typed or a browser told: where they may lie, and one
call to them.
"""
