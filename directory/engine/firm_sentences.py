"""Firms' own sentences, as far as every member may read them; see ``directory.people.audience``.

Read once per World version and process, and embedded by a job, never in a request.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Literal, NamedTuple

import numpy as np
from sqlalchemy import ColumnElement, null, or_, select, true
from sqlalchemy.orm import Session, selectinload

from directory.engine.sentence_encoder import DIMENSIONS
from directory.engine.text_embedding import load_embeddings, text_digest
from directory.facts.case_study import CaseStudy, CaseStudyParty
from directory.facts.collaboration import Collaboration
from directory.people.audience import is_visible_to_members
from directory.people.claim import Claim
from directory.people.tables import Band, Business, Member, Wanted, WantedKind
from directory.taxonomy.capability import OWN, Capability
from directory.translation import gettext as _
from directory.versioned_cache import VersionedCache
from matching.firm_sentence_ranking import Sentence, SentenceIndex, split_sentences
from matching.inputs import Bools, HalfVectors


class TextSource(StrEnum):
    """Where a firm's sentence stands."""

    SUMMARY = "summary"
    OWN_WORD = "own_word"  # on the list of a firm that says no more, and in no taxonomy
    BEST_CUSTOMERS = "best_customers"  # of whom it serves: no evidence that it does their work
    GOOD_REFERRALS = "good_referrals"
    NOT_A_FIT = "not_a_fit"  # speaks against the firm
    HEADLINE = "headline"  # of a member
    OFFER = "offer"
    WANTED = "wanted"  # a client whom a member looks for; a wanted partner does what the firm does not
    STORY = "story"
    WORK = "work"  # the title of finished work

    @property
    def label(self) -> str:
        """What this place of a firm's texts is called."""
        return {
            TextSource.SUMMARY: _("what they do"),
            TextSource.OWN_WORD: _("what they list"),
            TextSource.BEST_CUSTOMERS: _("their best customers"),
            TextSource.GOOD_REFERRALS: _("a good referral"),
            TextSource.NOT_A_FIT: _("what is not a fit"),
            TextSource.HEADLINE: _("about themselves"),
            TextSource.OFFER: _("what they offer"),
            TextSource.WANTED: _("who they look for"),
            TextSource.STORY: _("a story of joint work"),
            TextSource.WORK: _("finished work"),
        }[self]


class FirmSentence(NamedTuple):
    """A sentence of a firm; ``day`` is when it was said, where that is known."""

    text: str
    source: TextSource
    day: date | None


_OF_FIRM = (TextSource.SUMMARY, TextSource.BEST_CUSTOMERS, TextSource.GOOD_REFERRALS, TextSource.NOT_A_FIT)
_ABOUT: Mapping[TextSource, Literal["wish", "served"]] = {
    TextSource.GOOD_REFERRALS: "wish",
    TextSource.WANTED: "wish",
    TextSource.BEST_CUSTOMERS: "served",
}
_Text = tuple[int, TextSource, str, date | None]  # of a firm


class WritingFirm(NamedTuple):
    """A firm that other members may see; ``members`` says of each active one whether the published band is cold."""

    id: int
    public_id: str
    name: str
    members: Mapping[int, bool]


