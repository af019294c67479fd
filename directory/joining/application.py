"""Applications: somebody asks to come in, or is suggested by a member; a lead of the chapter decides."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from directory.attribution_source import AttributedRow
from directory.audit import record
from directory.db import Base, PublicRow
from directory.errors import Conflict, Invalid, Refused
from directory.outbox import mail
from directory.people.business import clean_email
from directory.people.chapter import Chapter
from directory.people.member import holders_of_roles
from directory.people.one_time_link import OneTimeLink, use_link
from directory.people.tables import Business, Member, MemberState, Role
from directory.privacy.suppression import is_suppressed
from directory.rate_limit import consume_allowance
from directory.text import clean_line, confusable_skeleton, fold
from directory.translation import gettext as _

CONFIRM_WITHIN = timedelta(days=2)
LETTERS_A_DAY = 3  # to one address, however often somebody types it
SUGGESTED_A_DAY = 10  # by one member; each is a letter to every lead
MOST_GUESSES = 5


class Application(AttributedRow, PublicRow, Base):
    """``member``, pending, asks to come into ``chapter``; its lead sees it from ``confirmed_at`` on.

    ``knows`` is the name they typed of somebody here; ``known_by`` is the member whom a lead asked whether it is so,
    and who said yes or no at ``answered_at``. One that a member suggested names them as the applicant's sponsor.
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
    """Take an application and write to its address, which has to confirm it. Raises Invalid.

    Nothing tells whether the address is known here: somebody who is gets another letter.
    """
    said = _cleaned(name, email, firm, sentence)
    known = clean_line(knows, field="knows", what=_("who knows you"), limit=120, required=False)
    delete_unconfirmed(session, now=now)
    if not consume_allowance(
        session, key=f"apply {said['email']}", most=LETTERS_A_DAY, within=timedelta(days=1), now=now
    ):
        return
    there = session.scalar(select(Member).where(Member.email == said["email"]))
    if there is not None and there.state is not MemberState.PENDING:
        mail.enqueue(session, letter="here_already", to=there, event=f"here-{now:%Y%m%d}", now=now)
        return
    if there is None:
        there = _applied(session, chapter, said, now, knows=known).member
    waiting = session.scalar(select(Application).where(Application.member_id == there.id))
    if waiting is not None and waiting.confirmed_at is None:
        words = {"chapter": waiting.chapter.name}
        event = f"apply-{now:%Y%m%d%H%M%S}"
        mail.enqueue(session, letter="confirm_application", to=there, event=event, words=words, now=now)


def confirm(session: Session, *, token: str, now: datetime) -> Application:
    """The address is theirs: the chapter's leads see the application, and are told. Raises Invalid."""
    member = use_link(session, purpose="confirm_application", token=token, now=now).member
    application = session.scalars(select(Application).where(Application.member_id == member.id)).one()
    if application.confirmed_at is None:
        application.confirmed_at = now
        _tell_leads(session, application, now)
    return application


def suggest(session: Session, *, by: Member, name: str, email: str, firm: str, sentence: str, now: datetime) -> None:
    """A member suggests somebody to their chapter. Raises Invalid, and Conflict after ten a day.

    Nothing tells whether the address is known here.
    """
    said, chapter = _cleaned(name, email, firm, sentence), by.business.chapter
    if chapter is None:
        raise Refused(_("Your firm is in no chapter yet; ask an admin to put it into one."))
    if not consume_allowance(session, key=f"suggest {by.id}", most=SUGGESTED_A_DAY, within=timedelta(days=1), now=now):
        raise Conflict(_("That is %(count)s people in a day. Wait until tomorrow.", count=SUGGESTED_A_DAY))
    taken = session.scalar(select(Member.id).where(Member.email == said["email"]))
    if taken is None and not is_suppressed(session, said["email"]):
        application = _applied(session, chapter, said, now, is_suggested=True, confirmed_at=now)
        application.member.sponsor_id = by.id
        record(session, actor_id=by.id, action="application.suggest", object=_named(application), now=now)
        _tell_leads(session, application, now)


def ask_reference(session: Session, *, application: Application, member: Member, by: Member, now: datetime) -> None:
    """A lead asks a member whether they know the applicant. Raises Conflict where somebody was asked already."""
    if application.known_by_id is not None:
        raise Conflict(_("%(name)s was asked already.", name=application.known_by.name if application.known_by else ""))
    application.known_by = member
    words = {"name": application.member.name, "firm": application.member.business.name, "by": by.name}
    mail.enqueue(session, letter="know_them", to=member, event=f"know-{application.public_id}", words=words, now=now)
    record(session, actor_id=by.id, action="application.ask", object=_named(application), now=now)


