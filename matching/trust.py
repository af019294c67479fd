"""Trust of an asker in each firm, and trust paths, from facts that both sides made shareable.

Facts are positive evidence, decayed by half-life and summed. Ranking uses the lower 5 % bound of the Beta distribution
(:func:`lower_bound`), so few facts never beat many. First-hand facts count in full. Further trust comes from a short
walk from the asker, damped by 0.5 per hop and *budgeted*: nobody passes on more mass than they hold. There are no
global seeds, because a ring of fake members can collect mass that nobody gave (measured on Bitcoin-OTC: only a walk
that starts from a seed resists such a ring). Distrust blocks the member it is about and does not propagate.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import networkx as nx
import numpy as np
from scipy.sparse import csr_array
from scipy.special import betaincinv

from matching.inputs import FACT_KINDS, SPOKEN, Ask, Bools, Floats, Ints, World, per_world
from matching.outputs import Step
from matching.pair_weight_table import PairWeights

HALF_LIFE_DAYS = 730.0
# The weight of each of FACT_KINDS, in positive facts. An accepted introduction counts half a meeting. A returned vouch
# counts half a vouch for its receiver, but uses up the full weight of a vouch in its giver's budget.
WORTH = np.array([1.0, 0.25, 1.0, 1.5, 0.125, 0.5])
BUDGET_WORTH = np.array([1.0, 0.25, 1.0, 1.5, 0.125, 1.0])
PRIOR = (2.0, 1.0)  # Beta prior (good, bad): most people are fine; without any fact the bound is 0.22
DAMPING = 0.5
UNDILUTED = 2.0  # the sum of outgoing weights above which each of them counts less
VOICE = 8.0  # the best second-hand fact, from somebody fully trusted, is worth DAMPING * VOICE first-hand facts
OWN_WORTH = 8.0  # facts that the asker's own rating is worth
BANDS = np.array([[0.0, 0.0], [0.4, 3.6], [2.4, 1.6], [3.6, 0.4]])  # (good, bad) facts per published band; 0: no band
COLD, WARM = 2, 4  # an own warmth up to COLD blocks; from WARM on it overrides the published band
_GOOD = np.expm1(np.linspace(0.0, np.log1p(300.0), 1024))


@lru_cache(maxsize=64)
def _bounds(bad: float) -> Floats:
    return np.asarray(betaincinv(PRIOR[0] + _GOOD, PRIOR[1] + bad, 0.05), dtype=np.float64)


def lower_bound(good: Floats, bad: Floats | float = 0.0) -> Floats:
    """Return the 5 % quantile of Beta(2 + good, 1 + bad), to three digits; rises with ``good``, falls with ``bad``.

    Interpolates in a table per distinct ``bad``, of which there are a handful: one quantile costs 2.5 microseconds.

    >>> lower_bound(np.array([0.0, 1.0, 10.0])).round(2).tolist()
    [0.22, 0.37, 0.78]
    """
    if isinstance(bad, float):
        return np.asarray(np.interp(good, _GOOD, _bounds(bad)), dtype=np.float64)
    bound = np.empty(len(good))
    for value in np.unique(bad):
        rows = bad == value
        bound[rows] = lower_bound(good[rows], float(value))
    return bound


def as_facts(score: int) -> tuple[float, float]:
    """Return the (good, bad) facts that the asker's own rating of 1-5 counts for."""
    return (score - 1) / 4 * OWN_WORTH, (5 - score) / 4 * OWN_WORTH


@dataclass(frozen=True)
class FactGraph:
    """The facts of a World as a directed, weighted graph of members, with weights as of ``day``."""

    day: int  # of the newest fact
    start: Ints  # (e,) the member who speaks; edges are sorted by start, then end
    end: Ints  # (e,) the member spoken of
    fact: Ints  # (e,) index into Facts
    worth: Floats  # (e,)
    weights: csr_array  # (m, m) the sum of worth from row to column
    incoming: csr_array  # (m, m) the transpose of weights
    outgoing_sum: Floats  # (m,) the sum of each member's edges, in BUDGET_WORTH
    firms: PairWeights  # the sum of worth between firms


