"""Every regular expression of the program reads hostile text in a moment: they are collected from the source, and each
is given texts of the characters that it is made of.

The texts have no runs of blanks, as no text has that ``directory.text`` cleaned.
"""

import ast
import importlib
import random
import re
from collections.abc import Iterator
from pathlib import Path
from re import _parser as parser
from time import thread_time
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("app", "directory", "jobs", "matching")
LENGTH = 2_000  # characters; what is longer is cut or refused first, except texts, which few expressions read
MOMENT = 0.15  # seconds of the processor; what takes the square of the length needs a tenth of that
AFTER = {"compile": 1, "search": 2, "match": 2, "fullmatch": 2, "findall": 2, "finditer": 2, "split": 3, "sub": 4}
# Built in a function of parts that are escaped or listed here, and read with the others of their module.
BUILT = {
    *("directory.imports.text_encoding", "directory.interpretation.lead_due_date", "directory.week.unconsented_names"),
    *("directory.interpretation.written_amount", "matching.clauses", "matching.place_extraction"),
}


def sources() -> Iterator[tuple[str, str]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            source = path.read_text(encoding="utf-8")
            if "import re\n" in source:
                yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), source


def expressions() -> Iterator[tuple[str, re.Pattern[str], bool]]:
    """Every call of ``re`` with its place, the expression, and whether it is tried at the beginning of a text alone."""
    for name, source in sources():
        module, tree = importlib.import_module(name), ast.parse(source)
        named = {id(node.value): node.targets[0] for node in ast.walk(tree) if isinstance(node, ast.Assign)}
        for call in ast.walk(tree):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
                continue
            method = call.func.attr
            if not (isinstance(call.func.value, ast.Name) and call.func.value.id == "re" and method in AFTER):
                continue
            flags = [*call.args[AFTER[method] :], *(word.value for word in call.keywords if word.arg == "flags")]
            try:
                pattern, *more = (value_of(part, module) for part in (call.args[0], *flags[:1]))
            except NameError:
                assert name in BUILT, f"{name}:{call.lineno} builds an expression: list it in BUILT"
                continue
            target = named.get(id(call))
            used = set(re.findall(rf"\b{target.id}\.(\w+)\(", source)) if isinstance(target, ast.Name) else set()
            if isinstance(pattern, str):
                is_at_start = (used or {method}) <= {"match", "fullmatch"}
                yield f"{name}:{call.lineno}", re.compile(pattern, *more), is_at_start


def value_of(part: ast.expr, module: ModuleType) -> Any:
    return eval(compile(ast.Expression(part), "<expression>", "eval"), vars(module))  # the program's own source


def characters(expression: re.Pattern[str]) -> list[str]:
    """The characters that the expression names, and one of each class."""
    found = {"a", "0", ".", "-"}

    def read(items: Any) -> None:
        for kind, value in items:
            name = str(kind)
            if name in ("LITERAL", "NOT_LITERAL"):
                found.add(chr(value))
            elif name == "RANGE":
                found.add(chr(value[0]))
            elif name == "IN":
                read(value)
            elif name.endswith("REPEAT"):
                read(value[2])
            elif name == "SUBPATTERN":
                read(value[3])
            elif name == "BRANCH":
                for branch in value[1]:
                    read(branch)
            elif name in ("ASSERT", "ASSERT_NOT"):
                read(value[1])

    read(parser.parse(expression.pattern, expression.flags))
    return sorted(found - {" "})


def hostile(expression: re.Pattern[str]) -> Iterator[str]:
    chance = random.Random(expression.pattern)
    alphabet = characters(expression)
    units = [*chance.sample(alphabet, min(len(alphabet), 16))]
    units += ["".join(chance.choices([*alphabet, " "], k=size)) for size in (2, 2, 2, 2, 3, 3, 3, 4, 5, 6, 8)]
    for unit in units:
        text = re.sub(r"\s+", lambda blanks: blanks[0][0], unit * (LENGTH // len(unit)))
        yield f"{text}\x01"


@pytest.mark.slow
def test_no_hostile_text_keeps_a_regular_expression_for_long() -> None:
    checked = 0
    for place, expression, is_at_start in expressions():
        for text in hostile(expression):
            began = thread_time()
            _ = expression.match(text) if is_at_start else expression.sub("", text)
            assert thread_time() - began < MOMENT, (place, expression.pattern, text[:20])
            checked += 1
    assert checked > 1000
