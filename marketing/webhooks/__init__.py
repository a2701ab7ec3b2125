"""Webhooks: servers of others hear of facts soon after they happened, signed, at least once.

A fact becomes one row per endpoint that wants its kind, in the transaction in which it is heard
(``queue``); a sweep sends rows, never a request (``sending``). The room stands in marketing, for it
is the app above all that tell (docs/decisions/0106).
"""
