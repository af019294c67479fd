"""Capability cells: codes or names of one scheme, separated by semicolons."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.errors import Invalid
from directory.imports.cell_checks import RowError
from directory.imports.checked_file import CheckedRow
from directory.imports.report import Report
from directory.taxonomy.capability import Capability
from directory.translation import gettext


class Codes:
    """The codes and names of one scheme. Raises Invalid where the scheme has not been imported."""

    def __init__(self, session: Session, scheme: str) -> None:
        self.scheme = scheme
        rows = session.execute(select(Capability.id, Capability.code, Capability.name).filter_by(scheme=scheme)).all()
        if not rows:
            message = gettext(
                "There is no taxonomy “%(scheme)s”; import it first with goodword taxonomy import.", scheme=scheme
            )
            raise Invalid(message, field="scheme")
        self._by_word = {name.casefold(): id for id, _code, name in rows}
        self._by_word |= {code.casefold(): id for id, code, _name in rows}  # a code wins over a name that looks like it

    def read(self, row: CheckedRow, report: Report) -> Sequence[int]:
        """Capability ids of a row's cell, each once; what is unknown goes to the report."""
        words = [word.strip() for word in row.values.get("capabilities", "").split(";") if word.strip()]
        if "capabilities" in row.values and not words:
            reason = gettext("without a capability")
            report.skip_unknown(reason, RowError(row.number, "capabilities", reason))
        reason = gettext("not in the taxonomy %(scheme)s", scheme=self.scheme)
        found = dict[int, None]()
        for word in words:
            id = self._by_word.get(word.casefold())
            if id is None:
                report.skip_unknown(reason, RowError(row.number, "capabilities", f"{word} {reason}"), word)
            else:
                found[id] = None
        return list(found)
