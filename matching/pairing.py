"""Pairing of a group for one-to-ones: an exact maximum-weight matching of complementary interest.

Interest has a direction, the worth of a pair has none: it rests on the harmonic mean of both sides, so that a pair in
which only one side gains is worth half of one in which both gain.
"""

import networkx as nx
import numpy as np

from matching.inputs import Bools, Floats

SCALE = 1_000_000  # the matching uses integer weights: exact, and the same on every machine
WAITED = 0.25  # what each week without a one-to-one adds: six weeks outweigh any difference of interest
ALIKE = 0.4  # the most that the same wish adds to the interest in each other


def pair_worth(interest: Floats, alike: Floats) -> Floats:
    """Return the worth of a one-to-one of each two members, (n, n), symmetric, 0 on the diagonal, at most 1.4.

    ``interest[a, b]`` in [0, 1] is how well b answers what a wants. ``alike`` (symmetric, in [0, 1]) is how far both
    want to meet the same people, and do not compete for them.

    >>> float(pair_worth(np.array([[0, 1], [0, 0]]), np.zeros((2, 2)))[0, 1])
    0.5
    """
    product, greater = interest * interest.T, np.maximum(interest, interest.T)
    total = interest + interest.T
    harmonic = np.divide(2 * product, total, out=np.zeros_like(total, dtype=np.float64), where=total > 0)
    value: Floats = (harmonic + greater) / 2 + ALIKE * alike
    np.fill_diagonal(value, 0)
    return value


def weekly_weights(weights: Floats, barred: Bools, waited: Floats) -> Floats:
    """Return the weights of this week's one-to-ones, (n, n), symmetric: of pairs with a worth that are not ``barred``.

    ``barred`` (symmetric) marks pairs that met already or may not meet. ``waited`` (n,) is the number of weeks since
    each member's last one-to-one; in the end it outweighs interest, so that nobody waits for ever with whom somebody
    should talk.

    >>> weights = np.array([[0, 0.5, 0], [0.5, 0, 0], [0, 0, 0]])
    >>> weekly_weights(weights, np.zeros((3, 3), bool), np.array([1.0, 0.0, 9.0])).round(2).tolist()
    [[0.0, 0.75, 0.0], [0.75, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    value: Floats = np.where(weights > 0, weights + WAITED * (waited[:, None] + waited[None, :]), 0.0)
    value[barred] = 0
    return value


def pairs(weights: Floats) -> list[tuple[int, int]]:
    """Return the maximum-weight matching as (a, b) with a < b, the heaviest pair first. A weight of 0 is no pair.

    Exact (Galil 1986, in the implementation of networkx): 28 people take about 20 ms, 100 take about 0.5 s. Raises
    ValueError if ``weights`` is not symmetric.
    """
    if not np.array_equal(weights, weights.T):
        raise ValueError("weights must be symmetric: a pair has the same weight from both sides")
    scaled = np.rint(weights * SCALE).astype(np.int64)
    graph = nx.Graph()
    graph.add_weighted_edges_from(
        (int(a), int(b), int(scaled[a, b])) for a, b in zip(*np.nonzero(np.triu(scaled, 1)), strict=True)
    )
    matched = sorted((min(pair), max(pair)) for pair in nx.max_weight_matching(graph))
    return sorted(matched, key=lambda pair: -scaled[pair])
