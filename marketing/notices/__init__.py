"""Notices: what members are told, in the inbox and by mail."""
