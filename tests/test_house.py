"""The laws of the house that no import contract can say."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("app", "directory", "jobs", "matching")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "versions" not in path.parts)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_is_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 320


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_says_what_it_promises(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_states_its_law_in_five_lines(room: str) -> None:
    law = ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text(encoding="utf-8"))) or ""
    assert "Law:" in law
    assert len([line for line in law.splitlines() if line]) <= 5


def test_only_the_clock_reads_the_clock() -> None:
    reads = re.compile(r"\b(datetime\.now|datetime\.utcnow|date\.today|time\.time)\(")
    readers = [named(path) for path in MODULES if reads.search(path.read_text(encoding="utf-8"))]
    assert readers == ["directory/clock.py"]


def test_no_file_is_a_junk_drawer() -> None:
    names = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "handler", "data", "info"}
    assert [named(path) for path in MODULES if path.stem in names] == []


def test_what_is_tracked_names_no_host_of_a_registry_and_no_installed_folder() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert not [name for name in tracked if "node_modules/" in name or name.startswith(".venv/")]
    locks = [ROOT / name for name in tracked if re.search(r"requirements|package-lock", name)]
    assert locks
    assert not [
        named(path)
        for path in locks
        if "https://" in path.read_text().replace("https://github.com", "") and '"resolved"' in path.read_text()
    ]
