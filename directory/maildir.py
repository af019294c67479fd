"""Maildirs under the home: ``new`` holds mails that came, ``cur`` those that people read, in a mail program."""

from pathlib import Path

from directory.db import new_public_id


def set_aside(folder: Path, mail: Path | bytes) -> None:
    """Keep a mail of the maildir ``folder``, or one that was piped, where a mail program shows it."""
    kept = folder / "cur"
    kept.mkdir(mode=0o700, parents=True, exist_ok=True)
    if isinstance(mail, Path):
        mail.rename(kept / f"{mail.name}:2,")
    else:
        (kept / f"{new_public_id()}:2,").write_bytes(mail)
