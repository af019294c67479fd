"""Firms whose own sentences are like a lead's text: an answer where no capability is heard, and never a proven team.

The sentences are those that every member may read; see ``directory.people.audience``.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from directory.db import world_version
from directory.engine.sentence_encoder import load_model
from directory.facts.case_study import CaseStudy, CaseStudyParty
from directory.facts.collaboration import Collaboration
from directory.facts.rating import own_ratings
from directory.leads.lead import Lead
from directory.leads.suggestion import Suggestion
from directory.people.audience import is_visible_to_members
from directory.people.tables import Band, Business, Member, Wanted, WantedKind
from matching.sentence_ranking import Sentence, SentenceIndex, split_sentences
from matching.trust import COLD, WARM

BEHIND = 0.7  # the least part of the best firm's likeness that others need


class TextSource(StrEnum):
    """Where a firm's sentence stands."""

    SUMMARY = "summary"
    BEST_CUSTOMERS = "best_customers"
    GOOD_REFERRALS = "good_referrals"
    NOT_A_FIT = "not_a_fit"  # speaks against the firm, and is never quoted
    HEADLINE = "headline"  # of a member
    OFFER = "offer"
    WANTED = "wanted"  # a client whom a member looks for; a wanted partner does what the firm does not
    STORY = "story"
    WORK = "work"  # the title of finished work


@dataclass(frozen=True)
class SimilarFirm:
    """A firm, and its sentence that is nearest to the text. ``score`` is from 0 to about 1.4."""

    public_id: str
    business: str
    sentence: str
    source: TextSource
    score: float


_OF_FIRM = (TextSource.SUMMARY, TextSource.BEST_CUSTOMERS, TextSource.GOOD_REFERRALS, TextSource.NOT_A_FIT)


class _Firm(NamedTuple):
    """A firm that other members may see; ``members`` says of each active one whether the published band is cold."""

    id: int
    public_id: str
    name: str
    members: Mapping[int, bool]


class _Indexed(NamedTuple):
    version: int
    firms: Sequence[_Firm]
    ranking: SentenceIndex
    sources: Sequence[TextSource]  # of each sentence


_cache: dict[str, _Indexed] = {}  # by database address
_lock = Lock()


def firms_like_lead(session: Session, *, lead: Lead, suggestion: Suggestion, asker: Member | None) -> list[SimilarFirm]:
    """Return the firms that write about what ``suggestion`` leaves open: the whole lead where it has no team.

    Empty where nothing is open. ``lead`` need not be in the session.
    """
    missing = {gap["capability"] for gap in suggestion.missing}
    open_needs = [need for need in lead.needs if need.capability_id in missing]
    if suggestion.teams and not open_needs:
        return []
    phrases = ". ".join(need.phrase or need.capability.name for need in open_needs)
    text = phrases if suggestion.teams else lead.text
    return similar_firms(session, text=text, asker=asker, business_id=lead.business_id)


def similar_firms(
    session: Session, *, text: str, asker: Member | None, business_id: int | None, limit: int = 5
) -> list[SimilarFirm]:
    """Return the firms that write about something like ``text``, the most alike first; empty where none does.

    Leaves out the firm ``business_id``, which brings the lead, and firms with a member whom the asker's own ratings or
    the published band bar. At most two queries where nothing changed since the last call.
    """
    indexed, model = _current(session), load_model()
    ratings = own_ratings(session, rater=asker) if asker else {}
    found = []
    for like in indexed.ranking.rank(text, model.encode if model else None):
        firm = indexed.firms[like.owner]
        if firm.id != business_id and not _is_barred(firm, ratings):
            said, source = indexed.ranking.said[like.sentence].text, indexed.sources[like.sentence]
            found.append(SimilarFirm(firm.public_id, firm.name, said, source, like.score))
    return [like for like in found if like.score >= BEHIND * found[0].score][:limit]


def _is_barred(firm: _Firm, ratings: Mapping[int, tuple[int, int]]) -> bool:
    """Whether trust bars a member of the firm; see ``matching.trust.vantage``."""
    return any(
        (is_cold and warmth < WARM) or warmth <= COLD
        for member, is_cold in firm.members.items()
        for warmth in [ratings[member][0] if member in ratings else COLD + 1]
    )


