"""Input dataclasses of the engine: the World as arrays, and the Ask.

References are indices into the neighbouring arrays; days are proleptic ordinals.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Vectors = NDArray[np.float32]
HalfVectors = NDArray[np.float16]  # as they are stored
Bools = NDArray[np.bool_]

# Facts.kinds are indices into this. A returned vouch comes back to its giver's firm, directly or around a ring.
FACT_KINDS = ("worked", "met", "vouch", "collaboration", "introduction", "returned")
SPOKEN = ("vouch", "returned")  # directed, said by a about b; all others are mutual


@dataclass(frozen=True)
class Taxonomy:
    """The n capability nodes of every scheme."""

    ids: Ints  # (n,) the caller's row ids
    schemes: tuple[str, ...]  # (n,)
    names: tuple[str, ...]  # (n,)
    synonyms: tuple[tuple[str, ...], ...]  # (n,)
    parents: Ints  # (n,) index of the parent, -1 at a root
    vectors: Vectors  # (n, d) unit length; a row of zeros is not embedded yet; d = 0 without a model
    asks: tuple[tuple[str, ...], ...] = ()  # (n,) lay phrases that ask for the node; () if no node has any
    ask_vectors: Vectors = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))  # (q, d) of the asks
    ask_nodes: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))  # (q,) node of each vector, ascending
    # (n,) the trade of each node; -1 where work is never led for another firm; () if no node has a trade
    trades: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    # (n,) the column of each node in what a reader hears; -1 where it does not know the node; () without a reader
    heard: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


@dataclass(frozen=True)
class Businesses:
    """The b firms."""

    ids: Ints  # (b,)
    cities: tuple[str, ...]
    regions: tuple[str, ...]
    remote: Bools  # works from anywhere
    price_low: Floats  # minor units of ``currencies``; NaN where unknown
    price_high: Floats
    currencies: tuple[str, ...]
    capacity: Floats  # projects at a time; NaN where unknown
    busy: Floats  # projects now
    free_on: Ints  # ordinal of the first free day; 0 where unknown


@dataclass(frozen=True)
class Members:
    """The m people who may be suggested; suspended members are excluded."""

    ids: Ints  # (m,)
    business: Ints  # (m,) index of the firm
    warmth_band: Ints  # (m,) published band 1-3, 0 where none is
    competence_band: Ints  # (m,)


@dataclass(frozen=True)
class Claims:
    """The c pairs of a firm and a capability it claims, with their vouches and evidence."""

    business: Ints  # (c,)
    capability: Ints  # (c,)
    claimed_on: Ints
    vouches: Ints  # accepted vouches for this capability, one per giving firm
    vouched_on: Ints  # the newest; 0 where none
    vouched_until: Ints  # the last day on which the claim counts as vouched; 0 where it never did
    evidence: Ints  # finished collaborations
    evidenced_on: Ints  # the newest; 0 where none
    evidenced_until: Ints  # the last day on which the claim counts as evidenced; 0 where none


@dataclass(frozen=True)
class Facts:
    """The f shareable facts between people; undirected, except for SPOKEN kinds, which go from a to b."""

    a: Ints  # (f,) member index
    b: Ints
    kinds: Ints  # index into FACT_KINDS
    days: Ints  # ordinal


@dataclass(frozen=True)
class Works:
    """The w finished collaborations between firms."""

    prime: Ints  # (w,) business index
    sub: Ints
    days: Ints


@dataclass(frozen=True, eq=False)
class World:
    """Everything the engine knows about a network at one version. Immutable; compared and hashed by identity."""

    version: int
    taxonomy: Taxonomy
    businesses: Businesses
    members: Members
    claims: Claims
    facts: Facts
    works: Works


@dataclass(frozen=True)
class Statements:
    """What the b firms' own sentences say about each of n needs. Sentences are the caller's numbers; -1 for none."""

    likeness: Floats  # (n, b) of a firm's sentences to the need, 0-1
    nearness: Floats  # (n, b) to which a sentence alone says that the firm does it, 0-1; see COVERS
    sentence: Ints  # (n, b) the one to quote
    is_against: Bools  # (n, b) that sentence says that the firm does not do it


# How a bringer works on a lead: it hands over and holds no seat, leads partners, or does alone what it can.
Shape = Literal["hand over", "together", "alone"]

Result = TypeVar("Result")


def per_world(compute: Callable[[World], Result]) -> Callable[[World], Result]:
    """Cache the result of ``compute`` per World; it is freed together with the World."""
    results: WeakKeyDictionary[World, Result] = WeakKeyDictionary()

    def cached(world: World) -> Result:
        if world not in results:
            results[world] = compute(world)
        return results[world]

    return cached


@dataclass(frozen=True)
class Need:
    """One required capability; the shares of an ask sum to 1."""

    capability: int
    must: bool
    share: float


@dataclass(frozen=True)
class Ask:
    """A question to the engine, answered from the point of view of ``asker``."""

    today: int
    needs: tuple[Need, ...]
    asker: int | None = None  # member index
    bringer: int | None = None  # business index; the prime, except where it hands over
    shape: Shape | None = None  # as the bringer chose it; None lets ``matching.work_shape`` propose one
    own_ratings: Mapping[int, tuple[int, int]] = field(default_factory=dict)  # member index -> warmth, competence 1-5
    city: str = ""
    region: str = ""
    budget: float | None = None  # minor units
    currency: str = "USD"
    due: int | None = None  # ordinal
    teams: int = 3
    alternates: int = 3
    excluded: frozenset[int] = frozenset()  # businesses that may not work for this client
    apart: tuple[tuple[int, int], ...] = ()  # businesses that may not be in one team: of one owner, or at odds
    least_kept: float = 0.0  # the share of the work that a prime has to keep, its standing seats included
