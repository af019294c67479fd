"""Read capability cells: codes or names of an imported scheme, or what people call what they do."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.engine.capability_names import cut_cell
from directory.engine.own_vocabulary import Vocabulary
from directory.errors import Invalid
from directory.imports.cell_checks import RowError
from directory.imports.report import Report
from directory.taxonomy.capability import CURATED, Capability
from directory.translation import gettext


class _Row(Protocol):
    """A row of a file, of either reader."""

    @property
    def number(self) -> int: ...
    @property
    def values(self) -> Mapping[str, str]: ...


class Codes:
    """The codes and names of one scheme. Raises Invalid if the scheme has not been imported.

    With the curated scheme, what it lacks becomes a word of the network's own, which came from ``source``, the name of
    the file; unless the report refuses what is unknown.
    """

    def __init__(self, session: Session, scheme: str, source: str = "") -> None:
        self.scheme, self._source = scheme, source
        rows = session.execute(select(Capability.id, Capability.code, Capability.name).filter_by(scheme=scheme)).all()
        if not rows:
            message = gettext(
                "There is no taxonomy “%(scheme)s”; import it first with goodword taxonomy import.", scheme=scheme
            )
            raise Invalid(message, field="scheme")
        self._by_name = {name.casefold(): id for id, _code, name in rows}
        self._by_name |= {code.casefold(): id for id, code, _name in rows}  # a code wins over an equal name
        self._vocabulary = Vocabulary(session) if scheme == CURATED else None

    def read(self, row: _Row, report: Report) -> Sequence[int]:
        """Return the capability ids of a row's cell, each once. New words and unknown codes go to the report."""
        names = cut_cell(row.values.get("capabilities", ""), self._by_name)
        if "capabilities" in row.values and not names:
            reason = gettext("without a capability")
            report.skip_unknown(reason, RowError(row.number, "capabilities", reason))
        ids = [self._by_name.get(name.casefold()) for name in names]
        if self._vocabulary is not None and report.unknown == "skip" and None in ids:
            by_code = [id for id in ids if id is not None]
            words = "\n".join(name for name, id in zip(names, ids, strict=True) if id is None)
            found, new = self._vocabulary.learn(words, beside=by_code, origin=self._source)
            for word in new:
                report.keep_own(row.number, word)
            return list(dict.fromkeys([*by_code, *found]))
        reason = gettext("not in the taxonomy %(scheme)s", scheme=self.scheme)
        for name, id in zip(names, ids, strict=True):
            if id is None:
                report.skip_unknown(reason, RowError(row.number, "capabilities", f"{name} {reason}"), name)
        return list(dict.fromkeys(id for id in ids if id is not None))
