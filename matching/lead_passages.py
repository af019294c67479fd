"""The passages of a lead that say something about each of its needs, for comparison with firms' own sentences."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from matching.clauses import clauses
from matching.text_normalization import clean_text, informative, tokens

_REFUSES = re.compile(
    r"\b(?:we|i|they|he|she) (?:also )?(?:(?:do|does|can|will|would) ?(?:not|n't)|cannot|can't|won't|never|no longer)\b"
    r"(?! (?:just|only|stop))"
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

    Refusals are left out. A need that is the only one has the whole text; another one its clause, and the sentences
    without the clauses of other needs.

    >>> passages("We open in May. We need a logo, a sign", ["logo", "sign"])[0]
    Passages(own=('we need a logo',), around=('we open in may.', 'we need a logo'))
    """
    clean = clean_text(text).lower().replace("’", "'")
    parts = clauses(clean)
    kept, refused = [], -1  # the sentence whose last clause was refused
    for clause in parts:
        is_continued = refused == clause.sentence and clause.cues & {"refused+", "whose"}
        if _REFUSES.search(clean[clause.start : clause.end]) or is_continued:
            refused = clause.sentence
        else:
            refused = -1
            kept.append(clause)
    texts = [clean[clause.start : clause.end].strip() for clause in kept]
    stems = [frozenset(informative(tokens(part))) for part in texts]
    of = []  # for each need, the number of its clause among those kept
    for phrase in phrases:
        asked = frozenset(informative(tokens(clean_text(phrase))))
        shared = [len(asked & words) for words in stems]
        of.append(shared.index(max(shared)) if any(shared) else -1)
    result = []
    for at in of:
        others = {other for other in of if other != at}
        around: dict[int, list[str]] = {}
        for number, clause in enumerate(kept):
            if number not in others:
                around.setdefault(clause.sentence, []).append(texts[number])
        whole = tuple(" ".join(said) for said in around.values())
        own = whole if len(phrases) == 1 else (texts[at],) if at >= 0 else ()
        result.append(Passages(own, whole))
    return result
