"""A year in points: one page of what a member earned and got, to keep or to show to others."""
