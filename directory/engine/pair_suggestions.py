"""Pairs of a chapter's members who should meet, with reasons, from what they want and what their firms do or say."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload

from directory.engine.claim_suggestions import SURE, said_capabilities
from directory.engine.text_embedding import stored_vectors
from directory.engine.text_similarity import text_similarity
from directory.engine.world_cache import recent_world
from directory.facts.collaboration import Collaboration
from directory.facts.interaction import Interaction
from directory.people.business import member_visible_headline
from directory.people.chapter import Chapter
from directory.people.claim import Claim
from directory.people.tables import Business, Member, Wanted, WantedKind
from directory.taxonomy.capability import Capability
from directory.translation import gettext as _
from matching.inputs import Floats, Vectors
from matching.pairing import pair_worth, pairs

FITS, SURELY = 0.42, 0.75  # similarity from which an answer fits a want, and from which it fits fully
SAME, ALIKE = 0.5, 0.8  # likewise for two descriptions of clients
SPEAKS = 0.06  # subtracted from the similarity of a sentence, because sentences touch on many things
BELOW = 0.7  # the strength of a claim on a child of the wanted capability
MAX_MEMBERS = 100  # members of a chapter who are compared, each with each
ACQUAINTED = 0.2  # the factor on a pair's worth if they have met, or their firms finished a project together


@dataclass(frozen=True)
class PairReason:
    """A reason as data: ``answer`` of ``giver`` fits ``want`` of ``asker``; or both look for the same clients."""

    kind: Literal["claim", "said", "name", "clients"]
    asker: Member
    giver: Member
    want: str
    answer: str
    strength: float


@dataclass(frozen=True)
class Pair:
    """Two members who should meet; the strongest reason comes first."""

    one: Member
    other: Member
    worth: float
    reasons: tuple[PairReason, ...]


@dataclass(frozen=True)
class PairScores:
    """The members of a chapter, the worth of a one-to-one of each two of them, and the reasons for it."""

    members: tuple[Member, ...]
    weights: Floats
    answers: dict[tuple[int, int], PairReason]  # the best answer to a want, by the positions of asker and giver
    clients: dict[tuple[int, int], PairReason]

    def pair(self, one: int, other: int) -> Pair:
        pair = (self.answers.get((one, other)), self.answers.get((other, one)), self.clients.get((one, other)))
        reasons = sorted((reason for reason in pair if reason), key=lambda reason: -reason.strength)
        return Pair(self.members[one], self.members[other], float(self.weights[one, other]), tuple(reasons))


def suggested_pairs(session: Session, *, chapter: Chapter, limit: int = 3) -> list[Pair]:
    """Return the chapter's best pairs, each member in at most one; empty if no pair has a reason."""
    scores = score_pairs(session, chapter)
    return [scores.pair(*pair) for pair in pairs(scores.weights)[:limit]]


def people_to_meet(session: Session, *, member: Member, limit: int = 2) -> list[Pair]:
    """Return pairs of the member (``one``) with others: first their pair in the chapter's matching, then the best."""
    chapter = member.business.chapter
    scores = score_pairs(session, chapter, around=member) if chapter is not None else None
    if scores is None or member not in scores.members:
        return []
    mine = scores.members.index(member)
    own = [a + b - mine for a, b in pairs(scores.weights) if mine in (a, b)]
    row = scores.weights[mine]
    rest = [int(other) for other in np.argsort(-row, kind="stable") if row[other] > 0 and other not in own]
    return [scores.pair(mine, other) for other in [*own, *rest][:limit]]


def reason_sentence(why: PairReason, reader: Member | None = None) -> str:
    """Return the reason as a sentence; ``reader``, if one of the two, is addressed as "you"."""
    asks, gives = why.asker.first_name, why.giver.first_name
    want, quoted = f"“{why.want.rstrip(' .')}”", f"“{why.answer.rstrip(' .')}”"
    if why.kind == "clients":
        if reader in (why.asker, why.giver):
            return _("You both look for the same clients: %(want)s", want=want)
        return _("%(one)s and %(other)s look for the same clients: %(want)s", one=asks, other=gives, want=want)
    if reader == why.asker:
        wants = _("You want to meet %(want)s", want=want)
    else:
        wants = _("%(name)s wants to meet %(want)s", name=asks, want=want)
    what = why.answer if why.kind == "claim" else quoted
    if why.kind == "name":
        does = _("%(name)s is with %(what)s", name=gives, what=why.answer)
    elif reader == why.giver:
        does = _("your firm does %(what)s", what=what) if why.kind == "claim" else _("you say: %(what)s", what=what)
    elif why.kind == "claim":
        does = _("%(name)s’s firm does %(what)s", name=gives, what=what)
    else:
        does = _("%(name)s says: %(what)s", name=gives, what=what)
    return _("%(wants)s; %(does)s", wants=wants, does=does)


