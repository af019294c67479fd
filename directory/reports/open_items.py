"""Open items: what waits for a member's answer, what of their own is open, and what waits for who runs chapters."""

from collections.abc import Collection, Sized
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    and_,
    bindparam,
    exists,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased, defer, joinedload, selectinload

from directory.facts.case_study import CaseStudy, CaseStudyParty
from directory.facts.interaction import Interaction
from directory.facts.introduction import Introduction, IntroductionState
from directory.facts.vouch import Vouch
from directory.joining.application import Application
from directory.leads.lead import Lead, LeadState
from directory.leads.offer import Offer, OfferState
from directory.leads.report import Report, is_open_dispute
from directory.leads.seat_holder import SeatHolder
from directory.leads.submission import Submission, is_waiting
from directory.people.tables import Business, ChapterRole, Member, MemberState, Role, Wanted, WantedKind
from directory.profiles.message import Message
from directory.week.pairing import Pairing, PairingState
from directory.week.social_inbox import InboxSummary, inbox_summary

MAX_LEADS, MAX_LONELY = 100, 20
TOLD_WITHIN = timedelta(days=7)  # after a call that the bringer recorded; silence means that it is right
LONELY = timedelta(days=1)
TALKED_WITHIN = timedelta(days=10)  # after it was proposed; a talk that nobody mentions by then was not kept


class OpenItems(NamedTuple):
    """Each list is sorted newest first, but applications oldest first."""

    refused: list[Member]  # whose address refuses mail, of those whom the member invited or leads
    messages: list[Message]  # to the member
    interactions: list[Interaction]
    vouches: list[Vouch]
    introductions: list[Introduction]
    stories: list[CaseStudy]
    applicants: list[Application]  # whom the member was asked about
    asking: list[Application]  # to chapters that the member leads
    requests: list[Submission]  # to chapters that the member leads
    talks: list[Pairing]  # the newest of the last TALKED_WITHIN, until either says how it went
    offered: list[Offer]  # that ask the member, or say that they are in after a call, TOLD_WITHIN
    disputed: list[Report]  # what somebody disputes in the chapters that the member leads, until it is settled
    lonely_leads: list[Lead]  # of the chapters that the member leads, for which nobody was asked, LONELY after it came
    leads: list[Lead]  # the member's own
    offers: list[Wanted]  # the member's own

    @property
    def for_answer(self) -> tuple[Sized, ...]:
        """The lists of what waits for the member to do something about it."""
        from_people = self.refused, self.messages, self.interactions, self.vouches, self.introductions, self.stories
        return *from_people, self.applicants, self.asking, self.requests, self.talks, self.offered


class Waiting(NamedTuple):
    """All that waits for a member, as Today shows it and as the badge of every page counts it."""

    items: OpenItems
    inbox: InboxSummary  # of the chapters that the member runs

    @property
    def total(self) -> int:
        return sum(map(len, (*self.items.for_answer, *self.inbox, self.given)))

    @property
    def given(self) -> list[Lead]:
        """Leads that were given to the member, to be taken or not."""
        return [lead for lead in self.items.leads if lead.state is LeadState.PENDING]


def waiting_items(
    session: Session, *, member: Member, leads: Collection[int], runs: Collection[int], now: datetime
) -> Waiting:
    """Return what waits for a member who leads the chapters ``leads`` and leads, or is secretary of, ``runs``.

    It takes a query, and another one if anything is open or for who runs a chapter.
    """
    items = open_items(session, member=member, leads=leads, now=now)
    return Waiting(items, inbox_summary(session, chapters=runs))


