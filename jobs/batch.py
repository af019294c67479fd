"""Batches: a job processes rows one by one, so that a row that fails does not stop the others."""

from collections.abc import Callable, Iterable
from math import inf
from time import monotonic

import structlog

log = structlog.get_logger()


def run_batch(row_ids: Iterable[int], process: Callable[[int], int | None], *, failed: str, until: float = inf) -> int:
    """Call ``process`` with each row's id and return the sum of its results; None counts as 0.

    Stop when monotonic() is past ``until``; the next run does the rest. A row that raises any Exception is logged as
    the event ``failed``, and the next one is processed.
    """
    total = 0
    for row_id in row_ids:
        if monotonic() > until:
            break
        try:
            total += process(row_id) or 0
        except Exception as error:
            log.error(failed, row=row_id, error=type(error).__name__)
    return total
