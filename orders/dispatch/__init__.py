"""The packing room: carriers, what waits to be sent, many at once, and what is printed."""
