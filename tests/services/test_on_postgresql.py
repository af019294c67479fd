"""Run the tests of verbs and pages on PostgreSQL too."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_verbs_and_pages_behave_the_same_on_postgresql(postgres_server: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-m", "not slow", "-q", "tests/people", "tests/leads", "tests/app"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "TEST_ON": "postgresql", "TEST_POSTGRES_URL": postgres_server},
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert done.returncode == 0, done.stdout[-3000:]
