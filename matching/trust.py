"""How far an asker may trust each firm, from facts that both sides made shareable.

Facts are positive evidence, decayed by half-life and added up; what is ranked is the lower 5 % bound of the Beta
distribution (:func:`lower_bound`), so few facts never beat many. First-hand facts count whole. Beyond them runs a short
walk from the asker, damped by 0.5 a hop and *budgeted*: who passes words on hands out no more than the mass he has.
There are no global seeds: mass that nobody gave can be collected by a ring of fakes (measured on Bitcoin-OTC, only what
starts from a seed resists one). Distrust blocks whom it is about and carries no further.
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
from matching.pair_weights import PairWeights

HALF_LIFE_DAYS = 730.0
# Of each of FACT_KINDS, in facts that went well. An introduction that both wanted is half a meeting, praise that comes
# back half a word, which its giver has handed out whole.
WORTH = np.array([1.0, 0.25, 1.0, 1.5, 0.125, 0.5])
WHOLE = np.array([1.0, 0.25, 1.0, 1.5, 0.125, 1.0])
PRIOR = (2.0, 1.0)  # most people one meets are fine: nobody known is a bound of 0.22
DAMPING = 0.5
UNDILUTED = 2.0  # words that one may pass on before each of them counts less
VOICE = 8.0  # the best word there is, passed on by somebody fully trusted, is worth DAMPING * VOICE facts
OWN_WORTH = 8.0  # facts that one's own rating is worth
BANDS = np.array([[0.0, 0.0], [0.4, 3.6], [2.4, 1.6], [3.6, 0.4]])  # good and bad of published bands; none is 0
COLD, WARM = 2, 4  # own warmth up to COLD blocks; from WARM on it outweighs the published band
_GOOD = np.expm1(np.linspace(0.0, np.log1p(300.0), 1024))


@lru_cache(maxsize=64)
def _bounds(bad: float) -> Floats:
    return np.asarray(betaincinv(PRIOR[0] + _GOOD, PRIOR[1] + bad, 0.05), dtype=np.float64)


def lower_bound(good: Floats, bad: Floats | float = 0.0) -> Floats:
    """The 5 % quantile of Beta(2 + good, 1 + bad), to three digits; rises with ``good``, falls with ``bad``.

    Read from a table for each distinct ``bad``, of which there are a handful: a quantile costs 2.5 microseconds.

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
    """The good and the bad that one's own rating of 1-5 counts for."""
    return (score - 1) / 4 * OWN_WORTH, (5 - score) / 4 * OWN_WORTH


@dataclass(frozen=True)
class FactGraph:
    """The facts of a World as what each member may say of another, worth what they are on ``day``."""

    day: int  # of the newest fact
    start: Ints  # (e,) who speaks; sorted by start, then end
    end: Ints  # of whom
    fact: Ints  # index into Facts
    worth: Floats
    words: csr_array  # (m, m) the sum of worth
    heard: csr_array  # (m, m) the same by who is spoken of
    spoken: Floats  # (m,) the sum of each row, with whole words
    firms: PairWeights  # the same between firms


@per_world
def circle(world: World) -> FactGraph:
    """Gather the facts: both ways, but for SPOKEN, which speaks from its giver of its receiver only."""
    facts, size = world.facts, len(world.members.ids)
    day = int(facts.days.max(initial=0))
    decay = 0.5 ** ((day - facts.days) / HALF_LIFE_DAYS)
    worth = WORTH[facts.kinds] * decay
    mutual = np.flatnonzero(~np.isin(facts.kinds, [FACT_KINDS.index(kind) for kind in SPOKEN]))
    start, end = np.concatenate([facts.a, facts.b[mutual]]), np.concatenate([facts.b, facts.a[mutual]])
    fact = np.concatenate([np.arange(len(facts.a)), mutual])
    order = np.lexsort((end, start))
    start, end, fact = start[order], end[order], fact[order]
    ties = PairWeights.of(start, end, worth[fact], size)
    words = csr_array((ties.worth, (ties.start, ties.end)), shape=(size, size))
    firm, firms = world.members.business, len(world.businesses.ids)
    between = PairWeights.of(firm[ties.start], firm[ties.end], ties.worth, firms)
    spoken = np.zeros(size)
    np.add.at(spoken, start, (WHOLE[facts.kinds] * decay)[fact] * (start != end))
    return FactGraph(day, start, end, fact, worth[fact], words, words.T.tocsr(), spoken, between)


def decay_since(world: World, today: int) -> float:
    """What the worths of the World's circle have to be multiplied with on ``today``."""
    return float(0.5 ** (max(0, today - circle(world).day) / HALF_LIFE_DAYS))


