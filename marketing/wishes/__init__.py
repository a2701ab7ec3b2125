"""Wishes and the goal among them: how far it is, and the ways there."""
