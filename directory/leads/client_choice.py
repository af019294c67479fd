"""What a client is asked: one or two ways to do the work, who and why, and their answer: yes, someone else, or no."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory.audit import record
from directory.db import Base, PublicRow
from directory.errors import Conflict, Invalid
from directory.leads.client import Client, purge_client
from directory.leads.lead import Lead, LeadState
from directory.leads.lead_state import change_state, lock_lead
from directory.leads.seat_holder import team_is_complete
from directory.leads.submission import Submission
from directory.outbox import mail
from directory.people.tables import Member
from directory.text import clean_line, clean_text
from directory.translation import gettext as _

MAX_OPTIONS = 2


class ClientAnswer(StrEnum):
    """What the client said."""

    YES = "yes"
    OTHER = "other"  # somebody else, please
    NO = "no"  # nothing more, please


class ClientChoice(PublicRow, Base):
    """Options as the client is shown them, each with ``who`` and ``why``; the newest of a lead counts.

    ``chosen`` is the number of the option that got a yes, from 0.
    """

    __tablename__ = "client_choice"

    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    options: Mapped[list[dict[str, Any]]]
    shown_by_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    shown_at: Mapped[datetime]
    answer: Mapped[ClientAnswer | None]
    chosen: Mapped[int | None]
    words: Mapped[str] = mapped_column(String(500), default="")  # what else they said
    answered_at: Mapped[datetime | None]

    lead: Mapped[Lead] = relationship()


def latest_choice(session: Session, *, lead: Lead) -> ClientChoice | None:
    """Return what the client was asked last."""
    newest = select(ClientChoice).where(ClientChoice.lead_id == lead.id).order_by(ClientChoice.id.desc())
    return session.scalar(newest.limit(1).execution_options(populate_existing=True))


def show_options(
    session: Session, *, client: Client, options: Sequence[tuple[str, str]], by: Member, now: datetime
) -> ClientChoice:
    """Show the client one or two ways, each (who, why), and mail them. Raises Invalid.

    Its bringer does so once every seat is held, a lead of the chapter before, too. Raises Conflict else, or when
    closed. Empty options are left out. What was shown before and is unanswered gives way.
    """
    lead = client.lead
    lock_lead(session, lead)
    if lead.closed_at is not None or lead.state is LeadState.PENDING:
        raise Conflict(_("This lead is closed.") if lead.closed_at else _("Take this lead first."))
    if by.id == lead.member_id and not team_is_complete(session, lead=lead):
        raise Conflict(_("Everybody has to be in before the client reads names."))
    written = [
        {
            "who": clean_line(who, field=f"who_{number}", what=_("who does the work"), limit=300),
            "why": clean_text(why, field=f"why_{number}", what=_("why they are right for it"), limit=1000),
        }
        for number, (who, why) in enumerate(options)
        if who.strip() or why.strip() or number == 0
    ]
    before = latest_choice(session, lead=lead)
    if before is not None and before.answer is None:
        if before.options == written:
            return before
        session.delete(before)
    choice = ClientChoice(lead_id=lead.id, options=written[:MAX_OPTIONS], shown_by_id=by.id, shown_at=now)
    session.add(choice)
    session.flush()
    record(session, actor_id=by.id, action="client.show_options", object=f"lead:{lead.public_id}", now=now)
    words = {"name": lead.member.name, "firm": lead.business.name}
    event, about = _event(choice), client.public_id
    due_at = now + mail.UNDO
    mail.enqueue(session, letter="here_is_who", to=about, event=event, about=about, words=words, due_at=due_at, now=now)
    return choice


def hide_options(session: Session, *, choice: ClientChoice, client: Client, by: Member, now: datetime) -> None:
    """Take back what the client was shown. Raises Conflict where they answered already."""
    lock_lead(session, choice.lead)
    if latest_choice(session, lead=choice.lead) is not choice or choice.answer is not None:
        raise Conflict(_("The client has answered already."))
    mail.recall(session, event=_event(choice), to=client.public_id)
    session.delete(choice)
    record(session, actor_id=by.id, action="client.hide_options", object=f"lead:{choice.lead.public_id}", now=now)
    session.flush()


def answer_choice(
    session: Session,
    *,
    client: Client,
    choice_id: str,
    answer: ClientAnswer,
    chosen: int | None = None,
    words: str = "",
    now: datetime,
) -> None:
    """Keep the client's answer and tell who shows it; the same answer twice changes nothing.

    Their no closes the lead. Raises Conflict where something else is shown by now, or they said something else before.
    """
    lock_lead(session, client.lead)
    choice = latest_choice(session, lead=client.lead)
    if choice is None or choice.public_id != choice_id:
        raise Conflict(_("There is something newer on this page. Please read it and answer that."))
    if answer is ClientAnswer.YES and not 0 <= (chosen if chosen is not None else -1) < len(choice.options):
        raise Invalid(_("Choose one of them."))
    said = (answer, chosen if answer is ClientAnswer.YES else None)
    if choice.answer is not None:
        if (choice.answer, choice.chosen) != said:
            name = client.lead.member.first_name
            raise Conflict(_("You have answered this already. Tell %(name)s what has changed.", name=name))
        return
    choice.answer, choice.chosen = said
    choice.words = clean_line(words, field="words", what=_("what else you want to say"), limit=500, required=False)
    choice.answered_at, lead = now, client.lead
    record(session, actor_id=None, action=f"client.{answer}", object=client, now=now)
    path = f"/leads/{lead.public_id}"
    told = {"title": lead.title, "answer": answer.value, "text": choice.words, "path": path}
    event = f"client-answered-{choice.public_id}"
    mail.enqueue(session, letter="client_answered", to=lead.member, event=event, words=told, now=now)
    if answer is ClientAnswer.NO and lead.closed_at is None:
        change_state(session, lead=lead, to=LeadState.DECLINED, by=None, why=_("the client said no"), now=now)


def withdraw_client(session: Session, *, client: Client, now: datetime) -> None:
    """The client takes back all of it: their contact and what they wrote are deleted, and an open lead ends."""
    lead = client.lead
    lock_lead(session, lead)
    session.execute(update(Submission).where(Submission.lead_id == lead.id).values(sealed=""))
    purge_client(session, client=client, now=now)
    lead.text, lead.place = _("The client withdrew this request."), ""
    for need in lead.needs:
        need.phrase = ""
    if lead.closed_at is None:
        change_state(session, lead=lead, to=LeadState.DECLINED, by=None, why=_("the client withdrew"), now=now)


def _event(choice: ClientChoice) -> str:
    return f"options-{choice.public_id}"
