"""Badges: what members achieved, told once by the facts that make it true."""
