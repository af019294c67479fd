"""The pairs of a chapter that should talk, and why, from its first minute: what they want, and what their firms say."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload

from directory.engine.onboarding_suggestions import capabilities_named_in
from directory.engine.text_similarity import FRESH, text_similarity
from directory.engine.world_cache import known_world
from directory.facts.collaboration import Collaboration
from directory.facts.interaction import Interaction
from directory.people.business import member_visible_headline
from directory.people.chapter import Chapter
from directory.people.claim import Claim
from directory.people.tables import Business, Member, Wanted, WantedKind
from directory.taxonomy.capability import Capability
from directory.translation import gettext as _
from matching.inputs import Floats
from matching.pairing import pair_worth, pairs

FITS, SURELY = 0.42, 0.75  # the likeness from which an answer fits a want, and from which it fits in full
SAME, ALIKE = 0.5, 0.8  # the same of two kinds of clients
SPEAKS = 0.06  # by so much more must what somebody says in a sentence be like the want: sentences touch on much
BELOW = 0.7  # a claim on a child of the capability that is wanted
MOST = 100  # members of a chapter who are compared, each with each
ACQUAINTED = 0.2  # what is left of the worth of a talk between two who have met, or whose firms did a project


MOST_READINGS = 5000
_readings: dict[str, Any] = {}  # what a firm's sentence is about, by the sentence, with the lexicon that read it


@dataclass(frozen=True)
class PairReason:
    """A reason as data: ``giver`` answers ``want`` of ``asker`` by ``said``; or both look for the same clients."""

    kind: Literal["claim", "said", "name", "clients"]
    asker: Member
    giver: Member
    want: str
    said: str
    strength: float


@dataclass(frozen=True)
class Pair:
    """Two members who should talk, the stronger reason first."""

    one: Member
    other: Member
    worth: float
    reasons: tuple[PairReason, ...]


@dataclass(frozen=True)
class PairScores:
    """The members of a chapter and what a talk of each two of them is worth, with what it rests on."""

    members: tuple[Member, ...]
    weights: Floats
    answers: dict[tuple[int, int], PairReason]  # the best answer to a want, by the positions of asker and giver
    clients: dict[tuple[int, int], PairReason]

    def pair(self, one: int, other: int) -> Pair:
        found = (self.answers.get((one, other)), self.answers.get((other, one)), self.clients.get((one, other)))
        reasons = sorted((why for why in found if why), key=lambda why: -why.strength)
        return Pair(self.members[one], self.members[other], float(self.weights[one, other]), tuple(reasons))


def suggested_pairs(session: Session, *, chapter: Chapter, most: int = 3) -> list[Pair]:
    """The chapter's best pairs; nobody is in two. None where nobody has said yet whom they want to meet."""
    circle = score_pairs(session, chapter)
    return [circle.pair(*pair) for pair in pairs(circle.weights)[:most]]


def people_to_meet(session: Session, *, member: Member, most: int = 2) -> list[Pair]:
    """Whom the member should talk to: first their own pair of the chapter's, then who fits next. ``one`` is they."""
    chapter = member.business.chapter
    circle = score_pairs(session, chapter, around=member) if chapter is not None else None
    if circle is None or member not in circle.members:
        return []
    mine = circle.members.index(member)
    own = [a + b - mine for a, b in pairs(circle.weights) if mine in (a, b)]
    row = circle.weights[mine]
    rest = [int(other) for other in np.argsort(-row, kind="stable") if row[other] > 0 and other not in own]
    return [circle.pair(mine, other) for other in [*own, *rest][:most]]


def reason_sentence(why: PairReason, reader: Member | None = None) -> str:
    """The reason as a sentence; to ``reader``, who may be one of the two, as "you"."""
    asks, gives = why.asker.first_name, why.giver.first_name
    want, quoted = f"“{why.want.rstrip(' .')}”", f"“{why.said.rstrip(' .')}”"
    if why.kind == "clients":
        if reader in (why.asker, why.giver):
            return _("You both look for the same clients: %(want)s", want=want)
        return _("%(one)s and %(other)s look for the same clients: %(want)s", one=asks, other=gives, want=want)
    if reader == why.asker:
        wants = _("You want to meet %(want)s", want=want)
    else:
        wants = _("%(name)s wants to meet %(want)s", name=asks, want=want)
    what = why.said if why.kind == "claim" else quoted
    if why.kind == "name":
        does = _("%(name)s is with %(what)s", name=gives, what=why.said)
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
    fresh: int = FRESH,
) -> PairScores:
    """The chapter's circle, in three queries; of a chapter of more than MOST, the newest, and ``around`` with them.

    ``among``: only these of its members. ``fresh``: as for ``likeness``.
    """
    here = [Business.chapter_id == chapter.id, Member.is_active]
    if among is not None:
        here.append(Member.id.in_(among))
    newest = session.scalars(
        select(Member)
        .join(Member.business)
        .where(*here)
        .options(contains_eager(Member.business), joinedload(Member.asks))
        .order_by((Member.id == (around.id if around else 0)).desc(), Member.id.desc())
        .limit(MOST)
    )
    members = tuple(sorted(newest.unique(), key=lambda member: member.id))
    at = {member.id: position for position, member in enumerate(members)}
    wants = sorted((want for member in members for want in member.asks), key=lambda want: want.id)
    claims = _claims(session, {member.business_id for member in members})
    guessed = _guessed(session, members, claims) if wants else {}
    answers = _answers(members, wants, claims, guessed, at, fresh)
    clients = _clients(members, wants, at, fresh)
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
    for one, other in _acquainted(session, members, at):
        weights[one, other] *= ACQUAINTED
        weights[other, one] *= ACQUAINTED
    return PairScores(members, weights, answers, clients)


