"""Applications: a person applies to a chapter, or a member suggests them; a lead of the chapter decides."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from directory.audit import record
from directory.db import Base, PublicRow
from directory.errors import Conflict, Invalid, Refused
from directory.name_rules import clean_name, clean_person_name
from directory.outbox import mail
from directory.people.chapter import Chapter
from directory.people.member import holders_of_roles
from directory.people.namesake import KnownNames
from directory.people.one_time_link import OneTimeLink, use_link
from directory.people.suppression import is_suppressed
from directory.people.tables import Business, Member, MemberState, Role
from directory.post_attribution import AttributedRow
from directory.rate_limit import consume_allowance
from directory.text import clean_email, clean_line, confusable_skeleton, fold
from directory.translation import gettext as _

CONFIRM_WITHIN = timedelta(days=2)
MAILS_A_DAY = 3  # mails to one address, however often it is typed
SUGGESTED_A_DAY = 10  # by one member; each mails every lead
MAX_REFERENCES = 5


class Application(AttributedRow, PublicRow, Base):
    """``member``, pending, applies to ``chapter``; its leads see it once ``confirmed_at`` is set.

    ``knows`` is the name of a member here as the applicant typed it; ``known_by`` is the member whom a lead asked about
    it, and who answered at ``answered_at``. An applicant who was suggested has the suggesting member as sponsor.
    """

    __tablename__ = "application"

    chapter_id: Mapped[int] = mapped_column(ForeignKey("chapter.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), unique=True)
    sentence: Mapped[str] = mapped_column(String(300), default="")
    knows: Mapped[str] = mapped_column(String(120), default="")
    is_suggested: Mapped[bool] = mapped_column(default=False)
    applied_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    known_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    answered_at: Mapped[datetime | None]
    is_known: Mapped[bool] = mapped_column(default=False)
    decided_at: Mapped[datetime | None]

    chapter: Mapped[Chapter] = relationship()
    member: Mapped[Member] = relationship(foreign_keys=[member_id])
    known_by: Mapped[Member | None] = relationship(foreign_keys=[known_by_id])


def apply(
    session: Session, *, chapter: Chapter, name: str, email: str, firm: str, sentence: str, knows: str, now: datetime
) -> None:
    """Store an application and mail its address, which has to confirm it. Raises Invalid.

    The response does not reveal whether the address is known: a member gets another mail.
    """
    applicant = _clean_application(name, email, firm, sentence)
    knows_name = clean_person_name(knows, field="knows", what=_("who knows you"), required=False)
    delete_unconfirmed(session, now=now)
    if not consume_allowance(
        session, key=f"apply {applicant['email']}", limit=MAILS_A_DAY, within=timedelta(days=1), now=now
    ):
        return
    member = session.scalar(select(Member).where(Member.email == applicant["email"]))
    if member is not None and member.state is not MemberState.PENDING:
        mail.enqueue(session, letter="here_already", to=member, event=f"here-{now:%Y%m%d}", now=now)
        return
    if member is None:
        member = _create_application(session, chapter, applicant, now, knows=knows_name).member
    application = session.scalar(select(Application).where(Application.member_id == member.id))
    if application is not None and application.confirmed_at is None:
        words = {"chapter": application.chapter.name}
        event = f"apply-{now:%Y%m%d%H%M%S}"
        mail.enqueue(session, letter="confirm_application", to=member, event=event, words=words, now=now)


def confirm(session: Session, *, token: str, now: datetime) -> Application:
    """Confirm the address and notify the chapter's leads. Raises Invalid."""
    member = use_link(session, purpose="confirm_application", token=token, now=now).member
    application = session.scalars(select(Application).where(Application.member_id == member.id)).one()
    if application.confirmed_at is None:
        application.confirmed_at = now
        _notify_leads(session, application, now)
    return application


def suggest(session: Session, *, by: Member, name: str, email: str, firm: str, sentence: str, now: datetime) -> None:
    """Suggest a person to the member's chapter. Raises Invalid; Refused without a chapter; Conflict after ten a day.

    The response does not reveal whether the address is known.
    """
    applicant, chapter = _clean_application(name, email, firm, sentence), by.business.chapter
    if chapter is None:
        raise Refused(_("Your firm is not in a chapter yet. Ask an admin to add it to one."))
    if not consume_allowance(session, key=f"suggest {by.id}", limit=SUGGESTED_A_DAY, within=timedelta(days=1), now=now):
        raise Conflict(_("That is %(count)s people in one day. Wait until tomorrow.", count=SUGGESTED_A_DAY))
    taken = session.scalar(select(Member.id).where(Member.email == applicant["email"]))
    if taken is None and not is_suppressed(session, applicant["email"]):
        application = _create_application(session, chapter, applicant, now, is_suggested=True, confirmed_at=now)
        application.member.sponsor_id = by.id
        record(session, actor_id=by.id, action="application.suggest", object=application, now=now)
        _notify_leads(session, application, now)


