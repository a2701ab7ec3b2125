"""Inviting friends: the signed link, who came by it, what is held for a person, what is paid."""
