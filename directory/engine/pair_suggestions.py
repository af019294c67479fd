"""Pairs of a chapter's members who should meet, with reasons, from what they want and what their firms do or say."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload

from directory.engine.claim_suggestions import SURE, said_capabilities, texts_to_embed
from directory.engine.pair_reason import PairReason, PairReasonKind, wishes
from directory.engine.text_embedding import stored_vectors
from directory.engine.text_similarity import text_similarity
from directory.engine.world_cache import recent_world
from directory.engine.world_reader import KnownWorld
from directory.facts.collaboration import Collaboration
from directory.facts.interaction import Interaction
from directory.people.business import member_visible_headline
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member, Wanted, WantedKind
from directory.text import fold
from matching.inputs import Floats, Vectors
from matching.pairing import best_pairs_of, pair_worth

# The floors of meaning, chosen on 160 labelled pairs and on all reasons in three imported chapters of 28: below them
# most answers have little to do with the wish.
CLAIM, SERVES, SAME = 0.74, 0.52, 0.82  # similarity of a wish to a capability, to a firm's customers, to another wish
SAID, SAID_ALONE = 0.62, 0.75  # that to a sentence or a name, if the wish names the firm's trade, and if it does not
TRADE = 0.25  # the least probability that it does
READ = 0.6  # the least probability that a wish names a capability
BELOW = 0.7  # the strength of a claim on a child of the wanted capability
LEAST, LEAST_SHARED = 0.45, 0.3  # the least strength of an answer that is told, and of a wish of both
WORDS = 0.55  # the floor of all where there is no sentence model: two shared words
MAX_MEMBERS = 100  # members of a chapter who are compared, each with each
ACQUAINTED = 0.2  # the factor on a pair's worth if they have met, or their firms finished a project together


@dataclass(frozen=True)
class Pair:
    """Two members who should meet; the best reason comes first."""

    one: Member
    other: Member
    worth: float
    reasons: tuple[PairReason, ...]


@dataclass(frozen=True)
class PairScores:
    """The members of a chapter, the worth of a one-to-one of each two of them, and the reasons for it."""

    members: tuple[Member, ...]
    weights: Floats  # 0 where no reason reaches the floor of meaning
    answers: dict[tuple[int, int], PairReason]  # the best answer to a wish, by the positions of asker and giver
    wishes: dict[tuple[int, int], PairReason]  # the same wish of two, by their positions in both orders

    def pair(self, one: int, other: int) -> Pair:
        """Return the pair of two positions; an answer to a wish comes before a wish of both."""
        answers = filter(None, (self.answers.get((one, other)), self.answers.get((other, one))))
        reasons = sorted(answers, key=lambda reason: -reason.strength)
        if wish := self.wishes.get((one, other)):
            reasons.append(wish)
        return Pair(self.members[one], self.members[other], float(self.weights[one, other]), tuple(reasons))


class _Wish(NamedTuple):
    """One of the people whom an ask lists, with the position of who asks."""

    asker: int
    ask: Wanted
    words: str


class _Held(NamedTuple):
    """A capability of a firm, as an index, with the text that says it and the probability that it does."""

    node: int
    kind: PairReasonKind
    text: str
    chance: float


class _Offer(NamedTuple):
    """A text of a member or their firm that may answer a wish, with the member's position."""

    giver: int
    kind: PairReasonKind
    text: str


def suggested_pairs(session: Session, *, chapter: Chapter, limit: int = 3) -> list[Pair]:
    """Return the chapter's best pairs, each member in at most one; empty if no pair has a reason."""
    scores = score_pairs(session, chapter)
    return [scores.pair(*pair) for pair in best_pairs_of(scores.weights).pairs[:limit]]


def score_pairs(
    session: Session,
    chapter: Chapter,
    around: Member | None = None,
    among: Collection[int] | None = None,
) -> PairScores:
    """Score all pairs of the chapter's active members; above MAX_MEMBERS only the newest, and ``around``.

    ``among`` restricts the members by id. Texts are compared by words until ``jobs.housekeeping`` has embedded them.
    Three queries, and those of reading the World.
    """
    conditions = [Business.chapter_id == chapter.id, Member.is_active]
    if among is not None:
        conditions.append(Member.id.in_(among))
    newest = session.scalars(
        select(Member)
        .join(Member.business)
        .where(*conditions)
        .options(contains_eager(Member.business).defer(Business.search_text), joinedload(Member.asks))
        .order_by((Member.id == (around.id if around else 0)).desc(), Member.id.desc())
        .limit(MAX_MEMBERS)
    )
    members = tuple(sorted(newest.unique(), key=lambda member: member.id))
    at = {member.id: position for position, member in enumerate(members)}
    asks = sorted((ask for member in members for ask in member.asks), key=lambda ask: ask.id)
    wanted = [_Wish(at[ask.member_id], ask, words) for ask in asks for words in wishes(ask.text)]
    answers: dict[tuple[int, int], PairReason] = {}
    shared: dict[tuple[int, int], PairReason] = {}
    if wanted:
        known = recent_world(session)
        vectors = stored_vectors(session, _compared(known, members, wanted))
        held = _held(known, members, vectors)
        rivalry, offers = _rivalry(held), _offers(members, held)
        answers = _answers(known, members, wanted, held, offers, rivalry, vectors)
        shared = _shared_wishes(members, wanted, rivalry, vectors)
    interest, alike = np.zeros((len(members),) * 2), np.zeros((len(members),) * 2)
    for (one, other), why in answers.items():
        interest[one, other] = why.strength
    for (one, other), why in shared.items():
        alike[one, other] = why.strength
    weights = pair_worth(interest, alike)
    for one, other in _acquainted(session, at):
        weights[one, other] *= ACQUAINTED
        weights[other, one] *= ACQUAINTED
    return PairScores(members, weights, answers, shared)


