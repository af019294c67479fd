"""Read a scheme of capabilities from a CSV file into rows."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from directory.audit import record
from directory.db import bump_world, new_public_id
from directory.imports.cell_checks import Field, ImportErrors, RowError
from directory.imports.checked_file import CheckedRow, read_checked_file
from directory.taxonomy.capability import Capability, CapabilityKind
from directory.translation import gettext

CURATED_FILE = Path(__file__).parents[1] / "taxonomy/goodword.csv"
FIELDS = (
    Field("code", ("code", "id"), 160, required=True),
    Field("name", ("name", "title"), 300, is_published=True),
    Field("description", ("description",), 4096, is_published=True),  # other names in a row, as ESCO writes them
    Field("synonyms", ("synonyms",), 4096),  # separated by semicolons
    Field("asks", ("asks",), 4096),  # separated by semicolons: how people ask who do not know the trade's word
    Field("parent", ("parent",), 160),  # a code; where the column is absent, the code itself says it
)
NAME_WORDS = 10  # the longest name that is looked for in a description


@dataclass(frozen=True)
class Imported:
    """What an import of a scheme did, in nodes."""

    rows: int
    added: int
    updated: int


def import_scheme(
    session: Session,
    *,
    path: Path | bytes,
    scheme: str,
    now: datetime,
    mapping: Mapping[str, str] | None = None,
) -> Imported:
    """Add the nodes of a CSV file (a path, ``.gz`` too, or its content) to ``scheme`` and update those it has.

    A node whose words change loses its vector, for ``embed_missing`` to make anew. Raises Invalid for what is no
    such file and ImportErrors for its rows: a code that stands twice, a row without a name, an unknown parent.
    """
    nodes, parents = _nodes(read_checked_file(path, fields=FIELDS, mapping=mapping))
    before = {node.code: node for node in session.scalars(select(Capability).where(Capability.scheme == scheme))}
    by_id = {node.id: node.code for node in before.values()}
    above = {code: by_id.get(node.parent_id or 0, "") for code, node in before.items()}
    above |= _resolved(parents, known={*above, *parents})
    kinds = {code: _kind(code, above) for code in nodes}
    new = [code for code in nodes if code not in before]
    if new:
        fresh = ({"scheme": scheme, "code": code, "kind": kinds[code], **nodes[code]} for code in new)
        session.execute(insert(Capability), [{"public_id": new_public_id(), **row} for row in fresh])
    chosen = select(Capability.code, Capability.id).where(Capability.scheme == scheme)
    ids = {row.code: row.id for row in session.execute(chosen)}
    changed = []
    for code, node in nodes.items():
        values = {**node, "kind": kinds[code], "parent_id": ids[above[code]] if above[code] else None}
        was = before.get(code)
        if was is None or any(getattr(was, name) != value for name, value in values.items()):
            changed.append({"id": ids[code], "vector": None, **values})
    if changed:
        session.execute(update(Capability), changed)
        session.expire_all()
        record(session, actor_id=None, action="taxonomy.import", object=f"scheme:{scheme}"[:80], now=now)
        bump_world(session)
    return Imported(rows=len(nodes), added=len(new), updated=len(changed) - len(new))


def name_of(description: str) -> str:
    """The first of the names that a description repeats before it explains; a best guess, at most ten words.

    The second name tends to say the first again in other words, so the cut is where what follows repeats most of
    what went before.

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
    """Code -> node, and code -> the row and what its parent column says, None without one. Raises ImportErrors."""
    nodes: dict[str, dict[str, Any]] = {}
    parents: dict[str, tuple[int, str | None]] = {}
    errors = []
    for row in rows:
        code, description = row.values["code"], row.values.get("description", "")
        name = row.values.get("name", "") or name_of(description)
        if code in nodes:
            errors.append(RowError(row.number, "code", gettext("“%(code)s” stands twice.", code=code)))
        elif not name:
            errors.append(RowError(row.number, "name", gettext("Write a name.")))
        words = (*row.values.get("synonyms", "").split(";"), description.removeprefix(name))
        asks = row.values.get("asks", "").split(";")
        nodes[code] = {"name": name, "synonyms": _each(words), "asks": _each(asks)}
        parents[code] = row.number, row.values.get("parent")
    if errors:
        raise ImportErrors(errors)
    return nodes, parents


def _each(words: Iterable[str]) -> list[str]:
    return [word for word in dict.fromkeys(word.strip() for word in words) if word]


def _resolved(said: Mapping[str, tuple[int, str | None]], known: set[str]) -> dict[str, str]:
    """Code -> its parent's code, "" at a root: what the column says, or else the longest code that it begins with.

    A code such as ``31-33`` stands for 31, 32 and 33. Raises ImportErrors.
    """
    ranges = {
        str(head): code
        for code in known
        if (span := re.fullmatch(r"(\d{2})-(\d{2})", code))
        for head in range(int(span[1]), int(span[2]) + 1)
    }
    above: dict[str, str] = {}
    errors = []
    for code, (row, parent) in said.items():
        if parent is None:
            heads = [head if head in known else ranges.get(head) for head in _heads(code)]
            parent = next((head for head in heads if head), "")
        elif parent and parent not in known:
            errors.append(RowError(row, "parent", gettext("There is no “%(code)s” in the scheme.", code=parent)))
        above[code] = parent
    if not errors:
        circular = gettext("It is its own ancestor.")
        errors = [RowError(row, "parent", circular) for code, (row, _) in said.items() if _depth(code, above) is None]
    if errors:
        raise ImportErrors(errors)
    return above


def _heads(code: str) -> list[str]:
    """The codes that would stand above ``code``, nearest first; an address has none.

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
    """How many ancestors; None where they go in a circle."""
    seen = {code}
    while code := above.get(code, ""):
        if code in seen:
            return None
        seen.add(code)
    return len(seen) - 1


def _kind(code: str, above: Mapping[str, str]) -> CapabilityKind:
    return tuple(CapabilityKind)[min(_depth(code, above) or 0, len(CapabilityKind) - 1)]
