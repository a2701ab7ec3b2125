"""What marketing does when something happened further down; each receiver calls one verb."""