def open_items(session: Session, *, member: Member, leads: Collection[int] = (), now: datetime) -> OpenItems:
    """Return all that waits for the answer of a member who leads the chapters ``leads``, or is open of their own."""
    values = {"me": member.id, "leads": list(leads), "since": now - TALKED_WITHIN, "told_since": now - TOLD_WITHIN}
    values["lonely_since"] = now - LONELY
    everything = range(len(_kinds()))
    # Who leads a chapter has something open on most days: for them the first of the two queries would save nothing.
    present = frozenset(everything if leads else session.scalars(_present(), values))
    columns = zip(*(session.execute(_rows(present), values) if present else ()), strict=True)
    rows = dict(zip(sorted(present), columns, strict=True))
    found = ([each for each in rows.get(at, ()) if each is not None] for at in everything)
    refused, messages, interactions, vouches, introductions, stories, applications, *rest = found
    requests, talks, offered, disputed, lonely_leads, own_leads, offers = rest
    return OpenItems(
        refused=refused,
        messages=[each for each in messages if each.sender.is_active],
        interactions=[each for each in interactions if each.said_by.is_active],
        vouches=[each for each in vouches if each.giver.is_active],
        introductions=[each for each in introductions if each.is_seen_by(member) and each.waits_for(member, now)],
        stories=[each for each in stories if each.teller.is_active],
        applicants=[each for each in applications if each.known_by_id == member.id and each.answered_at is None],
        asking=[each for each in applications if each.chapter_id in leads and each.confirmed_at],
        requests=requests,
        talks=[each for each in talks[:1] if each.partner(member).is_active],
        offered=[each for each in offered if each.by.is_active],
        disputed=disputed,
        lonely_leads=lonely_leads,
        leads=own_leads,
        offers=offers,
    )


class _Kind(NamedTuple):
    """One of the tables of OpenItems: its rows, in their order, and whom they name, with their firms."""

    table: type[Any]
    conditions: tuple[Any, ...]
    order: tuple[Any, ...]
    people: tuple[Any, ...] = ()
    others: tuple[Any, ...] = ()  # loaded as well


@cache
def _kinds() -> tuple[_Kind, ...]:
    """Return the tables in the order of the fields of OpenItems, where applications are one."""
    me: BindParameter[int] = bindparam("me")
    is_led = Application.chapter_id.in_(bindparam("leads", expanding=True)) & Application.confirmed_at.is_not(None)
    is_asked_about = and_(Application.known_by_id == me, Application.answered_at.is_(None))
    is_application = or_(is_asked_about, is_led), _all_none(Application.decided_at)
    invited, lonely = aliased(Member), aliased(Lead)
    is_talk = or_(Pairing.one_id == me, Pairing.other_id == me)
    is_recent = Pairing.state == PairingState.PROPOSED, Pairing.paired_at > bindparam("since")
    takes_part = or_(Introduction.asker_id == me, Introduction.target_id == me, Introduction.via_id == me)
    ended = (IntroductionState.ACCEPTED, IntroductionState.CANCELLED)
    named_in = select(CaseStudyParty.case_study_id).filter_by(member_id=me, agreed_at=None, declined_at=None)
    newest = Lead.created_at.desc(), Lead.id.desc()
    leads = select(Lead.id).filter_by(member_id=me, closed_at=None).order_by(*newest).limit(MAX_LEADS)
    is_offer = Wanted.member_id == me, Wanted.kind == WantedKind.OFFER, _all_none(Wanted.ended_at)
    is_unsettled = Message.receiver_id == me, _all_none(Message.settled_at)
    is_unanswered = Interaction.other_id == me, _all_none(Interaction.confirmed_at, Interaction.declined_at)
    is_unshown = Vouch.receiver_id == me, _all_none(Vouch.accepted_at, Vouch.declined_at)
    is_request = Submission.chapter_id.in_(bindparam("leads", expanding=True)), *is_waiting()
    open_leads = select(Lead.id).where(Lead.closed_at.is_(None))
    is_told = and_(Offer.state == OfferState.ACCEPTED, Offer.answered_by_id != me)
    is_told = and_(is_told, Offer.answered_at > bindparam("told_since"))
    asks_me = Offer.member_id == me, Offer.lead_id.in_(open_leads), or_(Offer.state == OfferState.PENDING, is_told)
    firm = joinedload(invited.business).joinedload(Business.chapter)
    said_at, given_at = Interaction.said_at.desc(), Vouch.given_at.desc()
    return (
        _Kind(invited, (_is_refused(invited, me),), (invited.name, invited.id), (), (firm,)),
        _Kind(Message, is_unsettled, (Message.id.desc(),), (Message.sender,)),
        _Kind(Interaction, is_unanswered, (said_at, Interaction.id.desc()), (Interaction.said_by,)),
        _Kind(Vouch, is_unshown, (given_at, Vouch.id.desc()), (Vouch.giver,), (joinedload(Vouch.capability),)),
        _Kind(
            Introduction,
            (takes_part, Introduction.state.not_in(ended)),
            (Introduction.id.desc(),),
            (Introduction.asker, Introduction.via),
            (joinedload(Introduction.target),),
        ),
        _Kind(CaseStudy, (CaseStudy.id.in_(named_in),), (), (), (joinedload(CaseStudy.teller),)),
        _Kind(Application, is_application, (Application.id,), (Application.member,)),
        _Kind(Submission, is_request, (Submission.id,), (), (defer(Submission.sealed),)),
        _Kind(Pairing, (is_talk, *is_recent), (Pairing.id.desc(),), (Pairing.one, Pairing.other)),
        _Kind(
            Offer,
            asks_me,
            (Offer.id.desc(),),
            (Offer.by,),
            (joinedload(Offer.business), joinedload(Offer.lead), selectinload(Offer.capabilities)),
        ),
        _Kind(
            Report,
            is_open_dispute(bindparam("leads", expanding=True)),
            (Report.id,),
            (Report.by,),
            (joinedload(Report.lead),),
        ),
        _Kind(
            lonely, (lonely.id.in_(_lonely_leads()),), (lonely.created_at, lonely.id), (), (joinedload(lonely.member),)
        ),
        _Kind(Lead, (Lead.id.in_(leads),), newest),
        _Kind(Wanted, is_offer, (Wanted.wanted_at.desc(), Wanted.id.desc())),
    )