@per_world
def fact_graph(world: World) -> FactGraph:
    """Build the graph of a World: one edge in each direction per fact; for SPOKEN only from giver to receiver."""
    facts, size = world.facts, len(world.members.ids)
    day = int(facts.days.max(initial=0))
    decay = 0.5 ** ((day - facts.days) / HALF_LIFE_DAYS)
    worth = WORTH[facts.kinds] * decay
    mutual = np.flatnonzero(~np.isin(facts.kinds, [FACT_KINDS.index(kind) for kind in SPOKEN]))
    start, end = np.concatenate([facts.a, facts.b[mutual]]), np.concatenate([facts.b, facts.a[mutual]])
    fact = np.concatenate([np.arange(len(facts.a)), mutual])
    order = np.lexsort((end, start))
    start, end, fact = start[order], end[order], fact[order]
    pairs = PairWeights.of(start, end, worth[fact], size)
    weights = csr_array((pairs.worth, (pairs.start, pairs.end)), shape=(size, size))
    firm, firms = world.members.business, len(world.businesses.ids)
    firm_pairs = PairWeights.of(firm[pairs.start], firm[pairs.end], pairs.worth, firms)
    outgoing_sum = np.zeros(size)
    np.add.at(outgoing_sum, start, (BUDGET_WORTH[facts.kinds] * decay)[fact] * (start != end))
    return FactGraph(day, start, end, fact, worth[fact], weights, weights.T.tocsr(), outgoing_sum, firm_pairs)


def decay_since(world: World, today: int) -> float:
    """Return the factor by which the weights of the World's fact graph have decayed on ``today``."""
    return float(0.5 ** (max(0, today - fact_graph(world).day) / HALF_LIFE_DAYS))


@dataclass(frozen=True)
class AskerTrust:
    """The trust of one asker in every member and firm."""

    blocked_members: Bools  # (m,)
    evidence: Floats  # (m,) facts, first-hand and propagated
    bound: Floats  # (b,) lower bound of the firm's most trusted member; 1 for the asker's and the bringer's firm
    member: Ints  # (b,) that member; -1 for a firm without members
    known: Bools  # (b,)
    blocked: Bools  # (b,) a member of the firm is blocked, and none is known
    own: Bools  # (b,) the asker's and the bringer's firm
    rated: Bools  # (b,) the asker has rated a member of the firm


def propagate_trust(incoming: csr_array, outgoing_sum: Floats, mass: Floats, scale: float) -> Floats:
    """Return the mass that each member receives in one hop; nobody passes on more than half of their own mass."""
    received = incoming @ (mass * scale / np.maximum(UNDILUTED, outgoing_sum * scale))
    return np.asarray(DAMPING * received, dtype=np.float64)


def _evidence(world: World, ask: Ask, allowed: Bools) -> Floats:
    """Return (m,) first-hand facts, plus trust propagated over one hop from first-hand contacts, plus over two hops."""
    if ask.asker is None:
        return np.zeros(len(allowed))
    graph, scale = fact_graph(world), decay_since(world, ask.today)
    direct = graph.weights[[ask.asker]].toarray()[0] * scale * allowed
    second = propagate_trust(graph.incoming, graph.outgoing_sum, direct / (1 + direct), scale) * allowed
    second[ask.asker] = 0.0
    third = (
        propagate_trust(graph.incoming, graph.outgoing_sum, np.minimum(second * (direct == 0), 1.0), scale) * allowed
    )
    third[(direct > 0) | (second > 0)] = 0.0  # already counted at a shorter distance
    third[ask.asker] = 0.0
    return np.asarray(direct + VOICE * (second + third), dtype=np.float64)