def score_pairs(
    session: Session,
    chapter: Chapter,
    around: Member | None = None,
    among: Collection[int] | None = None,
) -> PairScores:
    """Score all pairs of the chapter's active members; above MAX_MEMBERS only the newest, and ``around``.

    ``among`` restricts the members by id. Texts are compared by words until ``jobs.housekeeping`` has embedded them.
    Four queries, and those of reading the World where a firm has a sentence but no claims.
    """
    conditions = [Business.chapter_id == chapter.id, Member.is_active]
    if among is not None:
        conditions.append(Member.id.in_(among))
    newest = session.scalars(
        select(Member)
        .join(Member.business)
        .where(*conditions)
        .options(contains_eager(Member.business), joinedload(Member.asks))
        .order_by((Member.id == (around.id if around else 0)).desc(), Member.id.desc())
        .limit(MAX_MEMBERS)
    )
    members = tuple(sorted(newest.unique(), key=lambda member: member.id))
    at = {member.id: position for position, member in enumerate(members)}
    wants = sorted((want for member in members for want in member.asks), key=lambda want: want.id)
    claims = _claims(session, {member.business_id for member in members})
    guessed = _guessed(session, members, claims) if wants else {}
    offers = _offers(members, claims, guessed) if wants else []
    texts = {*(want.text for want in wants), *(offer.compared for offer in offers)}
    vectors = stored_vectors(session, texts) if wants else {}
    answers = _answers(members, wants, claims, offers, at, vectors)
    clients = _clients(members, wants, at, vectors)
    n = len(members)
    interest, alike, rivalry = np.zeros((n, n)), np.zeros((n, n)), np.zeros((n, n))
    for (one, other), why in answers.items():
        interest[one, other] = why.strength
    for (one, other), why in clients.items():
        alike[one, other] = why.strength
    held = [{node for node, _, _ in claims[member.business_id]} for member in members]
    for one, other in zip(*np.nonzero(alike), strict=True):
        least = min(len(held[one]), len(held[other]))
        rivalry[one, other] = len(held[one] & held[other]) / least if least else 0.0
    weights = pair_worth(interest, alike, rivalry)
    firms = np.array([member.business_id for member in members])
    weights[firms[:, None] == firms[None, :]] = 0
    for one, other in _acquainted(session, at):
        weights[one, other] *= ACQUAINTED
        weights[other, one] *= ACQUAINTED
    return PairScores(members, weights, answers, clients)


_Claimed = tuple[int, int | None, str]  # capability id, id of its parent, its name


def _claims(session: Session, firms: set[int]) -> dict[int, list[_Claimed]]:
    rows = session.execute(
        select(Claim.business_id, Capability.id, Capability.parent_id, Capability.name)
        .join(Capability, Capability.id == Claim.capability_id)
        .where(Claim.business_id.in_(firms))
        .order_by(Claim.id)
    )
    claims: defaultdict[int, list[_Claimed]] = defaultdict(list)
    for firm, node, above, name in rows:
        claims[firm].append((node, above, name))
    return claims


def _guessed(
    session: Session, members: tuple[Member, ...], claims: dict[int, list[_Claimed]]
) -> dict[int, tuple[str, ...]]:
    """Return the names of the capabilities in a firm's own sentence, by firm, for firms without claims."""
    unclaimed = {m.business for m in members if m.business_id not in claims and m.business.summary}
    if not unclaimed:
        return {}
    known = recent_world(session)
    names = known.world.taxonomy.names
    return {
        firm.id: tuple(
            names[said.capability]
            for said in said_capabilities(known, text=firm.summary, by_words=True)
            if said.score >= SURE
        )
        for firm in unclaimed
    }


