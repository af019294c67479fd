"""Reads the World from the database: the engine's arrays, and the mapping from row ids to their indices."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.db import world_version
from directory.engine.need_reader import heard_codes
from directory.engine.sentence_encoder import DIMENSIONS
from directory.facts.claim_level import claim_standings
from directory.facts.collaboration import Collaboration, collaboration_capability
from directory.facts.interaction import Interaction
from directory.facts.introduction import Introduction, IntroductionState
from directory.facts.vouch import Vouch
from directory.facts.vouch_graph import reciprocal_pairs
from directory.people.audience import is_visible_to_members
from directory.people.tables import Band, Business, Member
from directory.taxonomy.capability import CURATED, OWN, Capability, Mark
from directory.text import fold
from matching.inputs import FACT_KINDS, Businesses, Claims, Facts, Ints, Members, Taxonomy, Vectors, Works, World
from matching.taxonomy_words import TaxonomyIndex
from matching.text_normalization import clean_text, informative, tokens

TITLES = 50  # titles of finished work that are used per capability


@dataclass(frozen=True)
class KnownWorld:
    """A World with the mapping from row ids to indices, and the index of its taxonomy's words."""

    world: World
    lexicon: TaxonomyIndex
    region_of: Mapping[str, str]  # city -> its region, for the city of every firm

    @cached_property
    def places(self) -> tuple[str, ...]:
        return tuple(sorted({*self.region_of, *self.region_of.values()} - {""}))

    @cached_property
    def spelled(self) -> Mapping[str, str]:
        """Each place by its folded name, for searching in texts."""
        return {fold(place): place for place in self.places}

    @cached_property
    def business(self) -> Mapping[int, int]:
        return _positions(self.world.businesses.ids)

    @cached_property
    def member(self) -> Mapping[int, int]:
        return _positions(self.world.members.ids)

    @cached_property
    def capability(self) -> Mapping[int, int]:
        return _positions(self.world.taxonomy.ids)


def read_world(session: Session, before: KnownWorld | None) -> KnownWorld:
    version, taxonomy = world_version(session), read_taxonomy(session)
    businesses = session.execute(
        select(
            *(Business.id, Business.city, Business.region, Business.is_remote, Business.currency, Business.audiences),
            *(Business.price_low_minor, Business.price_high_minor, Business.capacity, Business.busy, Business.free_on),
        ).order_by(Business.id)
    ).all()
    # Hidden prices stay out of the World: a series of asks with different budgets would reveal them.
    prices = [
        (row.price_low_minor, row.price_high_minor) if is_visible_to_members(row, "prices") else (None, None)
        for row in businesses
    ]
    members = session.execute(
        select(Member.id, Member.business_id, Band.warmth, Band.competence)
        .outerjoin(Band, Band.member_id == Member.id)
        .where(Member.is_active)
        .order_by(Member.id)
    ).all()
    # A firm with members of whom none is active is hidden; a firm without members is shown by its work.
    with_inactive = select(Member.business_id).where(~Member.is_active).distinct()
    hidden = set(session.scalars(with_inactive)) - {row.business_id for row in members}
    at_business = _positions(row.id for row in businesses)
    at_member = _positions(row.id for row in members)
    at_capability = _positions(taxonomy.ids)
    works = session.execute(
        select(Collaboration.prime_id, Collaboration.sub_id, Collaboration.finished_at)
        .where(Collaboration.finished_at.is_not(None))
        .order_by(Collaboration.id)
    ).all()
    works = [work for work in works if not hidden & {work.prime_id, work.sub_id}]
    contact: dict[int, int] = {}
    for row in members:
        contact.setdefault(row.business_id, row.id)
    world = World(
        version=version,
        taxonomy=taxonomy,
        businesses=Businesses(
            ids=_ints(row.id for row in businesses),
            cities=tuple(row.city for row in businesses),
            regions=tuple(row.region for row in businesses),
            remote=np.array([row.is_remote for row in businesses], dtype=np.bool_),
            price_low=_floats(low for low, _high in prices),
            price_high=_floats(high for _low, high in prices),
            currencies=tuple(row.currency for row in businesses),
            capacity=_floats(row.capacity for row in businesses),
            busy=_floats(row.busy for row in businesses),
            free_on=_ints(_day(row.free_on) for row in businesses),
        ),
        members=Members(
            ids=_ints(row.id for row in members),
            business=_ints(at_business[row.business_id] for row in members),
            warmth_band=_ints(row.warmth or 0 for row in members),
            competence_band=_ints(row.competence or 0 for row in members),
        ),
        claims=_claims(session, at_business, at_capability, hidden),
        facts=_facts(
            session,
            at_member,
            {row.id: row.business_id for row in members},
            [(contact.get(w.prime_id), contact.get(w.sub_id), w.finished_at) for w in works],
        ),
        works=Works(
            prime=_ints(at_business[row.prime_id] for row in works),
            sub=_ints(at_business[row.sub_id] for row in works),
            days=_ints(_day(row.finished_at) for row in works),
        ),
    )
    schemes, region_of = _used_schemes(world), {row.city: row.region for row in businesses if row.city}
    if before and same_name_groups(before.world.taxonomy, taxonomy) and _used_schemes(before.world) == schemes:
        return KnownWorld(world, before.lexicon, region_of)
    return KnownWorld(world, TaxonomyIndex(taxonomy, schemes[0], schemes=schemes), region_of)


