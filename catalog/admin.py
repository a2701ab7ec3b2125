"""The back room of the shelves."""
