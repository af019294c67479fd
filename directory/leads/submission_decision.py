"""Decisions on submissions: taken, given to a member, put away, and back while nobody acted on it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.audit import record
from directory.errors import Conflict
from directory.leads.client import Client, ConsentKind, add_client, client_of, give_consents
from directory.leads.lead import Lead, LeadState
from directory.leads.lead_state import LeadChange, change_state
from directory.leads.offer import offers_of
from directory.leads.same_lead import has_same_words
from directory.leads.submission import Decision, Submission, request_of
from directory.outbox import mail
from directory.people.tables import Business, Member
from directory.secrets import SecretBox
from directory.translation import gettext as _


def similar_leads(session: Session, *, chapter_id: int | None, digest: str | None, text: str) -> list[Lead]:
    """Return the chapter's open leads of the same client's address, or with nearly the same words, newest first."""
    here = select(Lead, Client.email_hmac).join(Business, Business.id == Lead.business_id)
    here = here.outerjoin(Client, Client.lead_id == Lead.id).where(Lead.closed_at.is_(None))
    rows = session.execute(here.where(Business.chapter_id == chapter_id).order_by(Lead.id.desc()).limit(300))
    return [
        lead for lead, theirs in rows if (digest is not None and theirs == digest) or has_same_words(lead.text, text)
    ]


def decide_spam(session: Session, *, submission: Submission, by: Member, now: datetime) -> None:
    """Put it away as unwanted. Raises Conflict where it was decided before."""
    _decide(session, submission, Decision.SPAM, by, now)


def hand_on(
    session: Session,
    *,
    submission: Submission,
    lead: Lead,
    by: Member | None,
    due: str,
    secrets: SecretBox,
    now: datetime,
) -> None:
    """Let ``lead``, made from the submission, carry it on, with its client and what they agreed to; ``by`` is who
    decided so, None where a member mailed it as a lead of their own, so that nobody is its client.

    The member of a pending lead is asked to take it; else its client hears at once who has it. Raises Conflict where
    it was decided before.
    """
    request = request_of(submission, secrets=secrets)
    if request is None:
        raise Conflict(_("This was already decided."))
    _decide(session, submission, Decision.LEAD, by, now)
    submission.lead_id = lead.id
    if by is None:
        submission.confirmed_at = submission.confirmed_at or now
        return
    client = add_client(session, lead=lead, contact=request.contact, by=None, secrets=secrets, now=now)
    texts = {ConsentKind(kind): text for kind, text in request.consents.items()}
    give_consents(session, client=client, kinds=[*texts], texts=texts, now=now)
    if lead.state is not LeadState.PENDING:
        _tell_client(session, lead, client, due, now)
        return
    words = {"by": by.name, "title": lead.title, "path": f"/leads/{lead.public_id}"}
    mail.enqueue(
        session,
        letter="lead_given",
        to=lead.member,
        event=f"given-{lead.public_id}",
        words=words,
        due_at=now + mail.UNDO,
        now=now,
    )


def take_lead(session: Session, *, lead: Lead, by: Member, due: str, now: datetime) -> None:
    """Its member takes a lead that was given to them; its client hears who they are and by when they answer."""
    change_state(session, lead=lead, to=LeadState.RECEIVED, by=by, now=now)
    if (client := client_of(session, lead=lead)) is not None:
        _tell_client(session, lead, client, due, now)


def return_lead(session: Session, *, lead: Lead, by: Member, now: datetime) -> None:
    """Its member does not take a lead that was given to them: the submission waits again. Raises Conflict."""
    if lead.state is not LeadState.PENDING:
        raise Conflict(_("You have taken this lead."))
    _release(session, lead, by, _("not taken"), now)


def undo(session: Session, *, submission: Submission, by: Member, now: datetime) -> None:
    """Let it wait again. Raises Conflict where somebody acted on its lead already, or it was withdrawn."""
    lead = submission.lead
    if submission.decision is None:
        return
    if submission.decision is Decision.WITHDRAWN or not submission.sealed:
        raise Conflict(_("It was withdrawn and deleted."))
    if lead is not None:
        changed = session.scalar(select(LeadChange.id).where(LeadChange.lead_id == lead.id).limit(1))
        if changed is not None or offers_of(session, lead=lead):
            raise Conflict(_("%(name)s acted on it already.", name=lead.member.first_name))
        _release(session, lead, by, _("withdrawn"), now)
    else:
        _wait(submission)
    record(session, actor_id=by.id, action="submission.wait", object=submission, now=now)


def _release(session: Session, lead: Lead, by: Member, why: str, now: datetime) -> None:
    """End the lead without a trace of its client, who asks on through the submission."""
    change_state(session, lead=lead, to=LeadState.DECLINED, by=by, why=why, now=now)
    if (client := client_of(session, lead=lead)) is not None:
        client.sealed, client.email_hmac, client.purged_at = "", None, now
        mail.recall(session, event=f"taken-{lead.public_id}", to=client.public_id)
    mail.recall(session, event=f"given-{lead.public_id}", to=lead.member)
    for submission in session.scalars(select(Submission).where(Submission.lead_id == lead.id)):
        _wait(submission)
    session.flush()


def _wait(submission: Submission) -> None:
    submission.decision = submission.decided_at = submission.decided_by_id = submission.lead_id = None


def _decide(session: Session, submission: Submission, decision: Decision, by: Member | None, now: datetime) -> None:
    session.refresh(submission, with_for_update={"of": Submission})
    if submission.decided_at is not None:
        raise Conflict(_("This was already decided."))
    submission.decision, submission.decided_at, submission.decided_by_id = decision, now, by.id if by else None
    record(session, actor_id=by.id if by else None, action=f"submission.{decision}", object=submission, now=now)


def _tell_client(session: Session, lead: Lead, client: Client, due: str, now: datetime) -> None:
    words = {"name": lead.member.name, "firm": lead.business.name, "due": due}
    event, about = f"taken-{lead.public_id}", client.public_id
    mail.enqueue(
        session,
        letter="request_taken",
        to=about,
        event=event,
        about=about,
        words=words,
        due_at=now + mail.UNDO,
        now=now,
    )
