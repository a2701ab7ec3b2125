"""The demo shop: what stands on its shelves (goods/, pictures/) and the members who shop there."""
