"""Maildirs under GOODWORD_HOME: their new mails, one by one, each deleted once it is dealt with."""

from collections.abc import Callable
from pathlib import Path

import structlog

AT_ONCE = 200  # mails of one run

log = structlog.get_logger()


def read_maildir(folder: Path, limit: int, take: Callable[[bytes], bool]) -> int:
    """Pass the first ``limit`` bytes of each new mail to ``take``, and return how many it took.

    What was taken is deleted. Any other mail is moved to ``cur``, where a mail program shows it. Without the folder
    nothing happens.
    """
    taken = 0
    for path in sorted((folder / "new").glob("*"))[:AT_ONCE]:
        try:
            with path.open("rb") as file:
                content = file.read(limit)
            is_taken = take(content)
            if is_taken:
                path.unlink()
            else:
                (folder / "cur").mkdir(exist_ok=True)
                path.rename(folder / "cur" / f"{path.name}:2,")
            taken += is_taken
        except OSError as error:  # another worker was faster, or it may not be read
            log.warning("mail_unread", folder=folder.name, error=type(error).__name__)
    return taken
