"""Open items: what waits for a member's answer, what of their own is open, and what waits for who runs chapters."""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, literal, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased, joinedload

from directory.facts.case_study import CaseStudy, CaseStudyParty
from directory.facts.interaction import Interaction
from directory.facts.introduction import Introduction, IntroductionState
from directory.facts.vouch import Vouch
from directory.joining.application import Application
from directory.leads.lead import Lead
from directory.people.tables import Business, ChapterRole, Member, MemberState, Role, Wanted, WantedKind
from directory.profiles.message import Message
from directory.week.pairing import Pairing, PairingState
from directory.week.social_inbox import InboxSummary, inbox_summary

MAX_LEADS = 100
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
    talks: list[Pairing]  # the newest of the last TALKED_WITHIN, until either says how it went
    leads: list[Lead]  # the member's own
    offers: list[Wanted]  # the member's own


class Waiting(NamedTuple):
    """All that waits for a member, as Today shows it and as the badge of every page counts it."""

    items: OpenItems
    inbox: InboxSummary  # of the chapters that the member runs

    @property
    def total(self) -> int:
        answers = (each for kind, each in self.items._asdict().items() if kind not in ("leads", "offers"))
        return sum(map(len, (*answers, *self.inbox)))


def waiting_items(
    session: Session, *, member: Member, leads: Collection[int], runs: Collection[int], now: datetime
) -> Waiting:
    """Return what waits for a member who leads the chapters ``leads`` and leads, or is secretary of, ``runs``.

    It takes one query, another one for who runs a chapter.
    """
    items = open_items(session, member=member, leads=leads, now=now)
    return Waiting(items, inbox_summary(session, chapters=runs))


def open_items(session: Session, *, member: Member, leads: Collection[int] = (), now: datetime) -> OpenItems:
    """Return all that waits for the answer of a member who leads the chapters ``leads``, or is open of their own."""
    values = {"me": member.id, "leads": list(leads), "since": now - TALKED_WITHIN}
    refused, messages, interactions, vouches, introductions, stories, applications, talks, own_leads, offers = (
        [each for each in column if each is not None] for column in zip(*session.execute(_rows(), values), strict=True)
    )
    return OpenItems(
        refused=refused,
        messages=[each for each in messages if each.sender.is_active],
        interactions=[each for each in interactions if each.said_by.is_active],
        vouches=[each for each in vouches if each.giver.is_active],
        introductions=[each for each in introductions if each.is_seen_by(member) and each.waits_for(member, now)],
        stories=[each for each in stories if each.teller.is_active],
        applicants=[each for each in applications if each.known_by_id == member.id and each.answered_at is None],
        asking=[each for each in applications if each.chapter_id in leads and each.confirmed_at],
        talks=[each for each in talks[:1] if each.partner(member).is_active],
        leads=own_leads,
        offers=offers,
    )


@cache
def _rows() -> Select[Any]:
    """The query, built once; each row holds one table's row, joined where ``is`` has the table's number."""
    me: BindParameter[int] = bindparam("me")
    is_led = Application.chapter_id.in_(bindparam("leads", expanding=True)) & Application.confirmed_at.is_not(None)
    is_asked_about = and_(Application.known_by_id == me, Application.answered_at.is_(None))
    invited = aliased(Member)
    is_talk = or_(Pairing.one_id == me, Pairing.other_id == me)
    takes_part = or_(Introduction.asker_id == me, Introduction.target_id == me, Introduction.via_id == me)
    ended = (IntroductionState.ACCEPTED, IntroductionState.CANCELLED)
    named_in = select(CaseStudyParty.case_study_id).filter_by(member_id=me, agreed_at=None, declined_at=None)
    newest = Lead.created_at.desc(), Lead.id.desc()
    leads = select(Lead.id).filter_by(member_id=me, closed_at=None).order_by(*newest).limit(MAX_LEADS)
    tables: tuple[tuple[type[Any], tuple[Any, ...]], ...] = (
        (invited, (_is_refused(invited, me),)),
        (Message, (Message.receiver_id == me, _all_none(Message.settled_at))),
        (Interaction, (Interaction.other_id == me, _all_none(Interaction.confirmed_at, Interaction.declined_at))),
        (Vouch, (Vouch.receiver_id == me, _all_none(Vouch.accepted_at, Vouch.declined_at))),
        (Introduction, (takes_part, Introduction.state.not_in(ended))),
        (CaseStudy, (CaseStudy.id.in_(named_in),)),
        (Application, (or_(is_asked_about, is_led), _all_none(Application.decided_at))),
        (Pairing, (is_talk, Pairing.state == PairingState.PROPOSED, Pairing.paired_at > bindparam("since"))),
        (Lead, (Lead.id.in_(leads),)),
        (Wanted, (Wanted.member_id == me, Wanted.kind == WantedKind.OFFER, _all_none(Wanted.ended_at))),
    )
    numbers = union_all(*(select(literal(at).label("is")) for at in range(len(tables)))).subquery()
    rows = select(*(table for table, _ in tables)).select_from(numbers)
    for at, (table, conditions) in enumerate(tables):
        rows = rows.outerjoin(table, and_(numbers.c["is"] == at, *conditions))
    people = (Interaction.said_by, Vouch.giver, Introduction.asker, Introduction.via, Application.member)
    two = (Pairing.one, Pairing.other, Message.sender)
    firms = [joinedload(person).joinedload(Member.business) for person in (*people, *two)]
    firms.append(joinedload(invited.business).joinedload(Business.chapter))
    others = (joinedload(other) for other in (Vouch.capability, Introduction.target, CaseStudy.teller))
    return rows.options(*firms, *others).order_by(
        *(
            invited.name,
            invited.id,
            Message.id.desc(),
            Interaction.said_at.desc(),
            Interaction.id.desc(),
            Vouch.given_at.desc(),
            Vouch.id.desc(),
        ),
        *(Introduction.id.desc(), CaseStudy.id.desc(), Application.id, Pairing.id.desc(), *newest),
        *(Wanted.wanted_at.desc(), Wanted.id.desc()),
    )


def _is_refused(invited: type[Member], me: BindParameter[int]) -> ColumnElement[bool]:
    led = select(ChapterRole.chapter_id).where(ChapterRole.member_id == me, ChapterRole.role == Role.LEAD)
    theirs = invited.business_id.in_(select(Business.id).where(Business.chapter_id.in_(led)))
    is_refused = and_(invited.state == MemberState.ACTIVE, invited.email == invited.refused_email)
    return and_(is_refused, or_(invited.invited_by_id == me, theirs))


def _all_none(*columns: InstrumentedAttribute[datetime | None]) -> ColumnElement[bool]:
    return and_(*(column.is_(None) for column in columns))
