"""How somebody may stand to a row: as its owner, a party to it, or the secretary or a lead of its chapter."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session, object_session

from app.accounts.tables import AccountSession
from directory.db import Base
from directory.engine.saved_search import SavedSearch
from directory.facts.case_study import CaseStudy
from directory.facts.interaction import Interaction
from directory.facts.introduction import Introduction
from directory.facts.rating import Rating
from directory.facts.rating_case import RatingCase
from directory.facts.vouch import Vouch
from directory.imports.import_batch import ImportBatch
from directory.joining.application import Application
from directory.leads.lead import Lead
from directory.leads.offer import Offer, OfferState
from directory.leads.seat_holder import holds_seat
from directory.leads.submission import Submission
from directory.leads.suggestion import Suggestion
from directory.outbox.channel import Channel
from directory.outbox.delivery import Delivery
from directory.outbox.occurrence import Occurrence
from directory.people.chapter import Chapter
from directory.people.tables import Band, Business, Member, MemberState, Wanted
from directory.profiles.message import Message
from directory.week.pairing import Pairing
from directory.week.social_inbox import Reply


@dataclass(frozen=True)
class Principal:
    """Who asks: a member with the chapters it leads and keeps, or nobody."""

    member: Member | None = None
    leads: frozenset[int] = field(default_factory=frozenset)
    keeps: frozenset[int] = field(default_factory=frozenset)  # as secretary

    @property
    def is_member(self) -> bool:
        return self.member is not None and self.member.is_active

    @property
    def is_pending(self) -> bool:
        """Whether this is an applicant who waits to be let in."""
        return self.member is not None and self.member.state == MemberState.PENDING


@dataclass(frozen=True)
class Relation:
    """Who stands how to the rows of one table.

    ``person`` is the member a row belongs to, who is told when somebody else acts on it with a reason.
    """

    owner: Callable[[Member, Any], bool] = lambda me, row: False
    party: Callable[[Member, Any], bool] = lambda me, row: False
    chapter: Callable[[Any], int | None] = lambda row: None
    person: Callable[[Any], Member | None] = lambda row: None


def _session_of(row: Base) -> Session:
    session = object_session(row)
    assert session is not None
    return session


def _home(member: Member) -> int | None:
    return member.business.chapter_id


RELATIONS: dict[type[Base], Relation] = {
    Member: Relation(owner=lambda me, row: row.id == me.id, chapter=_home, person=lambda row: row),
    Business: Relation(owner=lambda me, row: row.id == me.business_id, chapter=lambda row: row.chapter_id),
    Chapter: Relation(chapter=lambda row: row.id),
    ImportBatch: Relation(owner=lambda me, row: row.uploader_id == me.id, chapter=lambda row: row.chapter_id),
    Application: Relation(party=lambda me, row: row.known_by_id == me.id, chapter=lambda row: row.chapter_id),
    Introduction: Relation(
        owner=lambda me, row: row.begun_by_id == me.id,
        party=lambda me, row: row.begun_by_id != me.id and me.id in (row.asker_id, row.target_id, row.via_id),
        person=lambda row: row.via if row.is_offer else row.asker,
    ),
    CaseStudy: Relation(owner=lambda me, row: row.teller_id == me.id, party=lambda me, row: row.party(me) is not None),
    Wanted: Relation(owner=lambda me, row: row.member_id == me.id, person=lambda row: row.member),
    Interaction: Relation(owner=lambda me, row: row.said_by_id == me.id, party=lambda me, row: row.other_id == me.id),
    Vouch: Relation(owner=lambda me, row: row.giver_id == me.id, party=lambda me, row: row.receiver_id == me.id),
    Message: Relation(owner=lambda me, row: row.sender_id == me.id, party=lambda me, row: row.receiver_id == me.id),
    Rating: Relation(owner=lambda me, row: row.rater_id == me.id),
    Band: Relation(owner=lambda me, row: row.member_id == me.id),
    RatingCase: Relation(
        party=lambda me, row: row.ratee is me or row.ratee_id == me.id, chapter=lambda row: _home(row.ratee)
    ),
    Lead: Relation(
        owner=lambda me, row: row.member_id == me.id,
        party=lambda me, row: holds_seat(_session_of(row), lead=row, member=me),
        chapter=lambda row: row.business.chapter_id,
        person=lambda row: row.member,
    ),
    Offer: Relation(
        owner=lambda me, row: me.id in (row.by_id, row.lead.member_id) and row.member_id != me.id,
        party=lambda me, row: row.member_id == me.id and row.state is not OfferState.HELD,
        chapter=lambda row: row.lead.business.chapter_id,
        person=lambda row: row.lead.member,
    ),
    Suggestion: Relation(owner=lambda me, row: row.asker_id == me.id),
    Submission: Relation(chapter=lambda row: row.chapter_id),
    AccountSession: Relation(owner=lambda me, row: row.account.member_id == me.id),
    SavedSearch: Relation(owner=lambda me, row: row.member_id == me.id),
    Pairing: Relation(owner=lambda me, row: row.one_id == me.id, party=lambda me, row: row.other_id == me.id),
    Channel: Relation(chapter=lambda row: row.chapter_id),
    Delivery: Relation(chapter=lambda row: row.channel.chapter_id if row.channel else None),
    Occurrence: Relation(chapter=lambda row: row.chapter_id),
    Reply: Relation(chapter=lambda row: row.channel.chapter_id),
}
