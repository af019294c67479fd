"""What docs/architecture.md says is so: the floors, and each file and function on the way."""

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")


def test_it_is_two_pages_at_most() -> None:
    assert len(PAGE.splitlines()) <= 110


def test_every_file_and_function_it_names_is_there() -> None:
    named = re.findall(r"`([\w/]+\.py)(?::(\w+))?`", PAGE)
    assert named
    for path, function in named:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert not function or function in {getattr(node, "name", None) for node in ast.walk(tree)}, (path, function)


def test_its_floors_are_those_that_import_linter_holds() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = pyproject["tool"]["importlinter"]["contracts"]
    (held,) = (contract["layers"] for contract in contracts if contract.get("containers") == ["directory"])
    picture = PAGE[PAGE.index("directory/\n") : PAGE.index("      *.py")]
    drawn = re.findall(r"^      ([a-z]+(?:  [a-z]+)*)  ", picture, re.MULTILINE)
    assert [set(re.findall(r"\w+", floor)) for floor in drawn] == [set(floor.split(" | ")) for floor in held[:-1]]