def _compared(known: KnownWorld, members: Sequence[Member], wanted: Sequence[_Wish]) -> set[str]:
    """Return all texts whose vectors decide: what ``_offers`` names, the wishes, and the parts of what is read."""
    claims, names = known.world.claims, known.world.taxonomy.names
    firms = {known.business.get(member.business_id, -1): member.business for member in members}
    is_here = np.isin(claims.business, [*firms])
    silent = {firm.summary for at, firm in firms.items() if at not in claims.business[is_here]}
    wishes = {wish.words for wish in wanted}
    parts = {part for text in {*wishes, *silent} for part in texts_to_embed(known, text=text)}
    said = {text for member in members for _kind, text in _said(member)}
    return {*wishes, *parts, *said, *(names[node] for node in claims.capability[is_here].tolist())}


def _said(member: Member) -> list[tuple[PairReasonKind, str]]:
    """Return what the member and their firm say of themselves, with its kind."""
    firm = member.business
    texts: tuple[tuple[PairReasonKind, str], ...] = (
        ("summary", firm.summary),
        ("headline", member_visible_headline(member)),
        ("name", firm.name),
        ("serves", firm.best_customers),
    )
    return [(kind, text) for kind, text in texts if text]


def _held(known: KnownWorld, members: Sequence[Member], vectors: Mapping[str, Vectors]) -> list[list[_Held]]:
    """Return what the firm of each member does: what it claims, or what its description surely says."""
    claims, names = known.world.claims, known.world.taxonomy.names
    by_firm: dict[Business, list[_Held]] = {}
    for firm in dict.fromkeys(member.business for member in members):
        own = claims.capability[claims.business == known.business.get(firm.id, -1)].tolist()
        by_firm[firm] = [_Held(node, "claim", names[node], 1.0) for node in own]
        if firm.summary and not own:
            said = said_capabilities(known, text=firm.summary, vectors=vectors)
            by_firm[firm] = [
                _Held(each.capability, "summary", firm.summary, each.score) for each in said if each.score >= SURE
            ]
    return [by_firm[member.business] for member in members]


def _offers(members: Sequence[Member], held: Sequence[Sequence[_Held]]) -> list[_Offer]:
    offers: list[_Offer] = []
    for at, member in enumerate(members):
        offers += [_Offer(at, "claim", each.text) for each in held[at] if each.kind == "claim"]
        offers += [_Offer(at, kind, text) for kind, text in _said(member)]
    return offers


def _rivalry(held: Sequence[Sequence[_Held]]) -> Floats:
    """Return how far each two do the same work, and so compete for clients, (n, n), in [0, 1]."""
    does = np.zeros((len(held), 1 + max((each.node for firm in held for each in firm), default=0)))
    for at, firm in enumerate(held):
        does[at, [each.node for each in firm]] = 1
    least = np.minimum.outer(does.sum(axis=1), does.sum(axis=1))
    same: Floats = does @ does.T
    rivalry: Floats = np.divide(same, least, out=np.zeros_like(same), where=least > 0)
    return rivalry