class KnownSentences:
    """The firms and their sentences at one World version."""

    def __init__(
        self,
        firms: Sequence[WritingFirm],
        sentences: Sequence[FirmSentence],
        said: Sequence[Sentence],
        digests: Sequence[str],
        vectors: HalfVectors,
        before: "KnownSentences | None" = None,
    ) -> None:
        """Index the sentences anew, unless ``before`` has the same ones."""
        self.firms, self.sentences = firms, sentences
        self.digests, self.vectors = digests, vectors  # of each sentence
        is_same = before is not None and before.vectors is vectors and before.index.said == said
        self.index: SentenceIndex = before.index if before is not None and is_same else SentenceIndex(said, vectors)
        self._starts = np.searchsorted([each.owner for each in said], range(len(firms) + 1)).tolist()
        self.are_embedded: Bools = np.any(vectors, axis=1, keepdims=True).ravel()

    def firms_by_id(self, ids: Collection[int]) -> Mapping[int, WritingFirm]:
        """Return those of the firms that write something."""
        return {id: self.firms[owner] for id, owner in self._owners(ids)}

    def of_firms(self, ids: Collection[int]) -> Mapping[tuple[int, str], FirmSentence]:
        """Return what these firms write, by the firm's id and the sentence's digest."""
        return {
            (id, self.digests[row]): self.sentences[row]
            for id, owner in self._owners(ids)
            for row in range(*self._starts[owner : owner + 2])
        }

    def _owners(self, ids: Collection[int]) -> Iterator[tuple[int, int]]:
        """Yield the (id, position) of those of the firms that write something."""
        for id in ids:
            owner = bisect_left(self.firms, id, key=lambda firm: firm.id)
            if owner < len(self.firms) and self.firms[owner].id == id:
                yield id, owner

    def missing(self) -> list[str]:
        """Return the sentences that have no vector yet, each once."""
        rows = zip(self.sentences, self.are_embedded, strict=True)
        return list(dict.fromkeys(sentence.text for sentence, is_embedded in rows if not is_embedded))


def quotable_sentences(session: Session, firms: Collection[int]) -> Mapping[tuple[int, str], FirmSentence]:
    """Return what these firms write now, by the firm's id and the sentence's digest.

    What was hidden or erased a moment ago is not quoted, however old the sentences are that led to it.
    """
    if (known := _sentences.ready(session)) is not None:
        return known.of_firms(firms)
    return {
        (firm.id, text_digest(sentence.text)): sentence
        for firm, texts in (_firms_and_texts(session, firms) if firms else ())
        for sentence, _refuses in _split(texts)
    }


def _read(session: Session, before: KnownSentences | None) -> KnownSentences:
    firms: list[WritingFirm] = []
    said: list[Sentence] = []
    sentences: list[FirmSentence] = []
    for firm, texts in _firms_and_texts(session, None):
        owner = len(firms)
        for sentence, refuses in _split(texts):
            is_against = refuses or sentence.source is TextSource.NOT_A_FIT
            said.append(Sentence(owner, sentence.text, is_against, _ABOUT.get(sentence.source, "owner")))
            sentences.append(sentence)
        if said and said[-1].owner == owner:
            firms.append(firm)
    digests = [text_digest(each.text) for each in said]
    vectors = _vectors(session, digests, before)
    return KnownSentences(firms, sentences, tuple(said), digests, vectors, before)


def _split(texts: Sequence[_Text]) -> Iterator[tuple[FirmSentence, bool]]:
    """Yield each sentence of the texts, and whether it says what its writer does not do."""
    for _firm, source, text, day in texts:
        for sentence, refuses in split_sentences(text):
            yield FirmSentence(sentence, source, day), refuses


def _firms_and_texts(session: Session, among: Collection[int] | None) -> list[tuple[WritingFirm, list[_Text]]]:
    """Return the firms that members may see, in the order of their ids, with what they write; only those ``among``."""
    is_among = true() if among is None else Business.id.in_(among)
    rows = session.execute(
        select(*(Business.id, Business.public_id, Business.name), *(getattr(Business, source) for source in _OF_FIRM))
        .where(is_among)
        .order_by(Business.id)
    ).all()
    people = session.execute(
        select(*(Member.id, Member.business_id, Member.headline, Member.audiences, Member.is_active), Band.warmth)
        .join(Member.business)
        .outerjoin(Band, Band.member_id == Member.id)
        .where(is_among)
        .order_by(Member.id)
    ).all()
    active: defaultdict[int, dict[int, bool]] = defaultdict(dict)
    for person in people:
        if person.is_active:
            active[person.business_id][person.id] = person.warmth == 1  # the coldest band
    # A firm whose members are all inactive is hidden; one without members is shown.
    hidden = {person.business_id for person in people} - active.keys()
    texts: dict[int, list[_Text]] = {
        row.id: [(row.id, source, getattr(row, source), None) for source in _OF_FIRM]
        for row in rows
        if row.id not in hidden
    }
    for person in people:
        if person.is_active and is_visible_to_members(person, "headline"):
            texts[person.business_id].append((person.business_id, TextSource.HEADLINE, person.headline, None))
    for text in (*_wanteds_and_own_words(session, is_among), *_stories(session), *_works(session, among)):
        if text[0] in texts:
            texts[text[0]].append(text)
    return [
        (WritingFirm(row.id, row.public_id, row.name, active[row.id]), texts[row.id]) for row in rows if row.id in texts
    ]


