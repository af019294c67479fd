"""Storage failures: the errors of a full disk, or of a database that cannot be written or reached."""

import errno
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError, OperationalError

from directory.translation import gettext

FULL = (errno.ENOSPC, errno.EDQUOT)
PG_FULL, PG_READ_ONLY = "53100", "25006"


class StorageFailure(NamedTuple):
    """The HTTP ``status`` of an answer that could not be stored, and a sentence that says what to do."""

    status: int
    sentence: str


def storage_failure(error: BaseException | None) -> StorageFailure | None:
    """Return what the error says of the disk or the database; None if it is about something else."""
    if isinstance(error, OSError):
        return _full() if error.errno in FULL else _read_only() if error.errno == errno.EROFS else None
    if not isinstance(error, DBAPIError):
        return None
    sqlite, postgres = getattr(error.orig, "sqlite_errorname", ""), getattr(error.orig, "sqlstate", None)
    if sqlite == "SQLITE_FULL" or sqlite.startswith("SQLITE_IOERR") or postgres == PG_FULL:
        return _full()
    if sqlite.startswith("SQLITE_READONLY") or postgres == PG_READ_ONLY:
        return _read_only()
    if isinstance(error, OperationalError) and sqlite != "SQLITE_ERROR":  # which is a statement that makes no sense
        return StorageFailure(503, gettext("The site cannot save right now. Nothing was saved. Try again in a minute."))
    return None


def _full() -> StorageFailure:
    return StorageFailure(
        507,
        gettext(
            "This site’s disk is full, so nothing was saved. Tell your site’s administrator. You can still read pages."
        ),
    )


def _read_only() -> StorageFailure:
    return StorageFailure(503, gettext("This site can only be read right now, so nothing was saved. Try again later."))
