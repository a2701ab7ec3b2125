"""How the shop lives with its Redis: behind sentinels, and without an answer."""