_sentences = VersionedCache(_read, size=lambda known: len(known.firms))
known_sentences = _sentences.current
recent_sentences = _sentences.recent


def _vectors(session: Session, digests: Sequence[str], before: KnownSentences | None) -> HalfVectors:
    """Return the stored vectors (digests, DIMENSIONS), zeros where there is none; what ``before`` knows is not read."""
    if before is not None and before.are_embedded.all() and before.digests == digests:
        return before.vectors
    vectors = np.zeros((len(digests), DIMENSIONS), dtype=np.float16)
    known: Mapping[str, HalfVectors] = {}
    if before is not None:
        known = {
            digest: vector
            for digest, vector, is_embedded in zip(before.digests, before.vectors, before.are_embedded, strict=True)
            if is_embedded
        }
    known = {**known, **load_embeddings(session, {*digests} - known.keys())}
    for row, digest in enumerate(digests):
        if digest in known:
            vectors[row] = known[digest]
    return vectors


def _wanteds_and_own_words(session: Session, is_among: ColumnElement[bool]) -> Iterator[_Text]:
    """Yield the live offers, the clients that are looked for, and the words that a firm without a summary lists.

    A wanted partner does what the firm does not. Of other words than the network's own the taxonomy knows the meaning.
    """
    live = (
        select(Member.business_id, Wanted.kind, Wanted.text, Wanted.wanted_at, Wanted.id)
        .join(Wanted, Wanted.member_id == Member.id)
        .join(Member.business)
        .where(Member.is_active, Wanted.ended_at.is_(None), Wanted.kind.in_([WantedKind.CLIENT, WantedKind.OFFER]))
        .where(is_among)
    )
    own = (
        select(Claim.business_id, null(), Capability.name, null(), Claim.id)
        .join(Claim.capability)
        .join(Claim.business)
        .where(Capability.scheme == OWN, Capability.hidden_at.is_(None), Business.summary == "", is_among)
    )
    for firm, kind, text, wanted_at, _id in sorted(session.execute(live.union_all(own)), key=lambda row: row.id):
        if kind is None:
            yield firm, TextSource.OWN_WORD, text, None
        else:
            yield firm, TextSource.OFFER if kind is WantedKind.OFFER else TextSource.WANTED, text, wanted_at.date()


def _stories(session: Session) -> Iterator[_Text]:
    """Yield the published stories once for the firm of each person in them."""
    people = selectinload(CaseStudy.parties).joinedload(CaseStudyParty.member)
    parties = people.load_only(Member.business_id, Member.state)
    for story in session.scalars(select(CaseStudy).options(parties).order_by(CaseStudy.id)):
        for firm in sorted({party.member.business_id for party in story.parties}) if story.is_published else ():
            yield firm, TextSource.STORY, f"{story.title}\n{story.text}", story.told_at.date()


def _works(session: Session, among: Collection[int] | None) -> Iterator[_Text]:
    """Yield the titles of finished work, of any two firms once for each; none of it where one of them is hidden."""
    inactive, active = (select(Member.business_id).where(state) for state in (~Member.is_active, Member.is_active))
    hidden = {*session.scalars(inactive.distinct())} - {*session.scalars(active.distinct())}
    finished = (
        select(Collaboration.prime_id, Collaboration.sub_id, Collaboration.title, Collaboration.finished_at)
        .where(Collaboration.finished_at.is_not(None))
        .order_by(Collaboration.id)
    )
    if among is not None:
        finished = finished.where(or_(Collaboration.prime_id.in_(among), Collaboration.sub_id.in_(among)))
    titles = {
        (firm, work.title): work.finished_at.date()
        for work in session.execute(finished)
        if work.finished_at and not hidden & {work.prime_id, work.sub_id}
        for firm in (work.prime_id, work.sub_id)
    }
    for (firm, title), day in titles.items():
        yield firm, TextSource.WORK, title, day