@cache
def _present() -> CompoundSelect[int]:
    """The query of which tables hold anything for the member, by number: for most of them it is none."""
    are_open = (exists().where(*kind.conditions) for kind in _kinds())
    return union_all(*(select(literal_column(str(at), Integer)).where(is_open) for at, is_open in enumerate(are_open)))


@cache
def _rows(present: frozenset[int]) -> Select[Any]:
    """The query of these tables, built once; each row holds one table's row, joined where ``is`` has its number."""
    numbers = union_all(*(select(literal(at).label("is")) for at in sorted(present))).subquery()
    kinds = {at: _kinds()[at] for at in sorted(present)}
    rows = select(*(kind.table for kind in kinds.values())).select_from(numbers)
    for at, kind in kinds.items():
        firms = (joinedload(person).joinedload(Member.business) for person in kind.people)
        rows = rows.outerjoin(kind.table, and_(numbers.c["is"] == at, *kind.conditions)).options(*firms, *kind.others)
    return rows.order_by(*(column for kind in kinds.values() for column in kind.order))


def _lonely_leads() -> Select[int]:
    """The oldest leads of the chapters that are led for which nobody has been asked by now."""
    of_chapters = Business.chapter_id.in_(bindparam("leads", expanding=True))
    rows = select(Lead.id).join(Lead.business).where(of_chapters, Lead.created_at < bindparam("lonely_since"))
    rows = rows.where(Lead.state.in_((LeadState.PENDING, LeadState.RECEIVED)))
    has_offer = select(Offer.id).where(Offer.lead_id == Lead.id).exists()
    has_holder = select(SeatHolder.id).where(SeatHolder.lead_id == Lead.id).exists()
    return rows.where(~has_offer, ~has_holder).order_by(Lead.created_at, Lead.id).limit(MAX_LONELY)


def _is_refused(invited: type[Member], me: BindParameter[int]) -> ColumnElement[bool]:
    led = select(ChapterRole.chapter_id).where(ChapterRole.member_id == me, ChapterRole.role == Role.LEAD)
    theirs = invited.business_id.in_(select(Business.id).where(Business.chapter_id.in_(led)))
    is_refused = and_(invited.state == MemberState.ACTIVE, invited.email == invited.refused_email)
    return and_(is_refused, or_(invited.invited_by_id == me, theirs))


def _all_none(*columns: InstrumentedAttribute[datetime | None]) -> ColumnElement[bool]:
    return and_(*(column.is_(None) for column in columns))
