"""Introduction paths: who could introduce the asker to somebody, along facts in either direction.

Short paths come first, then strong ones.
"""

from collections.abc import Collection
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array

from matching.inputs import Floats, Ints, World, per_world
from matching.outputs import Step
from matching.trust import fact_graph, step_between

MAX_PATHS = 3


@per_world
def acquaintance_matrix(world: World) -> csr_array:
    """Return (m, m), symmetric: the weight of all facts between two members; both sides of a vouch are acquainted."""
    graph = fact_graph(world)
    return (graph.weights + graph.incoming).tocsr()


def introduction_paths(
    world: World, asker: int, target: int, barred: Collection[int] = ()
) -> tuple[tuple[Step, ...], ...]:
    """Return up to MAX_PATHS paths of one, two or three facts, each with another first step, none through ``barred``.

    The strength of a path is the product of worth / (1 + worth) over its facts, as for trust.
    """
    if asker == target:
        return ()
    known = acquaintance_matrix(world)
    mine, theirs = _near(known, asker), _near(known, target)
    if target in mine:
        return ((step_between(world, asker, target),),)
    mine, theirs = (np.setdiff1d(near, [asker, target, *barred]) for near in (mine, theirs))
    both = np.intersect1d(mine, theirs)
    paths: list[tuple[int, ...]] = [(asker, int(via), target) for via in _strongest(known, asker, target, both)]
    if len(paths) < MAX_PATHS:
        between = known[mine][:, theirs].tocoo()
        first, last, worth = mine[between.coords[0]], theirs[between.coords[1]], between.data
        fresh = ~np.isin(first, both) & ~np.isin(last, both)
        first, last = first[fresh], last[fresh]
        strength = _pull(worth[fresh]) * _pull(_worth(known, asker, first)) * _pull(_worth(known, target, last))
        for row in np.lexsort((last, first, -strength)):
            if len(paths) < MAX_PATHS and first[row] not in {path[1] for path in paths}:
                paths.append((asker, int(first[row]), int(last[row]), target))
    return tuple(tuple(step_between(world, a, b) for a, b in pairwise(path)) for path in paths[:MAX_PATHS])


def acquaintances(world: World, member: int) -> Ints:
    """Return the indices of all members with whom the member shares a fact."""
    return np.setdiff1d(_near(acquaintance_matrix(world), member), [member])


def _near(known: csr_array, member: int) -> Ints:
    return np.asarray(known.indices[known.indptr[member] : known.indptr[member + 1]], dtype=np.int64)


def _worth(known: csr_array, member: int, others: Ints) -> Floats:
    return np.asarray(known[[member]].toarray()[0][others])


def _pull(worth: Floats) -> Floats:
    return np.asarray(worth / (1 + worth))


def _strongest(known: csr_array, asker: int, target: int, both: Ints) -> Ints:
    strength = _pull(_worth(known, asker, both)) * _pull(_worth(known, target, both))
    return both[np.lexsort((both, -strength))]
