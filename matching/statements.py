"""Statements of an ask: what each firm's own sentences say about each of its needs, as evidence for its seats."""

from collections.abc import Sequence

import numpy as np

from matching.inputs import Ints, Statements
from matching.lead_passages import Passages
from matching.seat_candidates import COVERS
from matching.sentence_ranking import FLOOR, Encode, SentenceIndex

FULL = 0.60  # the likeness of a firm that writes exactly what is asked


def statements(
    index: SentenceIndex, needs: Sequence[Passages], encode: Encode | None, *, owners: Ints, size: int
) -> Statements:
    """Return what ``index`` says about each need; ``owners`` maps its owners to the World's ``size`` firms."""
    shape = (len(needs), size)
    said = Statements(np.zeros(shape), np.zeros(shape), np.full(shape, -1), np.zeros(shape, dtype=np.bool_))
    for row, passages in enumerate(needs):
        match = index.match(passages, encode)
        likeness = ((match.likeness - FLOOR) / (FULL - FLOOR)).clip(0.0, 1.0)
        said.likeness[row, owners] = likeness
        said.nearness[row, owners] = np.where(match.deed >= 0, COVERS + (1 - COVERS) * likeness, 0.0)
        said.sentence[row, owners] = np.select(
            [match.against >= 0, match.deed >= 0], [match.against, match.deed], match.nearest
        )
        said.is_against[row, owners] = match.against >= 0
    return said
