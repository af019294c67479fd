"""Invitations: a lead invites people; they are members at once, and arrived when they open the link in their mail."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from directory.audit import record
from directory.errors import Conflict, Refused
from directory.joining.application import clean_applicant, delete_unconfirmed
from directory.outbox import mail, mail_refusal
from directory.people.business import index_business
from directory.people.chapter import Chapter
from directory.people.one_time_link import OneTimeLink, end_links, use_link
from directory.people.suppression import is_suppressed
from directory.people.tables import Business, Member, MemberState
from directory.rate_limit import consume_allowances, refund_allowance
from directory.text import clean_email
from directory.translation import gettext as _

GRACE = timedelta(minutes=10)  # the delay of imported people's invitations, so that a mistake can be undone
RESEND_AFTER = timedelta(days=1)


def _forgotten() -> str:
    return _("This person asked us to forget them, so we cannot email them. They can still apply themselves.")


def invite(
    session: Session, *, chapter: Chapter, by: Member, name: str, email: str, firm: str, now: datetime
) -> Member:
    """Invite one person, at a new firm.

    Raises Invalid; Refused where the person asked to be forgotten; Conflict where the address is in use here.
    """
    person = clean_applicant(name, email, firm)
    if is_suppressed(session, person["email"]):
        raise Refused(_forgotten())
    delete_unconfirmed(session, now=now, emails=[person["email"]])
    if session.scalar(select(Member.id).where(Member.email == person["email"])) is not None:
        raise Conflict(_("Somebody with this email address is already here, or has applied."), field="email")
    member = Member(name=person["name"], email=person["email"], joined_at=now, invited_at=now)
    member.business = Business(chapter_id=chapter.id, name=person["firm"], created_at=now)
    session.add(member)
    session.flush()
    index_business(session, member.business)
    invite_by_mail(session, member=member, by=by, event="invited", due_at=now, now=now)
    record(session, actor_id=by.id, action="member.invite", object=member, now=now)
    return member


def invite_by_mail(
    session: Session, *, member: Member, by: Member, event: str, due_at: datetime, now: datetime
) -> bool:
    """Mail ``member`` the link that lets them in; False where one was mailed within RESEND_AFTER, or none can be."""
    return invite_all_by_mail(session, members=[member], by=by, event=event, due_at=due_at, now=now) == 1


def invite_all_by_mail(
    session: Session, *, members: Iterable[Member], by: Member, event: str, due_at: datetime, now: datetime
) -> int:
    """Mail each of the members the link that lets them in, as ``invite_by_mail`` does; return how many are mailed."""
    by_key = {_allowance(member): member for member in members}
    allowed = consume_allowances(session, keys=by_key.keys(), limit=1, within=RESEND_AFTER, now=now)
    inviter = _("%(name)s of %(firm)s", name=by.name, firm=by.business.name)
    letters = []
    for member in (member for key, member in by_key.items() if key in allowed):
        chapter = member.business.chapter
        letters.append((member, by.public_id, {"by": inviter, "chapter": chapter.name if chapter else ""}))
        member.invited_by_id = member.invited_by_id or by.id
    return mail.enqueue_all(
        session, letter="invitation", event=event, letters=letters, reply_to=by.email or "", due_at=due_at, now=now
    )


def send_again(session: Session, *, member: Member, by: Member, email: str = "", now: datetime) -> None:
    """Send the one reminder; or the invitation anew where its address was refused, to ``email`` if that is given.

    Raises Conflict where they have joined, were mailed within RESEND_AFTER, or were reminded before; Invalid for the
    address, and Refused where its owner asked to be forgotten.
    """
    if member.arrived_at is not None:
        raise Conflict(_("%(name)s has already joined.", name=member.name))
    is_anew = member.is_refused
    if is_anew:
        _correct_address(session, member, email or member.email or "", now)
        mail_refusal.retry_address(session, member=member, by=by, now=now)
        refund_allowance(session, key=_allowance(member))
    elif member.reminded_at is not None:
        raise Conflict(_("%(name)s got the invitation and a reminder. Now a call helps more.", name=member.name))
    if not invite_by_mail(session, member=member, by=by, event=f"again-{now:%Y%m%d%H%M%S}", due_at=now, now=now):
        raise Conflict(_("%(name)s was invited within the last day; give them time.", name=member.name))
    member.invited_at, member.reminded_at = now, None if is_anew else now
    record(session, actor_id=by.id, action="member.invite_again", object=member, now=now)


def _correct_address(session: Session, member: Member, email: str, now: datetime) -> None:
    """Replace the address of somebody who has not joined; links to the old one end."""
    address = clean_email(email).casefold()
    if not address or address == member.email:
        return
    if is_suppressed(session, address):
        raise Refused(_forgotten())
    delete_unconfirmed(session, now=now, emails=[address])
    if session.scalar(select(Member.id).where(Member.email == address)) is not None:
        raise Conflict(_("Somebody with this email address is already here, or has applied."), field="email")
    end_links(session, member=member, now=now)
    member.email = address


def _allowance(member: Member) -> str:
    return f"invitation {member.public_id}"


def accept(session: Session, *, token: str, now: datetime) -> OneTimeLink:
    """Accept the invitation: the member has arrived, and their other links end. Raises Invalid."""
    link = use_link(session, purpose="invitation", token=token, now=now)
    end_links(session, member=link.member, now=now)
    link.member.arrived_at = link.member.arrived_at or now
    return link


def invited_by(session: Session, link: OneTimeLink) -> Member | None:
    """Return who sent the invitation, None where they have left since."""
    return session.scalar(select(Member).where(Member.public_id == link.about, Member.is_active))


def members_and_invited(session: Session, *, chapter: Chapter) -> list[Member]:
    """Return the chapter's active members by name, including those invited who have not arrived."""
    here = select(Member).join(Business).where(Business.chapter_id == chapter.id, Member.is_active)
    return list(session.scalars(here.options(joinedload(Member.business)).order_by(Member.name, Member.id)))


def is_still_invited(member: Member) -> bool:
    """Whether the active member was invited and has not arrived yet."""
    return member.invited_at is not None and member.arrived_at is None and member.state is MemberState.ACTIVE
