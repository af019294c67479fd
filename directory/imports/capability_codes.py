"""Read capability cells: codes or names of one scheme, separated by semicolons, or else by commas."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.errors import Invalid
from directory.imports.cell_checks import RowError
from directory.imports.cell_values import split_list
from directory.imports.report import Report
from directory.taxonomy.capability import Capability
from directory.translation import gettext


class _Row(Protocol):
    """A row of a file, of either reader."""

    @property
    def number(self) -> int: ...
    @property
    def values(self) -> Mapping[str, str]: ...


class Codes:
    """The codes and names of one scheme. Raises Invalid if the scheme has not been imported."""

    def __init__(self, session: Session, scheme: str) -> None:
        self.scheme = scheme
        rows = session.execute(select(Capability.id, Capability.code, Capability.name).filter_by(scheme=scheme)).all()
        if not rows:
            message = gettext(
                "There is no taxonomy “%(scheme)s”; import it first with goodword taxonomy import.", scheme=scheme
            )
            raise Invalid(message, field="scheme")
        self._by_name = {name.casefold(): id for id, _code, name in rows}
        self._by_name |= {code.casefold(): id for id, code, _name in rows}  # a code wins over an equal name

    def unknown(self, row: _Row) -> list[str]:
        """Return the names in a row's cell that the scheme does not have."""
        return [name for name in self._names(row) if name.casefold() not in self._by_name]

    def _names(self, row: _Row) -> list[str]:
        cell = row.values.get("capabilities", "").strip()
        return [cell] if cell.casefold() in self._by_name else split_list(cell)

    def read(self, row: _Row, report: Report) -> Sequence[int]:
        """Return the capability ids of a row's cell, each once. Unknown ones go to the report."""
        names = self._names(row)
        if "capabilities" in row.values and not names:
            reason = gettext("without a capability")
            report.skip_unknown(reason, RowError(row.number, "capabilities", reason))
        reason = gettext("not in the taxonomy %(scheme)s", scheme=self.scheme)
        ids = dict[int, None]()
        for name in names:
            id = self._by_name.get(name.casefold())
            if id is None:
                report.skip_unknown(reason, RowError(row.number, "capabilities", f"{name} {reason}"), name)
            else:
                ids[id] = None
        return list(ids)
