"""Cash, in and out, and the providers it comes and goes through."""