_Claimed = tuple[int, int | None, str]  # capability, the one above it, its name


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
    """What the sentence of a firm that claims nothing yet is about, by firm."""
    silent = {m.business for m in members if m.business_id not in claims and m.business.summary}
    if not silent:
        return {}
    lexicon = known_world(session).lexicon
    if _readings.get("lexicon") is not lexicon or len(_readings) > MOST_READINGS:
        _readings.clear()
        _readings["lexicon"] = lexicon
    guessed = {}
    for firm in silent:
        if firm.summary not in _readings:
            _readings[firm.summary] = tuple(node.name for node in capabilities_named_in(session, text=firm.summary))
        guessed[firm.id] = _readings[firm.summary]
    return guessed


def _answers(
    members: tuple[Member, ...],
    wants: list[Wanted],
    claims: dict[int, list[_Claimed]],
    guessed: dict[int, tuple[str, ...]],
    at: dict[int, int],
    fresh: int,
) -> dict[tuple[int, int], PairReason]:
    """The best answer of each member to the wants of each other."""
    if not wants:
        return {}
    said: list[tuple[int, Literal["claim", "said", "name"], str, str]] = []  # as it is told, and as it is compared
    for position, member in enumerate(members):
        firm = member.business
        said += [(position, "claim", name, name) for _node, _above, name in claims[firm.id]]
        said += [(position, "said", text, text) for text in (firm.summary, member_visible_headline(member)) if text]
        said += [(position, "said", firm.summary, name) for name in guessed.get(firm.id, ())]
        said.append((position, "name", firm.name, firm.name))
    alike = text_similarity(
        [want.text for want in wants], [compared for _position, _kind, _text, compared in said], fresh
    )
    alike -= SPEAKS * np.array([kind == "said" and text == compared for _position, kind, text, compared in said])
    strength = np.where(alike >= FITS, np.clip((alike - FITS / 2) / (SURELY - FITS / 2), 0, 1), 0)
    owners = np.array([position for position, _kind, _text, _compared in said])
    best: dict[tuple[int, int], PairReason] = {}

    def keep(want: Wanted, giver: int, kind: Literal["claim", "said", "name"], text: str, fits: float) -> None:
        asker = at[want.member_id]
        before = best.get((asker, giver))
        if asker != giver and (before is None or fits > before.strength):
            best[asker, giver] = PairReason(kind, members[asker], members[giver], want.text, text, fits)

    for row, want in enumerate(wants):
        for column in np.flatnonzero(strength[row]):
            keep(want, int(owners[column]), said[column][1], said[column][2], float(strength[row, column]))
        for giver, member in enumerate(members if want.capability_id else ()):
            for node, above, name in claims[member.business_id]:
                if want.capability_id in (node, above):
                    keep(want, giver, "claim", name, 1.0 if node == want.capability_id else BELOW)
    return best


def _clients(
    members: tuple[Member, ...], wants: list[Wanted], at: dict[int, int], fresh: int
) -> dict[tuple[int, int], PairReason]:
    """Who looks for the same clients, by both positions either way round."""
    sought = [(at[want.member_id], want.text) for want in wants if want.kind is WantedKind.CLIENT]
    alike = text_similarity([text for _position, text in sought], [text for _position, text in sought], fresh)
    found: dict[tuple[int, int], PairReason] = {}
    for row, column in zip(*np.nonzero(alike >= SAME), strict=True):
        one, other = sought[row][0], sought[column][0]
        fits = float(np.clip((alike[row, column] - SAME / 2) / (ALIKE - SAME / 2), 0, 1))
        before = found.get((one, other))
        if one < other and (before is None or fits > before.strength):
            why = PairReason("clients", members[one], members[other], sought[row][1], sought[column][1], fits)
            found[one, other] = found[other, one] = why
    return found


def _acquainted(session: Session, members: tuple[Member, ...], at: dict[int, int]) -> Iterable[tuple[int, int]]:
    """Who has met, or says so, and whose firms finished a project: each two once."""
    said = select(Interaction.said_by_id, Interaction.other_id).where(
        Interaction.said_by_id.in_(at), Interaction.other_id.in_(at)
    )
    prime, sub = aliased(Member), aliased(Member)
    done = (
        select(prime.id, sub.id)
        .select_from(Collaboration)
        .join(prime, prime.business_id == Collaboration.prime_id)
        .join(sub, sub.business_id == Collaboration.sub_id)
        .where(Collaboration.finished_at.is_not(None), prime.id.in_(at), sub.id.in_(at))
    )
    rows = session.execute(said.union_all(done))
    return {(min(at[a], at[b]), max(at[a], at[b])) for a, b in rows}
