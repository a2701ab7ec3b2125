"""Refunds by line: asked for, previewed, decided."""
