"""Capability cells: codes or names of one scheme, separated by semicolons."""

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.errors import Invalid
from directory.imports.cell_checks import RowError
from directory.imports.checked_file import CheckedRow
from directory.imports.report import Report
from directory.taxonomy.capability import Capability
from directory.translation import gettext

Unknown = Literal["skip", "fail"]  # what happens to a code, or a firm, that nobody knows


class Codes:
    """The codes and names of one scheme. Raises Invalid where the scheme has not been imported."""

    def __init__(self, session: Session, scheme: str) -> None:
        self.scheme = scheme
        self._by_word: dict[str, int] = {}
        rows = session.execute(select(Capability.id, Capability.code, Capability.name).filter_by(scheme=scheme)).all()
        if not rows:
            message = gettext(
                "There is no taxonomy “%(scheme)s”; import it first with goodword taxonomy import.", scheme=scheme
            )
            raise Invalid(message, field="scheme")
        for id, _code, name in rows:
            self._by_word[name.casefold()] = id
        for id, code, _name in rows:  # last, so that a code wins over a name that looks like it
            self._by_word[code.casefold()] = id

    def read(self, row: CheckedRow, report: Report, errors: list[RowError], unknown: Unknown) -> Sequence[int]:
        """Capability ids of a row's cell, each once; what is unknown goes to the report, or to the errors."""
        words = [word.strip() for word in row.values.get("capabilities", "").split(";") if word.strip()]
        reason = gettext("not in the taxonomy %(scheme)s", scheme=self.scheme)
        if "capabilities" in row.values and not words:
            reason = gettext("without a capability")
            self._unknown(row, reason, "", report, errors, unknown)
        found = dict[int, None]()
        for word in words:
            id = self._by_word.get(word.casefold())
            if id is None:
                self._unknown(row, reason, word, report, errors, unknown)
            else:
                found[id] = None
        return list(found)

    @staticmethod
    def _unknown(
        row: CheckedRow, reason: str, word: str, report: Report, errors: list[RowError], unknown: Unknown
    ) -> None:
        if unknown == "fail":
            errors.append(RowError(row.number, "capabilities", f"{word} {reason}".strip()))
        else:
            report.skip(reason, row.number, word)