class _Offer(NamedTuple):
    """What a member has to offer: the text that is shown, and the one that is compared with wants."""

    position: int  # of the member
    kind: Literal["claim", "said", "name"]
    text: str
    compared: str


def _offers(
    members: tuple[Member, ...], claims: dict[int, list[_Claimed]], guessed: dict[int, tuple[str, ...]]
) -> list[_Offer]:
    offers = []
    for position, member in enumerate(members):
        firm = member.business
        said = [text for text in (firm.summary, member_visible_headline(member)) if text]
        offers += [_Offer(position, "claim", name, name) for _node, _above, name in claims[firm.id]]
        offers += [_Offer(position, "said", text, text) for text in said]
        offers += [_Offer(position, "said", firm.summary, name) for name in guessed.get(firm.id, ())]
        offers.append(_Offer(position, "name", firm.name, firm.name))
    return offers


def _answers(
    members: tuple[Member, ...],
    wants: list[Wanted],
    claims: dict[int, list[_Claimed]],
    offers: list[_Offer],
    at: dict[int, int],
    vectors: Mapping[str, Vectors],
) -> dict[tuple[int, int], PairReason]:
    """Return the best answer of each member to the wants of each other, by the positions of asker and giver."""
    if not wants:
        return {}
    similarity = text_similarity([want.text for want in wants], [offer.compared for offer in offers], vectors)
    similarity -= SPEAKS * np.array([offer.kind == "said" and offer.text == offer.compared for offer in offers])
    strength = np.where(similarity >= FITS, np.clip((similarity - FITS / 2) / (SURELY - FITS / 2), 0, 1), 0)
    best: dict[tuple[int, int], PairReason] = {}

    def keep_best(want: Wanted, giver: int, kind: Literal["claim", "said", "name"], text: str, fits: float) -> None:
        asker = at[want.member_id]
        before = best.get((asker, giver))
        if asker != giver and (before is None or fits > before.strength):
            best[asker, giver] = PairReason(kind, members[asker], members[giver], want.text, text, fits)

    for row, want in enumerate(wants):
        for column in np.flatnonzero(strength[row]):
            offer = offers[column]
            keep_best(want, offer.position, offer.kind, offer.text, float(strength[row, column]))
        for giver, member in enumerate(members if want.capability_id else ()):
            for node, above, name in claims[member.business_id]:
                if want.capability_id in (node, above):
                    keep_best(want, giver, "claim", name, 1.0 if node == want.capability_id else BELOW)
    return best


def _clients(
    members: tuple[Member, ...], wants: list[Wanted], at: dict[int, int], vectors: Mapping[str, Vectors]
) -> dict[tuple[int, int], PairReason]:
    """Return the pairs that look for the same clients, by their positions in both orders."""
    sought = [(at[want.member_id], want.text) for want in wants if want.kind is WantedKind.CLIENT]
    texts = [text for _position, text in sought]
    similarity = text_similarity(texts, texts, vectors)
    best: dict[tuple[int, int], PairReason] = {}
    for row, column in zip(*np.nonzero(similarity >= SAME), strict=True):
        one, other = sought[row][0], sought[column][0]
        fits = float(np.clip((similarity[row, column] - SAME / 2) / (ALIKE - SAME / 2), 0, 1))
        before = best.get((one, other))
        if one < other and (before is None or fits > before.strength):
            why = PairReason("clients", members[one], members[other], sought[row][1], sought[column][1], fits)
            best[one, other] = best[other, one] = why
    return best


def _acquainted(session: Session, at: dict[int, int]) -> Iterable[tuple[int, int]]:
    """Return the pairs who met, as at least one of them says, or whose firms finished a project: each pair once."""
    met = select(Interaction.said_by_id, Interaction.other_id).where(
        Interaction.said_by_id.in_(at), Interaction.other_id.in_(at)
    )
    prime, sub = aliased(Member), aliased(Member)
    worked = (
        select(prime.id, sub.id)
        .select_from(Collaboration)
        .join(prime, prime.business_id == Collaboration.prime_id)
        .join(sub, sub.business_id == Collaboration.sub_id)
        .where(Collaboration.finished_at.is_not(None), prime.id.in_(at), sub.id.in_(at))
    )
    rows = session.execute(met.union_all(worked))
    return {(min(at[a], at[b]), max(at[a], at[b])) for a, b in rows}
