"""System checks of the points app."""
