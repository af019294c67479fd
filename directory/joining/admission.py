"""Admission: a lead lets an applicant in, or turns them away with a reason; then nothing of them is kept."""

from datetime import datetime

from sqlalchemy.orm import Session

from directory.db import bump_world
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
    """Let them in from now on, with a word of welcome; who was suggested gets an invitation. Raises Conflict."""
    member = _undecided(session, application)
    member.state, member.joined_at, application.decided_at = MemberState.ACTIVE, now, now
    if application.is_suggested and member.arrived_at is None:
        member.invited_at = now
        invite_by_mail(session, member=member, by=by, event="invited", due_at=now, now=now)
    else:
        words = {"by": by.name, "chapter": application.chapter.name, "welcome": welcome}
        mail.enqueue(session, letter="admitted", to=member, event="admitted", words=words, now=now)
    index_business(session, member.business)
    bump_world(session)


def turn_away(session: Session, *, application: Application, by: Member, reason: str, now: datetime) -> None:
    """Say no, and why, in a last letter; what was personal is overwritten. Raises Conflict.

    Who was suggested never asked, so it is the member who suggested them that reads why.
    """
    member = _undecided(session, application)
    name, address, sponsor = member.name, member.email, member.sponsor
    words = {"by": by.name, "chapter": application.chapter.name, "reason": reason, "name": member.first_name}
    event = f"turned-away-{application.public_id}"
    is_suggested = application.is_suggested
    member.email = None  # they may be asked in another time: this is no wish of theirs to be forgotten
    erase(session, member=member, by=by, now=now)
    if is_suggested and sponsor is not None:
        act = _("They did not take up your suggestion of %(name)s.", name=name)
        told = {"by": by.name, "act": act, "reason": reason}
        mail.enqueue(session, letter="told", to=sponsor, event=event, words=told, now=now)
    elif address:
        mail.enqueue(session, letter="turned_away", to=address, event=event, words=words, now=now)


def _undecided(session: Session, application: Application) -> Member:
    lock_members(session, application.member)
    session.refresh(application.member)
    if application.decided_at is not None or application.member.state is not MemberState.PENDING:
        raise Conflict(_("This was decided already."))
    return application.member
