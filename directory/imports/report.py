"""The report of an import: its counts, and sentences about them for people."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from directory.imports.cell_checks import ERRORS_NAMED, RowError
from directory.translation import gettext, join_as_list, ngettext

EXAMPLES = 5
Unknown = Literal["skip", "fail"]  # what to do with an unknown code or business


@dataclass
class Report:
    """Counts of one import. ``skipped`` maps a reason to the rows, or cells of rows, that were skipped for it."""

    rows: int = 0
    unknown: Unknown = "skip"
    added: int = 0
    updated: int = 0
    same: int = 0  # existed before, unchanged
    claims: int = 0
    skipped: dict[str, list[str]] = field(default_factory=dict)
    own: dict[int, list[str]] = field(default_factory=dict)  # row -> new words of the network's own
    alike: dict[int, int] = field(default_factory=dict)  # row added -> id of the business that it may duplicate
    left_out: dict[int, str] = field(default_factory=dict)  # row -> why
    notes: list[RowError] = field(default_factory=list)  # what was left out of cells
    errors: list[RowError] = field(default_factory=list)  # if there is any, nothing may be saved

    def skip(self, reason: str, row: int, value: str = "") -> None:
        """Count a skipped row or cell, and remember its place."""
        self.skipped.setdefault(reason, []).append(_place(row, value))

    def keep_own(self, row: int, word: str) -> None:
        """Remember a word that became one of the network's own."""
        self.own.setdefault(row, []).append(word)

    def leave_out(self, row: int, why: str) -> None:
        """Count a row that was left out whole."""
        self.left_out[row] = why
        self.skip(why, row)

    def skip_unknown(self, reason: str, error: RowError, value: str = "") -> None:
        """Skip an unknown value, or add ``error`` if ``unknown`` is "fail"."""
        if self.unknown == "fail":
            self.errors.append(error)
        else:
            self.skip(reason, error.row, value)

    def lines(self) -> Sequence[str]:
        """Return the report, one sentence a line.

        >>> Report(rows=3, added=2, same=1, claims=2).lines()
        ['3 rows read: 2 added, 0 updated, 1 already there; 2 new claims.']
        """
        read = ngettext("%(count)s row read", "%(count)s rows read", self.rows)
        done = gettext(
            "%(added)s added, %(updated)s updated, %(same)s already there",
            added=self.added,
            updated=self.updated,
            same=self.same,
        )
        claims = ngettext("%(count)s new claim", "%(count)s new claims", self.claims)
        alike = gettext("added, though a firm like it was here; look at both and merge them")
        own = gettext("kept as a word of your own, under the nearest known one")
        places = [gettext("row %(row)s", row=row) for row in self.alike]
        words = [_place(row, word) for row, words in self.own.items() for word in words]
        notes = {**self.skipped, **{why: rows for why, rows in ((own, words), (alike, places)) if rows}}
        return [
            f"{read}: {done}; {claims}.",
            *(
                f"{len(places)} × {reason}: {', '.join(places[:EXAMPLES])}{', …' if len(places) > EXAMPLES else ''}"
                for reason, places in notes.items()
            ),
            *(str(note) for note in self.notes[:ERRORS_NAMED]),
            *([gettext("… and %(count)s more.", count=more)] if (more := len(self.notes) - ERRORS_NAMED) > 0 else []),
        ]


def _place(row: int, value: str) -> str:
    place = gettext("row %(row)s", row=row)
    return f"{place} ({value})" if value else place


def own_word_notes(words: Sequence[str]) -> list[str]:
    """Return the note on a cell with new words of the network's own, none without any."""
    named = join_as_list([gettext("“%(word)s”", word=word) for word in words])
    note = ngettext(
        "%(words)s is new here, and is kept as a word of your own.",
        "%(words)s are new here, and are kept as words of your own.",
        len(words),
        words=named,
    )
    return [note] if words else []
