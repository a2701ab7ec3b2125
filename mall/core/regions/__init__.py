"""Provinces, cities and districts: where goods go, in words and as codes."""