def ask_reference(session: Session, *, application: Application, member: Member, by: Member, now: datetime) -> None:
    """Ask a member whether they know the applicant. Raises Conflict where somebody was asked before."""
    if application.known_by_id is not None:
        raise Conflict(_("%(name)s was already asked.", name=application.known_by.name if application.known_by else ""))
    application.known_by = member
    words = {"name": application.member.name, "firm": application.member.business.name, "by": by.name}
    mail.enqueue(session, letter="know_them", to=member, event=f"know-{application.public_id}", words=words, now=now)
    record(session, actor_id=by.id, action="application.ask", object=application, now=now)


def answer_reference(session: Session, *, application: Application, by: Member, is_known: bool, now: datetime) -> None:
    """Store the asked member's answer; a yes makes them the sponsor.

    Raises Refused for others, Conflict once it is decided: sponsors weigh in how ratings count.
    """
    if by.id != application.known_by_id:
        raise Refused(_("Somebody else was asked this."))
    if application.decided_at is not None:
        raise Conflict(_("This was already decided."))
    application.is_known, application.answered_at = is_known, now
    application.member.sponsor_id = by.id if is_known else None
    record(session, actor_id=by.id, action="application.answer", object=application, now=now)


def pending_applications(session: Session, *, chapter: Chapter) -> list[Application]:
    """Return the confirmed and undecided applications to the chapter, the oldest first."""
    waiting = select(Application).where(
        *(Application.chapter_id == chapter.id, Application.confirmed_at.is_not(None), Application.decided_at.is_(None))
    )
    people = joinedload(Application.member).joinedload(Member.business), joinedload(Application.known_by)
    return list(session.scalars(waiting.options(*people).order_by(Application.confirmed_at, Application.id)))


def likely_references(session: Session, *, application: Application, names: KnownNames) -> list[Member]:
    """Return the members whom the applicant may mean by the name they typed, MAX_REFERENCES at most, for leads only."""
    words, skeleton = set(fold(application.knows).split()), confusable_skeleton(application.knows)
    if not words:
        return []
    # "Bea" is Bea Lindqvist, too.
    candidates = ((each.member_id, set(fold(each.name).split()), each.name) for each in names.people)
    ids = [
        id
        for id, name_words, name in candidates
        if name_words <= words or words <= name_words or confusable_skeleton(name) == skeleton
    ]
    here = select(Member).where(Member.id.in_(ids), Member.is_active, Member.arrived_at.is_not(None))
    here = here.options(joinedload(Member.business)).order_by(Member.id)
    return list(session.scalars(here.limit(MAX_REFERENCES)))


def delete_unconfirmed(session: Session, *, now: datetime, emails: Collection[str] = ()) -> None:
    """Delete applicants who never came and did not confirm in time, and at once those with an address in ``emails``.

    Somebody else may have typed that address, which must not keep its owner from being invited.
    """
    query = (
        select(Application)
        .join(Member, Member.id == Application.member_id)
        .where(Application.confirmed_at.is_(None), Member.arrived_at.is_(None))
        .where((Application.applied_at <= now - CONFIRM_WITHIN) | Member.email.in_(emails))
    )
    for application in session.scalars(query).all():
        person, firm_id = application.member, application.member.business_id
        session.delete(application)
        session.flush()
        session.execute(delete(OneTimeLink).where(OneTimeLink.member_id == person.id))
        session.execute(delete(Member).where(Member.id == person.id))
        session.execute(delete(Business).where(Business.id == firm_id))
        session.expire_all()


def clean_applicant(name: str, email: str, firm: str) -> dict[str, str]:
    """Return name, email and firm of a new person, cleaned. Raises Invalid."""
    values = {
        "name": clean_person_name(name, field="name", what=_("the name")),
        "email": clean_email(email).casefold(),
        "firm": clean_name(firm, field="firm", what=_("the firm"), limit=200),
    }
    if not values["email"]:
        raise Invalid(_("Enter an email address such as you@example.com."), field="email")
    return values


def _clean_application(name: str, email: str, firm: str, sentence: str) -> dict[str, str]:
    cleaned = clean_line(sentence, field="sentence", what=_("what the firm does"), limit=300)
    return clean_applicant(name, email, firm) | {"sentence": cleaned}


def _create_application(
    session: Session, chapter: Chapter, typed: dict[str, str], now: datetime, **columns: Any
) -> Application:
    """Create a pending member at a new firm, and their application with these ``columns``."""
    firm = Business(chapter=chapter, name=typed["firm"], summary=typed["sentence"], created_at=now)
    person = Member(name=typed["name"], email=typed["email"], business=firm, state=MemberState.PENDING, joined_at=now)
    application = Application(chapter=chapter, member=person, sentence=typed["sentence"], applied_at=now, **columns)
    session.add(application)
    session.flush()
    return application


def _notify_leads(session: Session, application: Application, now: datetime) -> None:
    words = {"name": application.member.name, "chapter": application.chapter.name}
    for lead in holders_of_roles(session, chapter_id=application.chapter_id, roles=(Role.LEAD,)):
        mail.enqueue(session, letter="applied", to=lead, event=f"applied-{application.public_id}", words=words, now=now)
