"""A batch: rows that a job does one by one, so that one that fails holds up no other."""

from collections.abc import Callable, Iterable
from math import inf
from time import monotonic

import structlog

log = structlog.get_logger()


def run_batch(rows: Iterable[int], do: Callable[[int], int | None], *, failed: str, until: float = inf) -> int:
    """Do each row, by its id, until the deadline by monotonic(); the sum of what they made. The next run does the rest.

    A row that raises is logged as the event ``failed``, whatever it raised, and the next one is done.
    """
    made = 0
    for row in rows:
        if monotonic() > until:
            break
        try:
            made += do(row) or 0
        except Exception as error:
            log.error(failed, row=row, error=type(error).__name__)
    return made
