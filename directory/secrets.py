"""Secrets: the random tokens of links and cookies, and columns sealed with the installation's keys."""

import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session


def new_token() -> str:
    """Return 256 random bits as a text that may stand in addresses. Only its ``hash_of`` is stored."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """Return the hash that is stored for a token; accepts any text."""
    return sha256(token.encode(errors="replace")).hexdigest()


class SecretBox:
    """Encrypts with the first key and decrypts with any, so that keys can be rotated without downtime."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(urlsafe_b64encode(sha256(key.encode()).digest())) for key in keys])

    def seal(self, value: str, *, table: str, column: str, row: int) -> str:
        """Return ``value`` encrypted for this table, column and row only."""
        return self._fernet.encrypt(json.dumps([table, column, row, value]).encode()).decode()

    def unseal(self, sealed: str, *, table: str, column: str, row: int) -> str:
        """Return the decrypted value. Raises InvalidToken if no key fits, ValueError if it is from another place."""
        *place, value = json.loads(self._fernet.decrypt(sealed.encode()))
        if place != [table, column, row]:
            raise ValueError(f"the value in {table}.{column} was sealed for another place")
        return str(value)


@dataclass(frozen=True)
class SealedColumn:
    """A column whose texts are sealed, each for its row; "" stays as it is. A row must have its id."""

    column: InstrumentedAttribute[str]

    def store(self, row: Any, value: str, box: SecretBox) -> None:
        setattr(row, self.column.key, box.seal(value, **self._place(row)))

    def read(self, row: Any, box: SecretBox) -> str:
        """Return what is stored. Raises InvalidToken or ValueError as ``SecretBox.unseal`` does."""
        sealed: str = getattr(row, self.column.key)
        return sealed and box.unseal(sealed, **self._place(row))

    def reseal(self, session: Session, box: SecretBox) -> int:
        """Seal all values anew with the first key and return how many."""
        rows = session.scalars(select(self.column.class_).where(self.column != "").with_for_update()).all()
        for row in rows:
            self.store(row, self.read(row, box), box)
        return len(rows)

    def _place(self, row: Any) -> dict[str, Any]:
        return {"table": row.__tablename__, "column": self.column.key, "row": row.id}
