"""Weights of goods as a column keeps them: ids and numbers one behind the other, little-endian."""

from struct import pack, unpack
from typing import NamedTuple

_ID, _NUMBER = 8, 4


class Weights(NamedTuple):
    """Products by id, and a number for each."""

    products: tuple[int, ...]
    numbers: tuple[float, ...]


def packed(weights: dict[int, float]) -> bytes:
    """Return weights by product as bytes."""
    many = len(weights)
    return pack(f"<{many}q{many}f", *weights, *weights.values())


def unpacked(told: bytes) -> Weights:
    """Return what ``packed`` wrote."""
    many = len(told) // (_ID + _NUMBER)
    values = unpack(f"<{many}q{many}f", told)
    return Weights(values[:many], values[many:])