def read_taxonomy(session: Session, schemes: Collection[str] | None = None) -> Taxonomy:
    """Read the nodes of these schemes, by default of every one; the titles of finished work count among their asks.

    The network's own words belong to the curated scheme here; those that were hidden or joined are left out. One that
    is a single common word, such as "Support", is not heard alone, which most leads say: its name has its parent's too.
    """
    nodes = select(
        *(Capability.id, Capability.scheme, Capability.code, Capability.name, Capability.synonyms, Capability.asks),
        *(Capability.parent_id, Capability.vector, Capability.marks),
    ).where(Capability.hidden_at.is_(None))
    if schemes is not None:
        nodes = nodes.where(Capability.scheme.in_(schemes))
    rows = session.execute(nodes.order_by(Capability.id)).all()
    at = _positions(row.id for row in rows)
    vectors = np.zeros((len(rows), DIMENSIONS), dtype=np.float32)
    titles = _titles(session)
    curated = ("\n".join((row.name, *row.synonyms, *row.asks)) for row in rows if row.scheme == CURATED)
    common = _common_words(tuple(curated)) if any(row.scheme == OWN for row in rows) else frozenset()
    above = {row.id: row.name for row in rows}

    def heard(row: Any, name: str) -> str:
        stems = informative(tokens(clean_text(name))) if row.scheme == OWN else []
        return f"{above.get(row.parent_id, name)} {name}" if len(stems) == 1 and stems[0] in common else name

    ask_vectors: list[Vectors] = [np.zeros((0, DIMENSIONS), dtype=np.float32)]
    ask_nodes: list[int] = []
    for position, row in enumerate(rows):
        if row.vector is not None:
            stored = np.frombuffer(row.vector, dtype=np.float16).reshape(-1, DIMENSIONS).astype(np.float32)
            vectors[position] = stored[0]
            ask_vectors.append(stored[1:])
            ask_nodes += [position] * (len(stored) - 1)
    return Taxonomy(
        ids=_ints(row.id for row in rows),
        schemes=tuple(CURATED if row.scheme == OWN else row.scheme for row in rows),
        names=tuple(heard(row, row.name) for row in rows),
        synonyms=tuple(tuple(heard(row, name) for name in row.synonyms) for row in rows),
        parents=_ints(-1 if row.parent_id is None else at[row.parent_id] for row in rows),
        vectors=vectors,
        asks=tuple((*row.asks, *titles[row.id]) for row in rows),
        ask_vectors=np.concatenate(ask_vectors),
        ask_nodes=_ints(ask_nodes),
        trades=_trades(rows, at),
        heard=_ints(heard_codes().get(row.code, -1) if row.scheme == CURATED else -1 for row in rows),
    )


def _trades(rows: Sequence[Any], at: Mapping[int, int]) -> Ints:
    """Return the trade of each node: its root or, under nodes marked TRADES, what stands below; -1 under NO_SHARE."""
    nodes, trades = {row.id: row for row in rows}, dict[int, int]()

    def trade(node: int) -> int:
        if node not in trades:
            above = nodes.get(nodes[node].parent_id)
            inherited = None if above is None else trade(above.id)
            if Mark.NO_SHARE in nodes[node].marks:
                inherited = -1
            elif above is not None and Mark.TRADES in above.marks and inherited == at[above.id]:
                inherited = None
            trades[node] = at[node] if inherited is None else inherited
        return trades[node]

    return _ints(trade(row.id) for row in rows)


@lru_cache(maxsize=2)
def _common_words(texts: tuple[str, ...]) -> frozenset[str]:
    """Return the stems in two or more of the texts, which are those of the curated nodes: names and ways to ask."""
    nodes = Counter(stem for text in texts for stem in set(informative(tokens(clean_text(text)))))
    return frozenset(stem for stem, count in nodes.items() if count > 1)


