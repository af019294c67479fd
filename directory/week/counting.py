"""Counting: how long a text is for each network, in the network's own way."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """The most of a ``unit`` (a name in COUNTS) that a text may have."""

    unit: str
    most: int


COUNTS: dict[str, Callable[[str], int]] = {
    "characters": len,
    "bytes": lambda text: len(text.encode()),
}


def excess(text: str, limits: Iterable[Limit]) -> int:
    """By how much ``text`` is too long for the limit it breaks most, in that limit's unit; 0 where it fits all."""
    return max(0, *(COUNTS[limit.unit](text) - limit.most for limit in limits))
