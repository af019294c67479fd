"""A law: whoever changes the state of a lead or an offer has locked the lead before, whatever the way there."""

import ast
from collections.abc import Iterator

from tests.test_house import MODULES, named

LOCKS = {"directory.leads.lead_state.lock_lead", "directory.leads.offer_answer.lock_offer"}
STATES = {"directory.leads.lead.LeadState", "directory.leads.offer.OfferState"}
WRITTEN = {"state", "closed_at", "settled_at", "answered_at", "answered_by_id"}
TABLES = {"directory.leads.lead.Lead", "directory.leads.offer.Offer"}
Body = list[tuple[int, str]]  # the lines of a function with what it calls, "" where it writes a state


def read_functions() -> dict[str, Body]:
    """Return what each function of the code base does, in the order of its lines, by their full names."""
    found = {}
    for path, text in MODULES.items():
        tree, module = ast.parse(text), named(path).removesuffix(".py").replace("/", ".")
        known = {each.name: f"{module}.{each.name}" for each in tree.body if isinstance(each, ast.FunctionDef)}
        for each in ast.walk(tree):
            if isinstance(each, ast.ImportFrom):
                known |= {name.asname or name.name: f"{each.module}.{name.name}" for name in each.names}
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                found[f"{module}.{function.name}"] = sorted(steps(function, known))
    return found


def steps(function: ast.FunctionDef, known: dict[str, str]) -> Iterator[tuple[int, str]]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            first, _dot, rest = name.partition(".")
            called = ".".join(filter(None, (known.get(first, first), rest)))
            yield node.lineno, called
            if name == "update" and known.get(ast.unparse(node.args[0])) in TABLES:
                yield node.lineno, ""
        elif isinstance(node, ast.Assign) and STATES & {*known.values()}:
            for target in [each for one in node.targets for each in ast.walk(one)]:
                if isinstance(target, ast.Attribute) and target.attr in WRITTEN:
                    yield node.lineno, ""


def without_lock(functions: dict[str, Body]) -> set[str]:
    """Return the functions that write a state, or call one of these, before they lock."""
    found: set[str] = {""}
    while True:
        more = {
            name
            for name, body in functions.items()
            if name not in LOCKS
            and (writes := [line for line, called in body if called in found])
            and not any(called in LOCKS and line < min(writes) for line, called in body)
        }
        if more <= found:
            return found - {""}
        found |= more


def test_every_change_of_state_is_made_under_the_lock() -> None:
    functions = read_functions()
    loose = without_lock(functions)
    assert "directory.leads.offer_answer.end_offer" in loose  # its callers lock, which is what the law is about
    outside = {
        f"{name} calls {called}"
        for name, body in functions.items()
        if not name.startswith("directory.")
        for _line, called in body
        if called in loose
    }
    assert outside == set()


def test_the_law_finds_who_does_not_lock() -> None:
    functions = {
        "a.end": [(1, "")],
        "a.safe": [(1, "directory.leads.lead_state.lock_lead"), (2, "a.end")],
        "a.late": [(1, "a.end"), (2, "directory.leads.lead_state.lock_lead")],
        "a.through": [(1, "a.safe"), (2, "a.late")],
    }
    assert without_lock(functions) == {"a.end", "a.late", "a.through"}