def _answers(
    known: KnownWorld,
    members: Sequence[Member],
    wanted: Sequence[_Wish],
    held: Sequence[Sequence[_Held]],
    offers: Sequence[_Offer],
    rivalry: Floats,
    vectors: Mapping[str, Vectors],
) -> dict[tuple[int, int], PairReason]:
    """Return the best answer of each member to the wishes of each other, by the positions of asker and giver."""
    best: dict[tuple[int, int], PairReason] = {}

    def keep_best(wish: _Wish, giver: int, kind: PairReasonKind, text: str, strength: float) -> None:
        asker, before = members[wish.asker], best.get((wish.asker, giver))
        if asker.business_id != members[giver].business_id and strength > max(LEAST, before.strength if before else 0):
            best[wish.asker, giver] = PairReason(kind, asker, members[giver], wish.ask, wish.words, text, strength)

    root = known.lexicon.root
    trades = [{root(each.node) for each in firm} for firm in held]
    readings = [
        {said.capability: said.score for said in said_capabilities(known, text=wish.words, vectors=vectors)}
        for wish in wanted
    ]
    above = {each.node: known.lexicon.lineage(each.node)[:-1] for firm in held for each in firm}  # but not its category
    doing: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)  # node -> who does it or one below it, and where
    for giver, firm in enumerate(held):
        for place, each in enumerate(firm):
            for node in (each.node, *above[each.node]):
                doing[node].append((giver, place))
    for wish, reading in zip(wanted, readings, strict=True):
        chosen = known.capability.get(wish.ask.capability_id or 0)
        meant = {node for node, chance in reading.items() if chance >= READ}
        if chosen is not None:
            meant.add(chosen)
        own = {each.node for each in held[wish.asker]}
        for giver, place in sorted({pair for node in meant for pair in doing.get(node, ())}):
            each = held[giver][place]
            keep_best(wish, giver, each.kind, each.text, _fit(chosen, reading, each, above[each.node], own))
    similarity = text_similarity([wish.words for wish in wanted], [offer.text for offer in offers], vectors)
    for row, column in zip(*np.nonzero(similarity >= min(SERVES, WORDS)), strict=True):
        wish, offer, factor = wanted[row], offers[column], 1.0
        if offer.kind == "claim":
            floor = CLAIM
        elif offer.kind == "serves":
            floor, factor = SERVES, 1 - rivalry[wish.asker, offer.giver]
        else:
            chance = sum(chance for node, chance in readings[row].items() if root(node) in trades[offer.giver])
            floor = SAID if chance >= TRADE else SAID_ALONE
        is_partner = wish.ask.kind is WantedKind.PARTNER
        if not (offer.kind == "serves" and is_partner):
            strength = factor * _strength(similarity[row, column], floor, bool(vectors))
            keep_best(wish, offer.giver, offer.kind, offer.text, strength)
    return best


def _fit(
    chosen: int | None, reading: Mapping[int, float], held: _Held, above: Sequence[int], own: Collection[int]
) -> float:
    """Return how surely the wish names the capability ``held``, 0-1; 0 for what the asker's ``own`` firm does, too.

    A capability that was ``chosen`` with the ask counts, unless it is a whole category: the words decide there.
    ``above`` are the nodes above ``held``, without its category.
    """
    if chosen == held.node:
        return held.chance
    if chosen in above:
        return BELOW * held.chance
    if held.node in own:
        return 0.0
    if (chance := reading.get(held.node, 0.0)) >= READ:
        return min(chance, held.chance)
    chance = max((reading.get(node, 0.0) for node in above), default=0.0)
    return BELOW * min(chance, held.chance) if chance >= READ else 0.0


def _shared_wishes(
    members: Sequence[Member], wanted: Sequence[_Wish], rivalry: Floats, vectors: Mapping[str, Vectors]
) -> dict[tuple[int, int], PairReason]:
    """Return the pairs who want to meet the same people, and are neither rivals nor of one firm, in both orders."""
    sought = [wish for wish in wanted if wish.ask.kind is not WantedKind.PARTNER]
    texts = [wish.words for wish in sought]
    similarity = text_similarity(texts, texts, vectors)
    folded = np.array([fold(text) for text in texts])
    similarity = np.where(folded[:, None] == folded[None, :], 1.0, similarity)
    best: dict[tuple[int, int], PairReason] = {}
    for row, column in zip(*np.nonzero(similarity >= min(SAME, WORDS)), strict=True):
        one, other = sought[row].asker, sought[column].asker
        strength = _strength(similarity[row, column], SAME, bool(vectors)) * (1 - rivalry[one, other])
        before = best.get((one, other))
        is_pair = one < other and members[one].business_id != members[other].business_id
        if is_pair and strength > max(LEAST_SHARED, before.strength if before else 0):
            wish = sought[row]
            why = PairReason("both", members[one], members[other], wish.ask, wish.words, texts[column], strength)
            best[one, other] = best[other, one] = why
    return best


def _strength(similarity: float, floor: float, by_meaning: bool) -> float:
    """Return 0 below the floor, 0.5 at it, 1 for the same words."""
    floor = floor if by_meaning else min(floor, WORDS)
    return min(1.0, 0.5 + 0.5 * (float(similarity) - floor) / (1 - floor)) if similarity >= floor else 0.0


def _acquainted(session: Session, at: dict[int, int]) -> Iterable[tuple[int, int]]:
    """Return the pairs who met, as at least one of them says, or whose firms finished a project: each pair once."""
    ids: BindParameter[int] = bindparam("ids", [*at], expanding=True, literal_execute=True)  # numbers are quick as text
    met = select(Interaction.said_by_id, Interaction.other_id).where(Interaction.said_by_id.in_(ids))
    prime, sub = aliased(Member), aliased(Member)
    worked = (
        select(prime.id, sub.id)
        .select_from(Collaboration)
        .join(prime, prime.business_id == Collaboration.prime_id)
        .join(sub, sub.business_id == Collaboration.sub_id)
        .where(Collaboration.finished_at.is_not(None), prime.id.in_(ids))
    )
    rows = session.execute(met.union_all(worked))
    return {(min(at[a], at[b]), max(at[a], at[b])) for a, b in rows if b in at}