def answer_reference(session: Session, *, application: Application, by: Member, is_known: bool, now: datetime) -> None:
    """Whoever was asked says whether they know them; a yes makes them the sponsor.

    Raises Refused for others, Conflict once it is decided: sponsors weigh in how ratings count.
    """
    if by.id != application.known_by_id:
        raise Refused(_("Somebody else was asked this."))
    if application.decided_at is not None:
        raise Conflict(_("This was decided already."))
    application.is_known, application.answered_at = is_known, now
    application.member.sponsor_id = by.id if is_known else None
    record(session, actor_id=by.id, action="application.answer", object=_named(application), now=now)


def pending_applications(session: Session, *, chapter: Chapter) -> list[Application]:
    """What the chapter's leads have to decide, the oldest first."""
    waiting = select(Application).where(
        *(Application.chapter_id == chapter.id, Application.confirmed_at.is_not(None), Application.decided_at.is_(None))
    )
    with_people = (joinedload(Application.member).joinedload(Member.business), joinedload(Application.known_by))
    return list(session.scalars(waiting.options(*with_people).order_by(Application.confirmed_at, Application.id)))


def likely_references(session: Session, *, application: Application) -> list[Member]:
    """The members whom the applicant may mean by the name they typed; for the lead's eyes only."""
    words, look = set(fold(application.knows).split()), confusable_skeleton(application.knows)
    if not words:
        return []
    names = session.execute(select(Member.id, Member.name).where(Member.is_active).order_by(Member.id)).all()
    # "Bea" is Bea Lindqvist, too.
    alike = ((id, confusable_skeleton(name), set(fold(name).split())) for id, name in names)
    meant = [id for id, looks, said in alike if looks == look or said <= words or words <= said][:MOST_GUESSES]
    return list(session.scalars(select(Member).where(Member.id.in_(meant)).options(joinedload(Member.business))))


def delete_unconfirmed(session: Session, *, now: datetime, emails: Collection[str] = ()) -> None:
    """Whoever did not confirm in time, and never came, is forgotten; so is at once who applied as one of ``emails``.

    That may have been somebody else who typed it, and keeps nobody from being invited.
    """
    late = (
        select(Application)
        .join(Member, Member.id == Application.member_id)
        .where(Application.confirmed_at.is_(None), Member.arrived_at.is_(None))
        .where((Application.applied_at <= now - CONFIRM_WITHIN) | Member.email.in_(emails))
    )
    for application in session.scalars(late).all():
        person, firm_id = application.member, application.member.business_id
        session.delete(application)
        session.flush()
        session.execute(delete(OneTimeLink).where(OneTimeLink.member_id == person.id))
        session.execute(delete(Member).where(Member.id == person.id))
        session.execute(delete(Business).where(Business.id == firm_id))
        session.expire_all()


def create_applicant(name: str, email: str, firm: str) -> dict[str, str]:
    """Somebody who is not here yet, as typed. Raises Invalid."""
    said = {
        "name": clean_line(name, field="name", what=_("the name"), limit=120),
        "email": clean_email(email).casefold(),
        "firm": clean_line(firm, field="firm", what=_("the firm"), limit=200),
    }
    if not said["email"]:
        raise Invalid(_("Write a mail address such as you@example.com."), field="email")
    return said


def _cleaned(name: str, email: str, firm: str, sentence: str) -> dict[str, str]:
    said = clean_line(sentence, field="sentence", what=_("what the firm does"), limit=300)
    return create_applicant(name, email, firm) | {"sentence": said}


def _applied(
    session: Session,
    chapter: Chapter,
    said: dict[str, str],
    now: datetime,
    *,
    knows: str = "",
    is_suggested: bool = False,
    confirmed_at: datetime | None = None,
) -> Application:
    firm = Business(chapter=chapter, name=said["firm"], summary=said["sentence"], created_at=now)
    person = Member(name=said["name"], email=said["email"], business=firm, state=MemberState.PENDING, joined_at=now)
    application = Application(
        chapter=chapter,
        member=person,
        sentence=said["sentence"],
        knows=knows,
        is_suggested=is_suggested,
        applied_at=now,
        confirmed_at=confirmed_at,
    )
    session.add(application)
    session.flush()
    return application


def _tell_leads(session: Session, application: Application, now: datetime) -> None:
    words = {"name": application.member.name, "chapter": application.chapter.name}
    for lead in holders_of_roles(session, chapter_id=application.chapter_id, roles=(Role.LEAD,)):
        mail.enqueue(session, letter="applied", to=lead, event=f"applied-{application.public_id}", words=words, now=now)


def _named(application: Application) -> str:
    return f"application {application.public_id}"
