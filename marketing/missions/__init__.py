"""Missions: what counts, how far one is, what is collected."""
