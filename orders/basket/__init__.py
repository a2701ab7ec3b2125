"""The basket and what stands around it: wishes, the wait for what is sold out, what was seen."""
