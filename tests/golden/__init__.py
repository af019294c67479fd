"""Golden texts: the exact texts that people read, each in a file of its own that somebody has proofread."""

import os
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


def golden(name: str, text: str) -> str:
    """Return the expected text of ``tests/golden/<name>.txt``. With GOLDEN=write, write ``text`` there first."""
    path, test = FOLDER / f"{name}.txt", os.environ["PYTEST_CURRENT_TEST"].partition("::")[0]
    if os.environ.get("GOLDEN") == "write":
        path.write_text(f"{text}\n", encoding="utf-8")
    if not path.exists():
        pytest.fail(f"{path} is missing. Write it with: GOLDEN=write .venv/bin/python -m pytest {test}. Then read it.")
    return path.read_text(encoding="utf-8").removesuffix("\n")
