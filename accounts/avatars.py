"""A member's picture: a small square of our own making."""

from mall.core import pictures

SIDE_PIXELS = 256


def square(uploaded):
    """Return an uploaded picture as a 256-pixel WebP square.

    Raises: ValidationError (too_big, heic, not_a_picture).
    """
    return pictures.square(uploaded, SIDE_PIXELS)
