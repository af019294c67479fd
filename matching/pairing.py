"""The pairs of a group that should talk: an exact maximum-weight matching of complementary interest.

Interest is one-sided, worth is not: the harmonic mean of both sides, so that a pair from which only one would gain is
worth half of one from which both would.
"""

import networkx as nx
import numpy as np

from matching.inputs import Bools, Floats

SCALE = 1_000_000  # weights are whole numbers for the matching: exact, and the same on every machine
UNKNOWN = 0.05  # what a talk is worth of which nothing is known but that it would be their first
WAITED = 0.25  # what each week without a talk adds: six outweigh any difference of interest
CLIENTS = 0.5  # what looking for the same clients adds at most, beside the interest in each other


def pair_worth(interest: Floats, clients: Floats, rivalry: Floats) -> Floats:
    """What a talk of each two is worth, (n, n), symmetric, 0 on the diagonal, at most 1.5.

    ``interest[a, b]`` in [0, 1] is how well b answers what a wants; ``clients`` (symmetric, in [0, 1]) whether both
    look for the same ones, ``rivalry`` (likewise) how much of the same they do, which makes clients a contest.

    >>> float(pair_worth(np.array([[0, 1], [0, 0]]), np.zeros((2, 2)), np.zeros((2, 2)))[0, 1])
    0.5
    """
    both, most = interest * interest.T, np.maximum(interest, interest.T)
    total = interest + interest.T
    harmonic = np.divide(2 * both, total, out=np.zeros_like(total, dtype=np.float64), where=total > 0)
    value: Floats = (harmonic + most) / 2 + CLIENTS * clients * (1 - rivalry)
    np.fill_diagonal(value, 0)
    return value


def weekly_weights(weights: Floats, barred: Bools, waited: Floats) -> Floats:
    """The weights of this week's talks, (n, n), symmetric: everybody with everybody, but who is ``barred``.

    ``barred`` (symmetric) are pairs that had theirs, or may not have one; ``waited`` (n,) are the weeks since the last
    talk of each, which go before interest in the end, so that nobody waits for ever.

    >>> weekly_weights(np.zeros((2, 2)), np.zeros((2, 2), bool), np.array([1.0, 0.0])).round(2).tolist()
    [[0.0, 0.3], [0.3, 0.0]]
    """
    value: Floats = np.maximum(weights, UNKNOWN) + WAITED * (waited[:, None] + waited[None, :])
    value[barred] = 0
    np.fill_diagonal(value, 0)
    return value


def pairs(weights: Floats) -> list[tuple[int, int]]:
    """The matching of the largest total weight, (a, b) with a < b, the weightiest pair first. What weighs 0 is no pair.

    Exact (Galil 1986, as networkx has it): 28 people take some 20 ms, 100 take some 0.5 s. Raises ValueError where
    ``weights`` is not symmetric.
    """
    if not np.array_equal(weights, weights.T):
        raise ValueError("the weight of a pair is the same from both sides")
    whole = np.rint(weights * SCALE).astype(np.int64)
    graph = nx.Graph()
    graph.add_weighted_edges_from(
        (int(a), int(b), int(whole[a, b])) for a, b in zip(*np.nonzero(np.triu(whole, 1)), strict=True)
    )
    matched = sorted((min(pair), max(pair)) for pair in nx.max_weight_matching(graph))
    return sorted(matched, key=lambda pair: -whole[pair])
