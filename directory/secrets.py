"""Secrets in columns: sealed with keys of the installation, and bound to the place they were sealed for."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256

from cryptography.fernet import Fernet, MultiFernet


class SecretBox:
    """Seals with the first key and opens with any, so that keys are changed without an hour of silence."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(urlsafe_b64encode(sha256(key.encode()).digest())) for key in keys])

    def seal(self, value: str, *, table: str, column: str, row: int) -> str:
        """``value`` as it may be stored there, and nowhere else."""
        return self._fernet.encrypt(json.dumps([table, column, row, value]).encode()).decode()

    def unseal(self, sealed: str, *, table: str, column: str, row: int) -> str:
        """What was sealed. Raises InvalidToken where no key fits, ValueError where it was copied from elsewhere."""
        *place, value = json.loads(self._fernet.decrypt(sealed.encode()))
        if place != [table, column, row]:
            raise ValueError(f"what stands in {table}.{column} was sealed for another place")
        return str(value)