def vantage(world: World, ask: Ask) -> AskerTrust:
    """Return the asker's trust in every firm; without an asker nobody is known and only published bands count."""
    people, size = world.members, len(world.businesses.ids)
    cold, (good, bad) = people.warmth_band == 1, BANDS[people.warmth_band].T.copy()
    is_rated = np.zeros(len(people.ids), dtype=bool)
    for ratee, (warmth, _) in ask.own_ratings.items():
        is_rated[ratee] = True
        cold[ratee] = warmth <= COLD or (cold[ratee] and warmth < WARM)
        good[ratee], bad[ratee] = as_facts(warmth)
    own = np.zeros(size, dtype=bool)
    if ask.bringer is not None:
        own[ask.bringer] = True
    if ask.asker is not None:
        own[people.business[ask.asker]] = True
    cold &= ~own[people.business]
    evidence = _evidence(world, ask, ~cold)
    bounds = np.where(cold, -1.0, lower_bound(good + evidence, bad))
    if ask.asker is not None:
        bounds[ask.asker] = 1.0
    best = np.full(size, -1.0)
    np.maximum.at(best, people.business, bounds)
    top = np.flatnonzero((bounds == best[people.business]) & ~cold)[::-1]  # the first of equals is written last
    member: Ints = np.full(size, -1)
    member[people.business[top]] = top
    known = own.copy()
    known[people.business[top]] |= ((evidence > 0) | is_rated)[top]
    rated = np.bincount(people.business[is_rated], minlength=size) > 0
    suspect = np.bincount(people.business[cold], minlength=size) > 0
    bound = np.where(own, 1.0, np.where(member < 0, lower_bound(np.zeros(1)), best))
    return AskerTrust(cold, evidence, bound, member, known, suspect & ~known & ~own, own, rated)


def paths(world: World, ask: Ask, seen: AskerTrust, targets: Iterable[int]) -> Mapping[int, tuple[Step, ...]]:
    """Return the strongest path of at most three facts from the asker to each target member; () where there is none.

    The length of an edge is -log(DAMPING * strength), so the strength of a path is the product over its edges. Only
    members who share a fact with the asker or with a target are searched, in a graph with one layer per hop.
    """
    wanted = sorted({target for target in targets if target >= 0 and target != ask.asker})
    if ask.asker is None or not wanted:
        return {}
    graph, scale, allowed = fact_graph(world), decay_since(world, ask.today), ~seen.blocked_members
    near = np.flatnonzero((graph.weights[[ask.asker]].toarray()[0] > 0) & allowed)
    before = graph.incoming[wanted].indices
    middle = np.setdiff1d(np.union1d(before[allowed[before]], wanted), [ask.asker])
    layers = nx.DiGraph()
    for hop, (rows, columns) in enumerate(pairwise([np.array([ask.asker]), near, middle, np.array(wanted)])):
        block = graph.weights[rows][:, columns].tocoo()
        for row, column, worth in zip(*block.coords, block.data * scale, strict=True):
            length = -np.log(DAMPING * worth / (1 + worth))
            layers.add_edge((hop, int(rows[row])), (hop + 1, int(columns[column])), length=length)
    if (0, ask.asker) not in layers:
        return dict.fromkeys(wanted, ())
    length, route = nx.single_source_dijkstra(layers, (0, ask.asker), weight="length")
    shortest = {}
    for target in wanted:
        ends = [(length[hop, target], route[hop, target]) for hop in (1, 2, 3) if (hop, target) in length]
        shortest[target] = tuple(step_between(world, a[1], b[1]) for a, b in pairwise(min(ends)[1])) if ends else ()
    return shortest


def step_between(world: World, start: int, end: int) -> Step:
    """Return the strongest fact from ``start`` to ``end``; one from ``end`` to ``start`` only where there is none."""
    graph, facts = fact_graph(world), world.facts
    low, high = _between(graph, start, end)
    low, high = _between(graph, end, start) if low == high else (low, high)
    fact = graph.fact[low + np.argmax(graph.worth[low:high])]
    return Step(start, end, FACT_KINDS[facts.kinds[fact]], bool(facts.a[fact] == start), int(facts.days[fact]))


def _between(graph: FactGraph, start: int, end: int) -> tuple[int, int]:
    low, high = np.searchsorted(graph.start, [start, start + 1])
    first, last = low + np.searchsorted(graph.end[low:high], [end, end + 1])
    return int(first), int(last)