@dataclass(frozen=True)
class AskerTrust:
    """How one asker stands to everybody."""

    blocked_members: Bools  # (m,)
    evidence: Floats  # (m,) facts, first-hand and passed on
    bound: Floats  # (b,) of the most trusted member, 1 for one's own firm
    member: Ints  # (b,) that member; -1 for a firm without members
    known: Bools  # (b,)
    blocked: Bools  # (b,) somebody there is blocked, and nobody there is known
    own: Bools  # (b,) the asker's and the bringer's firm
    rated: Bools  # (b,) the asker's own rating speaks


def propagate_trust(heard: csr_array, spoken: Floats, mass: Floats, scale: float) -> Floats:
    """The mass that everybody receives when all who have some pass it on: none hands out more than half of theirs."""
    out = heard @ (mass * scale / np.maximum(UNDILUTED, spoken * scale))
    return np.asarray(DAMPING * out, dtype=np.float64)


def _evidence(world: World, ask: Ask, allowed: Bools) -> Floats:
    """First-hand facts, plus the words of those one has facts with, plus the words of those they speak of."""
    if ask.asker is None:
        return np.zeros(len(allowed))
    around, scale = circle(world), decay_since(world, ask.today)
    direct = around.words[[ask.asker]].toarray()[0] * scale * allowed
    second = propagate_trust(around.heard, around.spoken, direct / (1 + direct), scale) * allowed
    second[ask.asker] = 0.0
    third = propagate_trust(around.heard, around.spoken, np.minimum(second * (direct == 0), 1.0), scale) * allowed
    third[(direct > 0) | (second > 0)] = 0.0  # an echo of one's own word is no news
    third[ask.asker] = 0.0
    return np.asarray(direct + VOICE * (second + third), dtype=np.float64)


def vantage(world: World, ask: Ask) -> AskerTrust:
    """Trust in every firm as the asker sees it; without an asker nobody is known and published bands remain."""
    people, size = world.members, len(world.businesses.ids)
    cold, (good, bad) = people.warmth_band == 1, BANDS[people.warmth_band].T.copy()
    told = np.zeros(len(people.ids), dtype=bool)
    for ratee, (warmth, _) in ask.own_ratings.items():
        told[ratee] = True
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
    known[people.business[top]] |= ((evidence > 0) | told)[top]
    rated = np.bincount(people.business[told], minlength=size) > 0
    suspect = np.bincount(people.business[cold], minlength=size) > 0
    bound = np.where(own, 1.0, np.where(member < 0, lower_bound(np.zeros(1)), best))
    return AskerTrust(cold, evidence, bound, member, known, suspect & ~known & ~own, own, rated)


def paths(world: World, ask: Ask, seen: AskerTrust, targets: Iterable[int]) -> Mapping[int, tuple[Step, ...]]:
    """The strongest way of at most three facts from the asker to each target member; () where there is none.

    An edge is as long as -log(DAMPING * strength), so a way is as strong as the product of its edges. Only those whom
    the asker and the target have facts with are looked at, in a graph of one layer a hop.
    """
    wanted = sorted({target for target in targets if target >= 0 and target != ask.asker})
    if ask.asker is None or not wanted:
        return {}
    around, scale, allowed = circle(world), decay_since(world, ask.today), ~seen.blocked_members
    near = np.flatnonzero((around.words[[ask.asker]].toarray()[0] > 0) & allowed)
    before = around.heard[wanted].indices
    middle = np.setdiff1d(np.union1d(before[allowed[before]], wanted), [ask.asker])
    graph = nx.DiGraph()
    for hop, (rows, columns) in enumerate(pairwise([np.array([ask.asker]), near, middle, np.array(wanted)])):
        block = around.words[rows][:, columns].tocoo()
        for row, column, worth in zip(*block.coords, block.data * scale, strict=True):
            length = -np.log(DAMPING * worth / (1 + worth))
            graph.add_edge((hop, int(rows[row])), (hop + 1, int(columns[column])), length=length)
    if (0, ask.asker) not in graph:
        return dict.fromkeys(wanted, ())
    length, way = nx.single_source_dijkstra(graph, (0, ask.asker), weight="length")
    found = {}
    for target in wanted:
        ends = [(length[hop, target], way[hop, target]) for hop in (1, 2, 3) if (hop, target) in length]
        found[target] = tuple(step_between(world, a[1], b[1]) for a, b in pairwise(min(ends)[1])) if ends else ()
    return found


def step_between(world: World, start: int, end: int) -> Step:
    """The fact that speaks loudest between the two; one of the end about the start only where there is no other."""
    around, facts = circle(world), world.facts
    low, high = _between(around, start, end)
    low, high = _between(around, end, start) if low == high else (low, high)
    fact = around.fact[low + np.argmax(around.worth[low:high])]
    return Step(start, end, FACT_KINDS[facts.kinds[fact]], bool(facts.a[fact] == start), int(facts.days[fact]))


def _between(around: FactGraph, start: int, end: int) -> tuple[int, int]:
    low, high = np.searchsorted(around.start, [start, start + 1])
    first, last = low + np.searchsorted(around.end[low:high], [end, end + 1])
    return int(first), int(last)
