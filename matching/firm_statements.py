"""Statements of an ask: what each firm's own sentences say about each of its needs, as evidence for its seats."""

from collections.abc import Sequence

import numpy as np

from matching.firm_sentence_ranking import FLOOR, Encode, Matches, SentenceIndex
from matching.inputs import Bools, Ints, Statements
from matching.lead_passages import Passages
from matching.seat_candidates import COVERS

FULL = 0.75  # the likeness of a firm that writes exactly what is asked
STRONG = 0.55  # the least likeness of a firm of the need's trade that counts without a sentence about the need itself


def statements(
    index: SentenceIndex, needs: Sequence[Passages], encode: Encode | None, *, owners: Ints, same_trade: Bools
) -> Statements:
    """Return what ``index`` says about each need; ``owners`` maps its owners to the World's firms, -1 for none.

    ``same_trade`` (needs, firms) tells which firms claim something in the need's category.
    """
    shape = same_trade.shape
    said = Statements(np.zeros(shape), np.zeros(shape), np.full(shape, -1), np.zeros(shape, dtype=np.bool_))
    known = owners >= 0
    at = owners[known]
    for row, passages in enumerate(needs):
        match = Matches._make(values[known] for values in index.match(passages, encode))
        likeness = ((match.likeness - FLOOR) / (FULL - FLOOR)).clip(0.0, 1.0)
        is_strong = same_trade[row, at] & (match.likeness >= STRONG) & (match.against < 0)
        deed = np.where((match.deed < 0) & is_strong, match.nearest, match.deed)
        said.likeness[row, at] = likeness
        said.nearness[row, at] = np.where(deed >= 0, COVERS + (1 - COVERS) * likeness, 0.0)
        said.sentence[row, at] = np.select([match.against >= 0, deed >= 0], [match.against, deed], match.nearest)
        said.is_against[row, at] = match.against >= 0
    return said
