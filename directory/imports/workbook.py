"""Read the first table of a workbook, .xlsx or what else Excel and LibreOffice save, as rows of text."""

import json
import subprocess
import sys
import zipfile
import zlib
from io import BytesIO

from directory.errors import Invalid
from directory.imports import workbook_subprocess
from directory.translation import gettext

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PACKED, UNPACKED = 50 * 2**20, 512 * 2**20  # bytes
SECONDS = 20
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # the stream of a workbook that is protected by a password


def is_workbook(content: bytes) -> bool:
    """Return whether the content begins as a workbook does, or another archive."""
    return content.startswith((ZIP, OLE))


def read_workbook(content: bytes, *, rows: int, size: int) -> tuple[list[tuple[int, list[str]]], str]:
    """Return up to ``rows`` numbered rows of the first visible sheet with a table, and a sentence on the others.

    ``size`` is how many characters they may have. Raises Invalid, in time and memory that do not depend on what the
    content claims to be.
    """
    _check_size(content)
    if content.startswith(OLE) and _ENCRYPTED in content:
        raise _protected()
    try:
        process = subprocess.run(
            [sys.executable, "-I", workbook_subprocess.__file__, str(rows), str(size)],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _too_large() from None
    if process.returncode == workbook_subprocess.PASSWORD:
        raise _protected()
    if process.returncode == workbook_subprocess.TOO_LARGE:
        raise _too_large()
    if process.returncode:
        message = gettext("This workbook cannot be read, or is too large. Save its list as CSV UTF-8.")
        raise Invalid(message)
    sheets, *read = map(json.loads, process.stdout.splitlines())
    note = ""
    if len(sheets) > 1:
        others = ", ".join(sheets[1:])
        note = gettext("We read the sheet “%(sheet)s”, and not the others: %(others)s.", sheet=sheets[0], others=others)
    return read, note


def _check_size(content: bytes) -> None:
    """Refuse too large a workbook, and one that unpacks to too much: by its directory, then by unpacking it."""
    if len(content) > PACKED:
        raise _too_large()
    if not content.startswith(ZIP):
        return
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            if sum(file.file_size for file in archive.infolist()) > UNPACKED:
                raise _too_large()
            is_damaged = archive.testzip() is not None  # unpacks no more than the directory says
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError):
        is_damaged = True
    if is_damaged:
        raise Invalid(gettext("The workbook is damaged. Save it again and send that."))


def _too_large() -> Invalid:
    return Invalid(gettext("The workbook is too large. Save its list as CSV UTF-8, or send it in parts."))


def _protected() -> Invalid:
    return Invalid(gettext("The workbook has a password. Save it without one and send that."))
