"""Import a scheme of capabilities, a taxonomy, from a CSV file."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from directory.audit import record
from directory.db import new_public_id
from directory.errors import Invalid
from directory.imports.cell_checks import Field, ImportErrors, RowError
from directory.imports.checked_table import CheckedRow, read_checked_file
from directory.imports.report import Report
from directory.people.own_word import joined_names
from directory.taxonomy.capability import OWN, Capability, CapabilityKind, Mark
from directory.translation import gettext

CURATED_FILE = Path(__file__).parents[1] / "taxonomy/goodword.csv"
FIELDS = (
    Field("code", ("code", "id"), 160, required=True),
    Field("name", ("name", "title"), 300, is_published=True),
    Field("description", ("description",), 4096, is_published=True),  # begins with alternative names, as in ESCO
    Field("synonyms", ("synonyms",), 4096),  # separated by semicolons
    Field("asks", ("asks",), 4096),  # separated by semicolons: how people ask without the technical term
    Field("marks", ("marks",), 80),  # separated by semicolons, of Mark
    Field("parent", ("parent",), 160),  # a code; without this column it is derived from the node's own code
)
NAME_WORDS = 10  # maximum words of a name taken from a description


def import_scheme(
    session: Session,
    *,
    path: Path | bytes,
    scheme: str,
    now: datetime,
    mapping: Mapping[str, str] | None = None,
) -> Report:
    """Add the nodes of a CSV file (a path, ``.gz`` too, or its content) to ``scheme``, and update existing ones.

    A node that changes loses its vector, for ``embed_missing`` to make anew; it keeps the names of the network's own
    words that were joined with it. Raises Invalid for a file that cannot be read or the scheme of these words, and
    ImportErrors for its rows: a duplicate code, a missing name, an unknown parent or mark, a cycle.
    """
    if scheme == OWN:
        raise Invalid(gettext("The scheme “own” is for this network’s words; choose another name."), field="scheme")
    nodes, parents = _nodes(read_checked_file(path, fields=FIELDS, mapping=mapping))
    before = {node.code: node for node in session.scalars(select(Capability).where(Capability.scheme == scheme))}
    by_id = {node.id: node.code for node in before.values()}
    above = {code: by_id.get(node.parent_id or 0, "") for code, node in before.items()}
    above |= _resolve_parents(parents, known={*above, *parents})
    kinds = {code: _kind(code, above) for code in nodes}
    new = [code for code in nodes if code not in before]
    if new:
        fresh = ({"scheme": scheme, "code": code, "kind": kinds[code], **nodes[code]} for code in new)
        session.execute(insert(Capability), [{"public_id": new_public_id(), **row} for row in fresh])
    rows_of_scheme = select(Capability.code, Capability.id).where(Capability.scheme == scheme)
    ids = {row.code: row.id for row in session.execute(rows_of_scheme)}
    changed, joined = [], joined_names(session)
    for code, node in nodes.items():
        values = {**node, "kind": kinds[code], "parent_id": ids[above[code]] if above[code] else None}
        values["synonyms"] = [*dict.fromkeys((*values["synonyms"], *joined.get(ids[code], ())))]
        was = before.get(code)
        if was is None or any(getattr(was, name) != value for name, value in values.items()):
            changed.append({"id": ids[code], "vector": None, **values})
    if changed:
        session.execute(update(Capability), changed)
        session.expire_all()
        record(session, actor_id=None, action="taxonomy.import", object=f"scheme:{scheme}"[:80], now=now)
    return Report(rows=len(nodes), added=len(new), updated=len(changed) - len(new), same=len(nodes) - len(changed))


def name_of(description: str) -> str:
    """Guess the first of the alternative names that a description begins with, at most ten words.

    The second name usually repeats the first in other words. So the cut is where the words that follow repeat most of
    the words before it.

    >>> name_of("install heat pumps installation of heat pumps commission heat pumps Install heat pumps, which")
    'install heat pumps'
    """
    words = description.split()
    roots = [word.casefold().strip(".,;:()")[:5] for word in words]
    best, cut = 0.3, 0
    for length in range(1, min(NAME_WORDS, len(words) - 1) + 1):
        ahead = roots[length : 2 * length + min(2, length - 1)]
        repeated = sum(root in ahead for root in roots[:length]) / length
        if repeated > best:
            best, cut = repeated, length
    explained = next((i for i, word in enumerate(words[1:], start=1) if word.istitle()), NAME_WORDS)
    return " ".join(words[: cut or min(explained, NAME_WORDS)])[:300]


def _nodes(rows: list[CheckedRow]) -> tuple[dict[str, dict[str, Any]], dict[str, tuple[int, str | None]]]:
    """Return code -> node, and code -> (row, parent cell or None without that column). Raises ImportErrors."""
    nodes: dict[str, dict[str, Any]] = {}
    parents: dict[str, tuple[int, str | None]] = {}
    errors = []
    for row in rows:
        code, description = row.values["code"], row.values.get("description", "")
        name = row.values.get("name", "") or name_of(description)
        if code in nodes:
            errors.append(RowError(row.number, "code", gettext("“%(code)s” is there twice.", code=code)))
        elif not name:
            errors.append(RowError(row.number, "name", gettext("Enter a name.")))
        words = (*row.values.get("synonyms", "").split(";"), description.removeprefix(name))
        asks, marks = (_distinct(row.values.get(field, "").split(";")) for field in ("asks", "marks"))
        errors += [
            RowError(row.number, "marks", gettext("There is no mark “%(mark)s”.", mark=mark))
            for mark in marks
            if mark not in {*Mark}
        ]
        nodes[code] = {"name": name, "synonyms": _distinct(words), "asks": asks, "marks": marks}
        parents[code] = row.number, row.values.get("parent")
    if errors:
        raise ImportErrors(errors)
    return nodes, parents


def _distinct(words: Iterable[str]) -> list[str]:
    return [word for word in dict.fromkeys(word.strip() for word in words) if word]


def _resolve_parents(parents: Mapping[str, tuple[int, str | None]], known: set[str]) -> dict[str, str]:
    """Return code -> its parent's code, "" at a root: the parent cell, or else the longest known prefix of the code.

    A code such as ``31-33`` stands for 31, 32 and 33. Raises ImportErrors for unknown parents and cycles.
    """
    ranges = {
        str(head): code
        for code in known
        if (span := re.fullmatch(r"(\d{2})-(\d{2})", code))
        for head in range(int(span[1]), int(span[2]) + 1)
    }
    above: dict[str, str] = {}
    errors = []
    for code, (row, parent) in parents.items():
        if parent is None:
            heads = [head if head in known else ranges.get(head) for head in _heads(code)]
            parent = next((head for head in heads if head), "")
        elif parent and parent not in known:
            errors.append(RowError(row, "parent", gettext("There is no “%(code)s” in the scheme.", code=parent)))
        above[code] = parent
    if not errors:
        circular = gettext("It is its own ancestor.")
        errors = [
            RowError(row, "parent", circular) for code, (row, _) in parents.items() if _depth(code, above) is None
        ]
    if errors:
        raise ImportErrors(errors)
    return above


def _heads(code: str) -> list[str]:
    """Return the codes that may be ancestors of ``code``, nearest first. A URL has none.

    >>> _heads("web.care.speed"), _heads("11112")
    (['web.care', 'web'], ['1111', '111', '11'])
    """
    if "://" in code:
        return []
    if "." in code:
        parts = code.split(".")
        return [".".join(parts[:end]) for end in range(len(parts) - 1, 0, -1)]
    return [code[:end] for end in range(len(code) - 1, 1, -1)] if code.isdigit() else []


def _depth(code: str, above: Mapping[str, str]) -> int | None:
    """Return the number of ancestors, None if they form a cycle."""
    seen = {code}
    while code := above.get(code, ""):
        if code in seen:
            return None
        seen.add(code)
    return len(seen) - 1


def _kind(code: str, above: Mapping[str, str]) -> CapabilityKind:
    return tuple(CapabilityKind)[min(_depth(code, above) or 0, len(CapabilityKind) - 1)]
