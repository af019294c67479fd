"""The states of a lead, from its arrival to its outcome, and every change of them as a row."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from directory.audit import record
from directory.db import Base, Row
from directory.errors import Conflict
from directory.leads.lead import Lead, LeadState
from directory.people.tables import Member
from directory.translation import gettext as _

CHANGES: Mapping[LeadState, frozenset[LeadState]] = {
    LeadState.PENDING: frozenset({LeadState.RECEIVED, LeadState.DECLINED, LeadState.EXPIRED}),
    LeadState.RECEIVED: frozenset(
        {LeadState.ACTIVE, LeadState.WON, LeadState.LOST, LeadState.DECLINED, LeadState.EXPIRED}
    ),
    LeadState.ACTIVE: frozenset({LeadState.RECEIVED, LeadState.WON, LeadState.LOST, LeadState.DECLINED}),
    LeadState.WON: frozenset(),
    LeadState.LOST: frozenset(),
    LeadState.DECLINED: frozenset(),
    LeadState.EXPIRED: frozenset(),
}  # the only table of what may follow what; ``reopen_lead`` alone leaves a closed state


class LeadChange(Row, Base):
    """One change of a lead's state: who made it, when and why. Append-only; ``by_id`` is None for a job."""

    __tablename__ = "lead_change"

    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    from_state: Mapped[LeadState]
    to_state: Mapped[LeadState]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    why: Mapped[str] = mapped_column(String(300), default="")
    changed_at: Mapped[datetime]


def change_state(
    session: Session, *, lead: Lead, to: LeadState, by: Member | None, why: str = "", now: datetime
) -> None:
    """Change the lead's state as CHANGES allows. A lead that is in the state already stays as it is.

    Locks the lead. Raises Conflict with what stands in the way, for example that it is closed.
    """
    lock_lead(session, lead)
    if lead.state == to:
        return
    if to not in CHANGES[lead.state]:
        raise Conflict(_("This lead is closed.") if lead.state.is_closed else _("This lead is not that far yet."))
    _write(session, lead, to=to, by=by, why=why, now=now)


def reopen_lead(session: Session, *, lead: Lead, by: Member, now: datetime) -> None:
    """Take a closed lead back to the state it had, if ``by`` closed it. This, too, is a change with its row.

    Raises Conflict if it is not closed, or if somebody else closed it.
    """
    lock_lead(session, lead)
    last = _last_change(session, lead)
    if last is None or last.by_id != by.id or not lead.state.is_closed:
        raise Conflict(_("Only the person who closed a lead can reopen it."))
    _write(session, lead, to=last.from_state, by=by, why=_("reopened"), now=now)


def is_last_changed_by(session: Session, *, lead: Lead, member: Member) -> bool:
    """Whether the member made the newest change of the lead's state, so that ``reopen_lead`` may take it back."""
    last = _last_change(session, lead)
    return last is not None and last.by_id == member.id


def _last_change(session: Session, lead: Lead) -> LeadChange | None:
    newest = select(LeadChange).where(LeadChange.lead_id == lead.id).order_by(LeadChange.id.desc())
    return session.scalar(newest.limit(1))


def state_text(state: LeadState) -> str:
    """Return the state in a word or two for the page."""
    return {
        LeadState.PENDING: _("new"),
        LeadState.RECEIVED: _("open"),
        LeadState.ACTIVE: _("in progress"),
        LeadState.WON: _("won"),
        LeadState.LOST: _("lost"),
        LeadState.DECLINED: _("no longer needed"),
        LeadState.EXPIRED: _("expired"),
    }[state]


def lock_lead(session: Session, lead: Lead) -> None:
    """Lock the lead's row until the transaction ends, and read it anew."""
    session.flush()
    session.refresh(lead, with_for_update=True)


def _write(session: Session, lead: Lead, *, to: LeadState, by: Member | None, why: str, now: datetime) -> None:
    session.add(
        LeadChange(
            lead_id=lead.id,
            from_state=lead.state,
            to_state=to,
            by_id=by.id if by else None,
            why=why[:300],
            changed_at=now,
        )
    )
    lead.state = to
    lead.closed_at = now if to.is_closed else None
    record(session, actor_id=by.id if by else None, action=f"lead.{to}", object=f"lead:{lead.public_id}", now=now)
