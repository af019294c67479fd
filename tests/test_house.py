"""Rules for the whole code base that import contracts cannot express."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("app", "directory", "jobs", "matching")
PACKAGES = sorted(str(path.parent.relative_to(ROOT)) for room in ROOMS for path in (ROOT / room).rglob("__init__.py"))
MODULES = {
    path: path.read_text(encoding="utf-8")
    for room in ROOMS
    for path in sorted((ROOT / room).rglob("*.py"))
    if "versions" not in path.parts
}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_a_module_has_at_most_320_lines() -> None:
    assert [named(path) for path, text in MODULES.items() if len(text.splitlines()) > 320] == []


def test_a_module_has_a_docstring() -> None:
    assert [named(path) for path, text in MODULES.items() if not text.startswith(('"""', 'r"""'))] == []


@pytest.mark.parametrize("room", PACKAGES)
def test_a_room_states_its_law_in_at_most_five_lines(room: str) -> None:
    law = ast.get_docstring(ast.parse(MODULES[ROOT / room / "__init__.py"])) or ""
    assert "Law:" in law
    assert len([line for line in law.splitlines() if line]) <= 5


def test_no_import_of_our_own_hides_in_a_function_or_behind_type_checking() -> None:
    """Only shell commands import late, so that ``goodword --help`` answers at once."""
    late = re.compile(rf"^ +(?:from|import) (?:{'|'.join(ROOMS)})\b", re.MULTILINE)
    hidden = {named(path) for path, text in MODULES.items() if late.search(text)}
    assert {name for name in hidden if not name.startswith("app/cli/")} == {"app/__init__.py"}


def test_only_the_clock_module_reads_the_clock() -> None:
    reads = re.compile(r"\b(datetime\.now|datetime\.utcnow|date\.today|time\.time)\(")
    readers = [named(path) for path, text in MODULES.items() if reads.search(text)]
    assert readers == ["directory/clock.py"]


def test_what_can_be_read_once_is_read_once() -> None:
    """A generator is empty the second time: who needs what was passed twice asks for a Collection or a Sequence."""
    twice = [
        f"{named(path)}: {function.name}({parameter.arg})"
        for path, text in MODULES.items()
        for function in ast.walk(ast.parse(text))
        if isinstance(function, ast.FunctionDef)
        for parameter in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
        if parameter.annotation and ast.unparse(parameter.annotation).startswith(("Iterable[", "Iterator["))
        if sum(isinstance(node, ast.Name) and node.id == parameter.arg for node in ast.walk(function)) > 1
    ]
    assert twice == []


def test_one_module_makes_tokens_and_seals_columns() -> None:
    makers = [named(path) for path, text in MODULES.items() if re.search(r"\btoken_(?:urlsafe|hex)\(|\bFernet\(", text)]
    assert makers == ["directory/secrets.py", "directory/settings.py"]  # which writes the installation's own key
    sealers = [named(path) for path, text in MODULES.items() if re.search(r"\.(?:un)?seal\(", text)]
    assert sealers == ["app/pages/channels.py", "directory/secrets.py"]  # what waits in a session has no column


def test_no_module_has_a_catch_all_name() -> None:
    names = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "handler", "data", "info"}
    assert [named(path) for path in MODULES if path.stem in names] == []


def test_tracked_files_have_no_registry_hosts_and_no_installed_packages() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert not [name for name in tracked if "node_modules/" in name or name.startswith(".venv/")]
    locks = [ROOT / name for name in tracked if re.search(r"requirements|package-lock", name)]
    assert locks
    assert not [
        named(path)
        for path in locks
        if "https://" in path.read_text().replace("https://github.com", "") and '"resolved"' in path.read_text()
    ]
