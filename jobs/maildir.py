"""Maildirs under GOODWORD_HOME: their new mails, one by one, each deleted once it is dealt with."""

from collections.abc import Callable
from pathlib import Path

import structlog

from directory.maildir import set_aside
from directory.storage_failure import storage_failure

AT_ONCE = 200  # mails of one run

log = structlog.get_logger()


def read_maildir(folder: Path, limit: int, take: Callable[[bytes], bool]) -> int:
    """Pass the first ``limit`` bytes of each new mail to ``take``, and return how many it took.

    What was taken is deleted. Any other mail, and one that raises, is set aside for a person, so that it is in the way
    of no other; where nothing can be stored all wait for the next run. Without the folder nothing happens.
    """
    taken = 0
    for path in sorted((folder / "new").glob("*"))[:AT_ONCE]:
        is_taken = False
        try:
            with path.open("rb") as file:
                is_taken = take(file.read(limit))
        except FileNotFoundError:  # another worker was faster
            continue
        except Exception as error:
            if storage_failure(error):
                raise
            log.warning("mail_set_aside", folder=folder.name, error=type(error).__name__)
        try:
            if is_taken:
                path.unlink()
            else:
                set_aside(folder, path)
        except OSError as error:
            log.warning("mail_not_moved", folder=folder.name, error=type(error).__name__)
        taken += is_taken
    return taken
