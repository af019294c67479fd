"""The passages of a lead that say something about each of its needs, for comparison with firms' own sentences."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from matching.clauses import clauses
from matching.text_normalization import clean_text, stems

_REFUSES = re.compile(
    r"\b(?:we|i|they|he|she) (?:also )?(?:(?:do|does|can|will|would) ?(?:not|n't)|cannot|can't|won't|never|no longer)\b"
    r"(?! (?:just|only|stop))",
    re.IGNORECASE,
)


class Passages(NamedTuple):
    """The texts that are about a need: ``own`` are about it alone, ``around`` about the lead as a whole."""

    own: tuple[str, ...]
    around: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.own, *self.around)))


def passages(text: str, phrases: Sequence[str] = ("",)) -> list[Passages]:
    """Return the passages of ``text`` about each need, known by the phrase that was taken for it, "" where unknown.

    Refusals are left out. A need that is the only one has the whole text; another one its clause, and all but the
    clauses of other needs. They are spelled as ``need_extraction`` encodes them, so that nothing is encoded twice.

    >>> passages("We open in May. We need a logo, a sign", ["logo", "sign"])[0]
    Passages(own=('We need a logo',), around=('We open in May.', 'We need a logo'))
    """
    clean = clean_text(text)
    kept, refused = [], -1  # the sentence whose last clause was refused
    sizes: Counter[int] = Counter()
    for clause in clauses(clean):
        sizes[clause.sentence] += 1
        is_continued = refused == clause.sentence and clause.cues & {"refused+", "whose"}
        if _REFUSES.search(clean[clause.start : clause.end].replace("’", "'")) or is_continued:
            refused = clause.sentence
        else:
            refused = -1
            kept.append(clause)
    words = [frozenset(stems(clean[clause.start : clause.end])) for clause in kept]
    of = []  # for each need, the number of its clause among those kept; -1 where no clause has a word of it
    for phrase in phrases:
        asked = frozenset(stems(clean_text(phrase)))
        shared = [len(asked & has) for has in words]
        of.append(shared.index(max(shared)) if any(shared) else -1)
    result = []
    for at in of:
        rest = [clause for number, clause in enumerate(kept) if number == at or number not in of]
        around: list[str] = []
        for sentence, some in groupby(rest, key=lambda clause: clause.sentence):
            spans = [(clause.start, clause.end) for clause in some]
            if len(spans) == sizes[sentence]:
                spans = [(spans[0][0], spans[-1][1])]
            around += [clean[start:end] for start, end in spans]
        own = (clean[kept[at].start : kept[at].end],) if at >= 0 else ()
        result.append(Passages(tuple(around) if len(phrases) == 1 else own, tuple(around)))
    return result