def _titles(session: Session) -> Mapping[int, list[str]]:
    """Return the titles of finished work by capability, the newest first: how this network words such asks."""
    finished = (
        select(collaboration_capability.c.capability_id, Collaboration.title)
        .join(Collaboration, Collaboration.id == collaboration_capability.c.collaboration_id)
        .where(Collaboration.finished_at.is_not(None))
        .order_by(Collaboration.finished_at.desc(), Collaboration.id)
    )
    titles: defaultdict[int, dict[str, None]] = defaultdict(dict)
    for capability, title in session.execute(finished):
        if len(titles[capability]) < TITLES:
            titles[capability][title] = None
    return defaultdict(list, {capability: list(names) for capability, names in titles.items()})


def _claims(
    session: Session, at_business: Mapping[int, int], at_capability: Mapping[int, int], hidden: set[int]
) -> Claims:
    rows = sorted((at, how) for at, how in claim_standings(session, None).items() if at[0] not in hidden)
    return Claims(
        business=_ints(at_business[business] for (business, _), _ in rows),
        capability=_ints(at_capability[capability] for (_, capability), _ in rows),
        claimed_on=_ints(_day(row.claimed_at) for _, row in rows),
        vouches=_ints(row.vouches for _, row in rows),
        vouched_on=_ints(_day(row.vouched_at) for _, row in rows),
        vouched_until=_ints(_day(row.vouched_until) for _, row in rows),
        evidence=_ints(row.evidence for _, row in rows),
        evidenced_on=_ints(_day(row.evidenced_at) for _, row in rows),
        evidenced_until=_ints(_day(row.evidenced_until) for _, row in rows),
    )


def _facts(
    session: Session,
    at_member: Mapping[int, int],
    firm: Mapping[int, int],
    works: list[tuple[int | None, int | None, date]],
) -> Facts:
    """Read the facts that both sides made shareable; a finished collaboration is between the firms' first members."""
    interactions = session.execute(
        select(Interaction.said_by_id, Interaction.other_id, Interaction.kind, Interaction.happened_on)
        .where(Interaction.confirmed_at.is_not(None))
        .order_by(Interaction.id)
    )
    vouched = session.execute(
        select(Vouch.giver_id, Vouch.receiver_id, Vouch.given_at)
        .where(Vouch.accepted_at.is_not(None))
        .order_by(Vouch.id)
    ).all()
    introduced = session.execute(
        select(Introduction.asker_id, Introduction.target_id, Introduction.answered_at)
        .where(Introduction.state == IntroductionState.ACCEPTED)
        .order_by(Introduction.id)
    )
    reciprocal = reciprocal_pairs(
        {(firm[a], firm[b]) for a, b, _ in vouched if a in firm and b in firm and firm[a] != firm[b]}
    )
    edges: list[tuple[int | None, int | None, str, date]] = [
        *((a, b, kind.value, day) for a, b, kind, day in interactions),
        *((a, b, "returned" if (firm.get(a), firm.get(b)) in reciprocal else "vouch", day) for a, b, day in vouched),
        *((a, b, "introduction", day) for a, b, day in introduced if day),
        *((a, b, "collaboration", day) for a, b, day in works),
    ]
    # Inactive members are not in the World, so facts about them are dropped.
    indexed = ((at_member.get(a or 0), at_member.get(b or 0), kind, day) for a, b, kind, day in edges)
    facts = [(a, b, kind, day) for a, b, kind, day in indexed if a is not None and b is not None]
    return Facts(
        a=_ints(a for a, _, _, _ in facts),
        b=_ints(b for _, b, _, _ in facts),
        kinds=_ints(FACT_KINDS.index(kind) for _, _, kind, _ in facts),
        days=_ints(_day(day) for _, _, _, day in facts),
    )


def _used_schemes(world: World) -> tuple[str, ...]:
    """Return the schemes with claims, most claims first; the curated one wins ties, and is the default without claims.

    A scheme without claims is left out: its words would lead to nobody.
    """
    claimed = Counter(world.taxonomy.schemes[node] for node in world.claims.capability.tolist())
    return tuple(sorted(claimed, key=lambda scheme: (-claimed[scheme], scheme != CURATED))) or (CURATED,)


def same_name_groups(before: Taxonomy, after: Taxonomy) -> bool:
    """Return whether a TaxonomyIndex of ``before`` is still valid for ``after``."""
    same_names = (before.names, before.synonyms, before.asks) == (after.names, after.synonyms, after.asks)
    return same_names and all(
        np.array_equal(getattr(before, name), getattr(after, name)) for name in ("ids", "parents", "vectors")
    )


def _positions(ids: Iterable[Any]) -> dict[int, int]:
    return {int(row_id): position for position, row_id in enumerate(ids)}


def _day(moment: date | None) -> int:
    return 0 if moment is None else moment.toordinal()


def _ints(values: Iterable[int]) -> Ints:
    return np.fromiter(values, dtype=np.int64)


def _floats(values: Iterable[float | None]) -> Any:
    return np.fromiter((np.nan if value is None else value for value in values), dtype=np.float64)
