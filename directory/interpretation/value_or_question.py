"""A reading: what a person's words were taken for, or the question that they leave open."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Reading(Generic[T]):
    """``value`` is what was said, None where nothing was or where it could be several things.

    Then ``question`` asks, in the reader's language, and ``choices`` are what it could be, likeliest first.
    """

    value: T | None = None
    question: str = ""
    choices: tuple[T, ...] = ()
