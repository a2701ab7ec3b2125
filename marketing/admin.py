"""Marketing in the admin."""
