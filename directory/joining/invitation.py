"""Invitations: a lead asks people in; they are members from then on, and have come once they open their letter."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from directory.audit import record
from directory.db import bump_world
from directory.errors import Conflict, Refused
from directory.joining.application import create_applicant, delete_unconfirmed
from directory.outbox import mail
from directory.people.business import index_business
from directory.people.chapter import Chapter
from directory.people.one_time_link import OneTimeLink, end_links, use_link
from directory.people.tables import Business, Member, MemberState
from directory.privacy.suppression import is_suppressed
from directory.rate_limit import consume_allowance
from directory.translation import gettext as _

GRACE = timedelta(minutes=10)  # an invitation waits so long, so that a slip can be taken back
AGAIN_AFTER = timedelta(days=1)


def invite(
    session: Session, *, chapter: Chapter, by: Member, name: str, email: str, firm: str, now: datetime
) -> Member:
    """Ask one person in, at a new firm. Raises Invalid, and Conflict where the address belongs to somebody here."""
    said = _new_person(session, name, email, firm, now)
    member = Member(name=said["name"], email=said["email"], joined_at=now, invited_at=now)
    member.business = Business(chapter_id=chapter.id, name=said["firm"], created_at=now)
    session.add(member)
    session.flush()
    index_business(session, member.business)
    invite_by_mail(session, member=member, by=by, event="invited", due_at=now, now=now)
    record(session, actor_id=by.id, action="member.invite", object=f"member {member.public_id}", now=now)
    bump_world(session)
    return member


def _new_person(session: Session, name: str, email: str, firm: str, now: datetime) -> dict[str, str]:
    said = create_applicant(name, email, firm)
    if is_suppressed(session, said["email"]):
        raise Refused(
            _("This person asked us to forget them, so we cannot write to them. Let them come by themselves.")
        )
    delete_unconfirmed(session, now=now, emails=[said["email"]])
    if session.scalar(select(Member.id).where(Member.email == said["email"])) is not None:
        raise Conflict(_("Somebody with this address is here, or has applied."), field="email")
    return said


def invite_by_mail(
    session: Session, *, member: Member, by: Member, event: str, due_at: datetime, now: datetime
) -> bool:
    """Write ``member`` the letter whose link lets them in; False where one was written within a day."""
    if not consume_allowance(session, key=f"invitation {member.public_id}", most=1, within=AGAIN_AFTER, now=now):
        return False
    chapter = member.business.chapter
    who = _("%(name)s of %(firm)s", name=by.name, firm=by.business.name)
    words = {"by": who, "chapter": chapter.name if chapter else ""}
    written = mail.enqueue(
        session,
        letter="invitation",
        to=member,
        event=event,
        about=by.public_id,
        words=words,
        reply_to=by.email or "",
        due_at=due_at,
        now=now,
    )
    return written is not None


def send_again(session: Session, *, member: Member, by: Member, now: datetime) -> None:
    """Ask once more. Raises Conflict where they have come, or were asked within a day."""
    if member.arrived_at is not None:
        raise Conflict(_("%(name)s has come already.", name=member.name))
    if not invite_by_mail(session, member=member, by=by, event=f"again-{now:%Y%m%d%H%M%S}", due_at=now, now=now):
        raise Conflict(_("%(name)s was asked within the last day; give them time.", name=member.name))
    member.invited_at = now
    record(session, actor_id=by.id, action="member.invite_again", object=f"member {member.public_id}", now=now)


def accept(session: Session, *, token: str, now: datetime) -> OneTimeLink:
    """Take the invitation; its member has come, and other letters to them no longer let anybody in. Raises Invalid."""
    link = use_link(session, purpose="invitation", token=token, now=now)
    end_links(session, member=link.member, now=now)
    link.member.arrived_at = link.member.arrived_at or now
    return link


def invited_by(session: Session, link: OneTimeLink) -> Member | None:
    """Who asked, None where they have left since."""
    return session.scalar(select(Member).where(Member.public_id == link.about, Member.is_active))


def people_for_room(session: Session, *, chapter: Chapter) -> list[Member]:
    """The active members of a chapter by name, those who were invited and have not come among them."""
    here = select(Member).join(Business).where(Business.chapter_id == chapter.id, Member.is_active)
    return list(session.scalars(here.options(joinedload(Member.business)).order_by(Member.name, Member.id)))


def is_still_invited(member: Member) -> bool:
    """Whether the member was asked and has not been here yet."""
    return member.invited_at is not None and member.arrived_at is None and member.state is MemberState.ACTIVE
