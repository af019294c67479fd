"""Case studies: stories of joint work, published while every person named in them agrees."""

from datetime import datetime
from typing import Literal

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from directory import rate_limit
from directory.audit import record
from directory.db import Base, PublicRow, Row
from directory.errors import Conflict, Invalid, Refused
from directory.facts.collaboration import Collaboration
from directory.facts.introduction_request import QUOTA, WEEK
from directory.outbox import mail
from directory.people.tables import Member
from directory.text import clean_line, clean_text
from directory.translation import gettext as _

EARLIEST = 1950


class CaseStudy(PublicRow, Base):
    """A story of ``teller`` about work with the other parties. It is shown while every party agrees."""

    __tablename__ = "case_study"

    teller_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(String(1500))
    year: Mapped[int]
    collaboration_id: Mapped[int | None] = mapped_column(ForeignKey("collaboration.id"), index=True)
    told_at: Mapped[datetime]

    teller: Mapped[Member] = relationship()
    collaboration: Mapped[Collaboration | None] = relationship()
    parties: Mapped[list["CaseStudyParty"]] = relationship(
        back_populates="case_study", cascade="all, delete-orphan", order_by="CaseStudyParty.id"
    )

    @property
    def is_published(self) -> bool:
        """Whether other members can read it: every party agrees and is active."""
        return all(party.agreed_at is not None and party.member.is_active for party in self.parties)

    def party(self, member: Member) -> "CaseStudyParty | None":
        """Return the member's party row, or None if the member is not part of the story."""
        return next((party for party in self.parties if party.member_id == member.id), None)

    def other_people(self, member: Member) -> list[Member]:
        """Return the other people in the story, without ``member``."""
        return [party.member for party in self.parties if party.member_id != member.id]


class CaseStudyParty(Row, Base):
    """A person named in a story. Without either date, the person has not answered yet."""

    __tablename__ = "case_study_party"
    __table_args__ = (UniqueConstraint("case_study_id", "member_id"),)

    case_study_id: Mapped[int] = mapped_column(ForeignKey("case_study.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    agreed_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]

    case_study: Mapped[CaseStudy] = relationship(back_populates="parties")
    member: Mapped[Member] = relationship()


def submit_story(
    session: Session,
    *,
    teller: Member,
    others: list[Member],
    title: str,
    text: str,
    year: int,
    collaboration: Collaboration | None = None,
    now: datetime,
) -> CaseStudy:
    """Create a story that waits for the consent of everybody it names.

    Raises Invalid for a wrong field, Refused unless it names only people of other firms (at least one), and Conflict
    for more than QUOTA stories of one teller in a week.
    """
    if not others or any(other.business_id == teller.business_id for other in others):
        raise Refused(_("Tell a story about working with somebody at another firm."))
    firms = {teller.business_id, *(other.business_id for other in others)}
    if collaboration and not (collaboration.finished_at and {collaboration.prime_id, collaboration.sub_id} <= firms):
        raise Invalid(_("Choose work that your firms finished together."), field="collaboration")
    if not EARLIEST <= year <= now.year:
        raise Invalid(_("Choose this year or an earlier one."), field="year")
    text = clean_text(text, field="text", what=_("your story"), limit=1500)
    if len(text) < 40:
        raise Invalid(_("Say a little more: what it was, who did what, how it ended."), field="text")
    story = CaseStudy(
        teller=teller,
        title=clean_line(title, field="title", what=_("the title"), limit=120),
        text=text,
        year=year,
        collaboration=collaboration,
        told_at=now,
        parties=[CaseStudyParty(member=teller, agreed_at=now), *(CaseStudyParty(member=other) for other in others)],
    )
    if not rate_limit.consume_allowance(session, key=f"story {teller.id}", limit=QUOTA, within=WEEK, now=now):
        raise Conflict(_("That is %(count)s stories in a week. Give people time to read them.", count=QUOTA))
    session.add(story)
    session.flush()
    record(session, actor_id=teller.id, action="case_study.tell", object=story, now=now)
    words = {"title": story.title, "text": story.text}
    for other in others:
        mail.enqueue_question(session, "story", story, by=teller, to=other, event=_event(story), words=words, now=now)
    return story


def agree(session: Session, *, story: CaseStudy, by: Member, now: datetime) -> None:
    """Record a party's consent to show the story. Raises Refused for anybody else."""
    _answer(session, story, by, "agree", now)


def decline(session: Session, *, story: CaseStudy, by: Member, now: datetime) -> None:
    """Record that a party does not consent, or no longer does. Raises Refused for anybody else."""
    _answer(session, story, by, "decline", now)


def reopen(session: Session, *, story: CaseStudy, by: Member, now: datetime) -> None:
    """Take back a party's answer: the story waits for it again. Raises Refused for anybody else."""
    _answer(session, story, by, "reopen", now)


def withdraw(session: Session, *, story: CaseStudy, by: Member, now: datetime) -> None:
    """Delete the story. Raises Refused for anybody but its teller."""
    if by.id != story.teller_id:
        raise Refused(_("Only the person who told this can withdraw it."))
    for party in story.parties:
        mail.recall(session, event=_event(story), to=party.member)
    record(session, actor_id=by.id, action="case_study.withdraw", object=story, now=now)
    session.delete(story)
    session.flush()


def _answer(
    session: Session, story: CaseStudy, by: Member, act: Literal["agree", "decline", "reopen"], now: datetime
) -> None:
    party = story.party(by)
    if party is None:
        raise Refused(_("Only the people in this story can answer it."))
    party.agreed_at = now if act == "agree" else None
    party.declined_at = now if act == "decline" else None
    mail.recall(session, event=_event(story), to=by)
    record(session, actor_id=by.id, action=f"case_study.{act}", object=story, now=now)
    session.flush()


def stories_of(session: Session, *, member: Member) -> list[CaseStudy]:
    """Return all stories that name the member, published or not, newest first."""
    story_ids = select(CaseStudyParty.case_study_id).where(CaseStudyParty.member_id == member.id)
    parties = joinedload(CaseStudy.parties).joinedload(CaseStudyParty.member).joinedload(Member.business)
    stories = select(CaseStudy).where(CaseStudy.id.in_(story_ids))
    stories = stories.options(parties, joinedload(CaseStudy.collaboration))
    return list(session.scalars(stories.order_by(CaseStudy.id.desc())).unique())


def _event(story: CaseStudy) -> str:
    return f"story-{story.public_id}"
