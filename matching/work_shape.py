"""The shape of working together that fits a bringer: to hand a lead over, or to lead it."""

import numpy as np

from matching.inputs import Ask, Floats, Shape, Statements, World
from matching.seat_candidates import COVERS


def proposed_shape(world: World, ask: Ask, nearness: Floats, statements: Statements | None) -> Shape:
    """Return "together" where the bringer covers a need by a claim or is in the trade of one, else "hand over".

    ``nearness`` is (needs, capabilities). A firm is in a trade by a claim, or by a sentence that says it does the work.
    A bringer that covers everything may be answered with itself alone: that is a team of one.
    """
    claims, trades = world.claims, world.taxonomy.trades
    mine = claims.capability[claims.business == ask.bringer]
    if (nearness[:, mine] >= COVERS).any():
        return "together"
    asked = np.array([need.capability for need in ask.needs])
    of_need = trades[asked] if len(trades) else np.full(len(asked), -1)
    is_ours = np.isin(of_need, trades[mine] if len(trades) else ())
    if statements is not None:
        is_ours |= statements.nearness[:, ask.bringer] >= COVERS
    return "together" if (is_ours & (of_need >= 0)).any() else "hand over"
