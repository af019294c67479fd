"""Ways: who could introduce the asker to somebody, along facts in either direction. Short ways first, then strong."""

from collections.abc import Collection
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array

from matching.inputs import Floats, Ints, World, per_world
from matching.outputs import Step
from matching.trust import circle, step_between

MOST = 3


@per_world
def acquaintance_matrix(world: World) -> csr_array:
    """(m, m) what any two hold for each other, whoever said it: people who vouch know each other."""
    around = circle(world)
    return (around.words + around.heard).tocsr()


def introduction_paths(
    world: World, asker: int, target: int, barred: Collection[int] = ()
) -> tuple[tuple[Step, ...], ...]:
    """Up to MOST ways of one, two or three facts, each beginning with somebody else; none through the ``barred``.

    The strength of a way is the product of worth / (1 + worth) of its facts, as for trust.
    """
    if asker == target:
        return ()
    known = acquaintance_matrix(world)
    mine, theirs = _near(known, asker), _near(known, target)
    if target in mine:
        return ((step_between(world, asker, target),),)
    mine, theirs = (np.setdiff1d(near, [asker, target, *barred]) for near in (mine, theirs))
    both = np.intersect1d(mine, theirs)
    found: list[tuple[int, ...]] = [(asker, int(each), target) for each in _strongest(known, asker, target, both)]
    if len(found) < MOST:
        between = known[mine][:, theirs].tocoo()
        first, last, worth = mine[between.coords[0]], theirs[between.coords[1]], between.data
        fresh = ~np.isin(first, both) & ~np.isin(last, both)
        first, last = first[fresh], last[fresh]
        strength = _pull(worth[fresh]) * _pull(_worth(known, asker, first)) * _pull(_worth(known, target, last))
        for row in np.lexsort((last, first, -strength)):
            if len(found) < MOST and first[row] not in {way[1] for way in found}:
                found.append((asker, int(first[row]), int(last[row]), target))
    return tuple(tuple(step_between(world, a, b) for a, b in pairwise(way)) for way in found[:MOST])


def acquaintances(world: World, member: int) -> Ints:
    """Everybody the member shares a fact with, by index."""
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