def _current(session: Session) -> _Indexed:
    address = session.get_bind().engine.url.render_as_string(hide_password=True)
    version, indexed = world_version(session), _cache.get(address)
    if indexed is None or indexed.version != version:
        with _lock:
            indexed = _cache.get(address)
            if indexed is None or indexed.version != version:
                indexed = _cache[address] = _read(session, version, indexed.ranking if indexed else None)
    return indexed


def _read(session: Session, version: int, before: SentenceIndex | None) -> _Indexed:
    rows = session.execute(
        select(
            *(Business.id, Business.public_id, Business.name), *(getattr(Business, source) for source in _OF_FIRM)
        ).order_by(Business.id)
    ).all()
    people = session.execute(
        select(*(Member.id, Member.business_id, Member.headline, Member.audiences, Member.is_active), Band.warmth)
        .outerjoin(Band, Band.member_id == Member.id)
        .order_by(Member.id)
    ).all()
    active: defaultdict[int, dict[int, bool]] = defaultdict(dict)
    for person in people:
        if person.is_active:
            active[person.business_id][person.id] = person.warmth == 1  # the coldest band
    # A firm whose members are all inactive is hidden; one without members is shown.
    hidden = {person.business_id for person in people} - active.keys()
    texts: dict[int, list[tuple[TextSource, str]]] = {
        row.id: [(source, getattr(row, source)) for source in _OF_FIRM] for row in rows if row.id not in hidden
    }
    for person in people:
        if person.is_active and is_visible_to_members(person, "headline"):
            texts[person.business_id].append((TextSource.HEADLINE, person.headline))
    for firm, source, text in (*_wanteds(session), *_stories(session), *_works(session, hidden)):
        texts[firm].append((source, text))
    firms: list[_Firm] = []
    said: list[Sentence] = []
    sources: list[TextSource] = []
    for row in rows:
        split = [
            (source, sentence, refuses)
            for source, text in texts.get(row.id, ())
            for sentence, refuses in split_sentences(text)
        ]
        for source, sentence, refuses in split:
            said.append(Sentence(len(firms), sentence, refuses or source is TextSource.NOT_A_FIT))
            sources.append(source)
        if split:
            firms.append(_Firm(row.id, row.public_id, row.name, active[row.id]))
    return _Indexed(version, firms, SentenceIndex(said, before), sources)


def _wanteds(session: Session) -> Iterator[tuple[int, TextSource, str]]:
    """Yield the live offers, and the clients that are looked for; a wanted partner does what the firm does not."""
    live = (
        select(Member.business_id, Wanted.kind, Wanted.text)
        .join(Wanted, Wanted.member_id == Member.id)
        .where(Member.is_active, Wanted.ended_at.is_(None), Wanted.kind.in_([WantedKind.CLIENT, WantedKind.OFFER]))
        .order_by(Wanted.id)
    )
    for firm, kind, text in session.execute(live):
        yield firm, TextSource.OFFER if kind is WantedKind.OFFER else TextSource.WANTED, text


def _stories(session: Session) -> Iterator[tuple[int, TextSource, str]]:
    """Yield the published stories once for the firm of each person in them."""
    parties = selectinload(CaseStudy.parties).joinedload(CaseStudyParty.member)
    for story in session.scalars(select(CaseStudy).options(parties).order_by(CaseStudy.id)):
        for firm in sorted({party.member.business_id for party in story.parties}) if story.is_published else ():
            yield firm, TextSource.STORY, f"{story.title}\n{story.text}"


def _works(session: Session, hidden: set[int]) -> Iterator[tuple[int, TextSource, str]]:
    """Yield the titles of finished work, of any two firms once for each; none of it where one of them is hidden."""
    finished = (
        select(Collaboration.prime_id, Collaboration.sub_id, Collaboration.title)
        .where(Collaboration.finished_at.is_not(None))
        .order_by(Collaboration.id)
    )
    titles = {
        (firm, work.title): None
        for work in session.execute(finished)
        if not hidden & {work.prime_id, work.sub_id}
        for firm in (work.prime_id, work.sub_id)
    }
    for firm, title in titles:
        yield firm, TextSource.WORK, title
