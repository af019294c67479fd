"""The errors that verbs raise: a message that a person can act on, and the field it is about.

>>> raise Invalid("Enter the name of the firm.", field="name")
Traceback (most recent call last):
    ...
directory.errors.Invalid: Enter the name of the firm.
"""


class DomainError(Exception):
    """A refusal. ``message`` tells the user what to do; ``field`` names the input it is about, if any."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class Invalid(DomainError):
    """The input is wrong."""


class Conflict(DomainError):
    """The input is valid, but the state has changed: somebody else was first, or it was done before."""


class Refused(DomainError):
    """This person may not do this, whatever the input."""
