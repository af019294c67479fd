"""Admission: a lead admits an applicant, or turns them away with a reason and erases what is personal."""

from datetime import datetime

from sqlalchemy.orm import Session

from directory.errors import Conflict
from directory.joining.application import Application
from directory.joining.invitation import invite_by_mail
from directory.outbox import mail
from directory.people.business import index_business
from directory.people.member import lock_members
from directory.people.tables import Member, MemberState
from directory.privacy.erasure import erase
from directory.translation import gettext as _


def admit(session: Session, *, application: Application, by: Member, welcome: str, now: datetime) -> None:
    """Make the applicant an active member, with a word of welcome; one who was suggested gets an invitation.

    Raises Conflict where it was decided before.
    """
    member = _lock_undecided(session, application)
    member.state, member.joined_at, application.decided_at = MemberState.ACTIVE, now, now
    if application.is_suggested and member.arrived_at is None:
        member.invited_at = now
        invite_by_mail(session, member=member, by=by, event="invited", due_at=now, now=now)
    else:
        words = {"by": by.name, "chapter": application.chapter.name, "welcome": welcome}
        mail.enqueue(session, letter="admitted", to=member, event="admitted", words=words, now=now)
    index_business(session, member.business)


def turn_away(session: Session, *, application: Application, by: Member, reason: str, now: datetime) -> None:
    """Reject the applicant: mail the reason, and erase what is personal. Raises Conflict where it was decided before.

    An applicant who was suggested never asked, so the reason goes to the member who suggested them.
    """
    member = _lock_undecided(session, application)
    name, address, sponsor = member.name, member.email, member.sponsor
    words = {"by": by.name, "chapter": application.chapter.name, "reason": reason, "name": member.first_name}
    event = f"turned-away-{application.public_id}"
    is_suggested = application.is_suggested
    member.email = None  # not suppressed, since they did not ask to be forgotten and may be invited again
    erase(session, member=member, by=by, now=now)
    if is_suggested and sponsor is not None:
        act = _("They declined your suggestion of %(name)s.", name=name)
        sponsor_words = {"by": by.name, "act": act, "reason": reason}
        mail.enqueue(session, letter="told", to=sponsor, event=event, words=sponsor_words, now=now)
    elif address:
        mail.enqueue(session, letter="turned_away", to=address, event=event, words=words, now=now)


def _lock_undecided(session: Session, application: Application) -> Member:
    lock_members(session, application.member)
    session.refresh(application.member)
    if application.decided_at is not None or application.member.state is not MemberState.PENDING:
        raise Conflict(_("This was already decided."))
    return application.member
