"""Encrypted columns: values sealed with the installation's keys and bound to their table, column and row."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256

from cryptography.fernet import Fernet, MultiFernet


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
