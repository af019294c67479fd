"""Open items: what waits for a member's answer, and what of their own is open; all in one query."""

from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, literal, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from directory.facts.case_study import CaseStudy, CaseStudyParty
from directory.facts.interaction import Interaction
from directory.facts.introduction import Introduction, IntroductionState
from directory.facts.vouch import Vouch
from directory.joining.application import Application
from directory.leads.lead import Lead
from directory.people.tables import Member, Wanted, WantedKind
from directory.week.pairing import Pairing, PairingState

MAX_LEADS = 100


class OpenItems(NamedTuple):
    """Each list is sorted newest first, but the applicants whom the member was asked about oldest first."""

    interactions: list[Interaction]
    vouches: list[Vouch]
    introductions: list[Introduction]
    stories: list[CaseStudy]
    applicants: list[Application]
    talks: list[Pairing]  # the week's, until either says how it went
    leads: list[Lead]  # the member's own
    offers: list[Wanted]  # the member's own


def open_items(session: Session, *, member: Member, now: datetime) -> OpenItems:
    """Return all that waits for the member's answer, or is open of their own."""
    columns = zip(*session.execute(_rows(), {"me": member.id}), strict=True)
    items = OpenItems(*([each for each in column if each is not None] for column in columns))
    return items._replace(
        interactions=[each for each in items.interactions if each.said_by.is_active],
        vouches=[each for each in items.vouches if each.giver.is_active],
        introductions=[each for each in items.introductions if each.is_seen_by(member) and each.waits_for(member, now)],
        stories=[each for each in items.stories if each.teller.is_active],
        talks=[each for each in items.talks[:1] if each.partner(member).is_active],
    )


@cache
def _rows() -> Select[Any]:
    """The query, built once; each row holds one table's row, joined where ``is`` has the table's number."""
    me: BindParameter[int] = bindparam("me")
    takes_part = or_(Introduction.asker_id == me, Introduction.target_id == me, Introduction.via_id == me)
    ended = (IntroductionState.ACCEPTED, IntroductionState.CANCELLED)
    named_in = select(CaseStudyParty.case_study_id).filter_by(member_id=me, agreed_at=None, declined_at=None)
    newest = Lead.created_at.desc(), Lead.id.desc()
    leads = select(Lead.id).filter_by(member_id=me, closed_at=None).order_by(*newest).limit(MAX_LEADS)
    tables: tuple[tuple[type[Any], tuple[Any, ...]], ...] = (
        (Interaction, (Interaction.other_id == me, _all_none(Interaction.confirmed_at, Interaction.declined_at))),
        (Vouch, (Vouch.receiver_id == me, _all_none(Vouch.accepted_at, Vouch.declined_at))),
        (Introduction, (takes_part, Introduction.state.not_in(ended))),
        (CaseStudy, (CaseStudy.id.in_(named_in),)),
        (Application, (Application.known_by_id == me, _all_none(Application.answered_at, Application.decided_at))),
        (Pairing, (or_(Pairing.one_id == me, Pairing.other_id == me), Pairing.state == PairingState.PROPOSED)),
        (Lead, (Lead.id.in_(leads),)),
        (Wanted, (Wanted.member_id == me, Wanted.kind == WantedKind.OFFER, _all_none(Wanted.ended_at))),
    )
    numbers = union_all(*(select(literal(at).label("is")) for at in range(len(tables)))).subquery()
    rows = select(*(table for table, _ in tables)).select_from(numbers)
    for at, (table, conditions) in enumerate(tables):
        rows = rows.outerjoin(table, and_(numbers.c["is"] == at, *conditions))
    people = (Interaction.said_by, Vouch.giver, Introduction.asker, Introduction.via, Application.member)
    two = (Pairing.one, Pairing.other)
    firms = (joinedload(person).joinedload(Member.business) for person in (*people, *two))
    others = (joinedload(other) for other in (Vouch.capability, Introduction.target, CaseStudy.teller))
    return rows.options(*firms, *others).order_by(
        *(Interaction.said_at.desc(), Interaction.id.desc(), Vouch.given_at.desc(), Vouch.id.desc()),
        *(Introduction.id.desc(), CaseStudy.id.desc(), Application.id, Pairing.id.desc(), *newest),
        *(Wanted.wanted_at.desc(), Wanted.id.desc()),
    )


def _all_none(*columns: InstrumentedAttribute[datetime | None]) -> ColumnElement[bool]:
    return and_(*(column.is_(None) for column in columns))
