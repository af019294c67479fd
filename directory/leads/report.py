"""Reports: what giver, receiver and client each say of a lead, and what it was worth.

Append-only: who was wrong takes a report back by another, and says it anew. The lead has one state; its receiver's word
on how it ended is what closes it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from babel.numbers import list_currencies
from sqlalchemy import BigInteger, ColumnElement, ForeignKey, String, and_, or_, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column, relationship

from directory.audit import record
from directory.db import Base, PublicRow
from directory.errors import Conflict, Invalid, Refused
from directory.interpretation.written_amount import LARGEST
from directory.leads.lead import Lead, LeadState
from directory.leads.lead_state import change_state, lock_lead, reopen_lead
from directory.leads.offer import hand_overs
from directory.leads.referral import tell
from directory.money import Money
from directory.outbox import mail
from directory.people.tables import Business, Member
from directory.translation import gettext as _

WORDS_LIMIT = 600


class Side(StrEnum):
    """Who says something of a lead."""

    GIVER = "giver"
    RECEIVER = "receiver"  # who has the lead
    CLIENT = "client"
    CHAPTER = "chapter"  # its lead, or an admin


class Said(StrEnum):
    """What they say."""

    TALKED = "talked"
    SILENT = "silent"  # nothing was heard
    WON = "won"  # it became work
    LOST = "lost"
    DISPUTED = "disputed"
    SETTLED = "settled"  # the chapter's lead decided a dispute
    REVERSED = "reversed"  # takes an earlier report back


MAY_SAY: Mapping[Side, tuple[Said, ...]] = {
    Side.GIVER: (Said.TALKED, Said.SILENT),
    Side.RECEIVER: (Said.TALKED, Said.WON, Said.LOST),
    Side.CLIENT: (Said.TALKED, Said.SILENT, Said.WON, Said.LOST),
    Side.CHAPTER: (Said.WON, Said.LOST),
}
CLOSES = {Said.WON: LeadState.WON, Said.LOST: LeadState.LOST}


class Report(PublicRow, Base):
    """What one side said of a lead. ``by_id`` is None for its client. ``value`` is what the work was worth, to a client
    who is new or comes again; ``reverses_id`` is the report that it takes back."""

    __tablename__ = "report"

    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    side: Mapped[Side]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    said: Mapped[Said]
    value_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3), default="USD")
    is_repeat: Mapped[bool | None]
    words: Mapped[str] = mapped_column(String(WORDS_LIMIT), default="")
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("report.id"), unique=True)
    said_at: Mapped[datetime]

    lead: Mapped[Lead] = relationship()
    by: Mapped[Member | None] = relationship()

    @property
    def value(self) -> Money | None:
        return None if self.value_minor is None else Money(self.value_minor, self.currency)


def side_of(session: Session, *, lead: Lead, member: Member) -> Side | None:
    """Return on which side of the lead the member stands; None for a bystander."""
    if lead.member_id == member.id:
        return Side.RECEIVER
    return Side.GIVER if any(hop.by_id == member.id for hop in hand_overs(session, lead=lead)) else None


def closing_side(lead: Lead, member: Member) -> Side:
    """Return as who the member, who may close the lead, does so."""
    return Side.RECEIVER if lead.member_id == member.id else Side.CHAPTER


def standing_reports(session: Session, *, lead: Lead) -> Sequence[Report]:
    """Return what was said of the lead and not taken back, the oldest first."""
    undo = aliased(Report)
    taken_back = select(undo.id).where(undo.reverses_id == Report.id).exists()
    said = select(Report).where(Report.lead_id == lead.id, Report.said != Said.REVERSED, ~taken_back)
    return session.scalars(said.order_by(Report.id)).all()


def said_last(reports: Sequence[Report], side: Side, by: Member | None) -> Report | None:
    """Return the newest of these reports of a side, by the member."""
    own = (each for each in reversed(reports) if each.side is side and each.by_id == (by.id if by else None))
    return next((each for each in own if each.said not in (Said.DISPUTED, Said.SETTLED)), None)


def open_dispute(reports: Sequence[Report]) -> Report | None:
    """Return the dispute among these reports that nobody has settled."""
    last = next((each for each in reversed(reports) if each.said in (Said.DISPUTED, Said.SETTLED)), None)
    return last if last is not None and last.said is Said.DISPUTED else None


def is_open_dispute(chapters: ColumnElement[Any]) -> tuple[ColumnElement[bool], ...]:
    """The conditions of a dispute that waits for who leads one of these chapters."""
    later = aliased(Report)
    ended = or_(later.reverses_id == Report.id, and_(later.said == Said.SETTLED, later.id > Report.id))
    is_ended = select(later.id).where(later.lead_id == Report.lead_id, ended).exists()
    here = select(Lead.id).join(Lead.business).where(Business.chapter_id.in_(chapters))
    return Report.said == Said.DISPUTED, ~is_ended, Report.lead_id.in_(here)


def closed_value(reports: Sequence[Report]) -> Money | None:
    """Return what the work was worth: as the chapter's lead settled it, else as the receiver said."""
    settled = next((each.value for each in reversed(reports) if each.said is Said.SETTLED and each.value), None)
    won = (each.value for each in reversed(reports) if each.said is Said.WON and each.side is not Side.CLIENT)
    return settled or next(won, None)


def say(
    session: Session,
    *,
    lead: Lead,
    side: Side,
    by: Member | None,
    said: Said,
    value: Money | None = None,
    is_repeat: bool | None = None,
    now: datetime,
) -> Report:
    """Keep what one side says; the same again changes nothing. How it ended, by who has the lead, closes it, and who
    gave it is thanked. Raises Refused for what is not theirs to say, Invalid for an amount, Conflict when closed.
    """
    lock_lead(session, lead)
    if said not in MAY_SAY[side]:
        raise Refused(_("This is not yours to say."))
    if lead.state is LeadState.PENDING:
        raise Conflict(_("Take this lead first."))
    value = checked_value(value) if said is Said.WON and side is not Side.CLIENT else None
    is_repeat = is_repeat if value is not None else None
    before = said_last(standing_reports(session, lead=lead), side, by)
    if before is not None and (before.said, before.value, before.is_repeat) == (said, value, is_repeat):
        return before
    ends_it = said in CLOSES and side is not Side.CLIENT
    if before is not None and before.said in CLOSES:
        raise Conflict(_("You said how it ended. Undo that first, then say it anew."))
    if ends_it and lead.closed_at is not None:
        raise Conflict(_("This lead is closed."))
    report = add_report(session, lead, side, by, said, now, value=value, is_repeat=is_repeat)
    if ends_it:
        change_state(session, lead=lead, to=CLOSES[said], by=by, now=now)
    for hop in hand_overs(session, lead=lead):
        hop.chase_at = None
        if lead.closed_at is None and said in (Said.TALKED, Said.SILENT) and hop.member_id == lead.member_id:
            hop.chase_after(now, chased=2 if said is Said.TALKED else 0)  # who talked needs two weeks
    if said is Said.SILENT and lead.closed_at is None:
        tell(session, lead, lead.member, _silence(side, by), now)
    if said is Said.WON and ends_it:
        _thank(session, lead, report, now)
    return report


def take_back(session: Session, *, lead: Lead, side: Side, by: Member | None, now: datetime) -> Report:
    """Take back what one said last, by a row that reverses it; a lead that it closed is open again.

    Whoever was thanked for it is told, if that letter has left. Raises Conflict where there is nothing to take back.
    """
    lock_lead(session, lead)
    reports = standing_reports(session, lead=lead)
    if (last := said_last(reports, side, by)) is None:
        raise Conflict(_("There is nothing to withdraw."))
    if last.said in CLOSES and side is not Side.CLIENT and lead.closed_at is not None and by is not None:
        reopen_lead(session, lead=lead, by=by, now=now)
    undo = add_report(session, lead, side, by, Said.REVERSED, now, reverses=last)
    for person, _part in _thanked(session, lead) if last.said is Said.WON else ():
        mail.recall(session, event=_thanks(last), to=person)
        if mail.was_written(session, event=_thanks(last), to=person):
            path = path_for(session, lead, person)
            tell(session, lead, person, _("It is not closed after all, or its amount was wrong."), now, path=path)
    for hop in hand_overs(session, lead=lead):
        if hop.member_id == lead.member_id and lead.closed_at is None:
            hop.chase_after(now)
    return undo


def reopen(session: Session, *, lead: Lead, by: Member, now: datetime) -> None:
    """Open a closed lead again, with the report that closed it taken back. Raises Conflict as ``reopen_lead`` does."""
    side = closing_side(lead, by)
    last = said_last(standing_reports(session, lead=lead), side, by)
    if last is not None and last.said in CLOSES:
        take_back(session, lead=lead, side=side, by=by, now=now)
    else:
        reopen_lead(session, lead=lead, by=by, now=now)


def path_for(session: Session, lead: Lead, reader: Member) -> str:
    """Return the page on which somebody reads how a lead stands: its own, or for a giver that of their referral."""
    own = next((hop for hop in hand_overs(session, lead=lead) if hop.by_id == reader.id), None)
    return f"/offers/{own.public_id}" if own is not None and lead.member_id != reader.id else f"/leads/{lead.public_id}"


def said_text(report: Report) -> str:
    """Return what a report says, after the name of who says it."""
    if report.said is Said.TALKED:
        return _("we talked") if report.side is Side.RECEIVER else _("they talked")
    return {
        Said.SILENT: _("nothing heard yet"),
        Said.WON: _("it became work"),
        Said.LOST: _("it came to nothing"),
        Said.DISPUTED: _("something is wrong"),
        Said.SETTLED: _("settled"),
    }[report.said]


def add_report(
    session: Session,
    lead: Lead,
    side: Side,
    by: Member | None,
    said: Said,
    now: datetime,
    *,
    value: Money | None = None,
    is_repeat: bool | None = None,
    words: str = "",
    reverses: Report | None = None,
) -> Report:
    """Append a report to a locked lead, with its line in the audit log."""
    report = Report(lead_id=lead.id, side=side, by_id=by.id if by else None, said=said, words=words, said_at=now)
    report.value_minor, report.is_repeat = value.minor if value else None, is_repeat
    report.currency = value.currency if value else "USD"
    report.reverses_id = reverses.id if reverses else None
    session.add(report)
    session.flush()
    record(session, actor_id=report.by_id, action=f"report.{said}", object=f"lead:{lead.public_id}", now=now)
    return report


def checked_value(value: Money | None) -> Money | None:
    """Return the amount. Raises Invalid for one that is negative, too large or of no known currency."""
    if value is not None and not 0 <= value.minor <= LARGEST:
        raise Invalid(_("Enter an amount from 0 up, as you would invoice it."), field="value")
    if value is not None and value.currency not in list_currencies():
        raise Invalid(_("Enter the currency by its three letters, such as USD."), field="value")
    return value


def _silence(side: Side, by: Member | None) -> str:
    if side is Side.CLIENT:
        return _("The client says that nobody has called yet. Call them today, or say that you cannot.")
    return _("%(name)s has heard nothing of it. Call the client, and say how it stands.", name=by.name if by else "")


def _thanks(report: Report) -> str:
    return f"thanks-{report.public_id}"


def _thanked(session: Session, lead: Lead) -> list[tuple[Member, str]]:
    """Return whom the work is owed to, and as what: the hops of the lead, and who introduced the first of them."""
    hops = hand_overs(session, lead=lead)
    owed = {hop.by_id: (hop.by, "giver" if hop is hops[-1] else "hop") for hop in hops}
    via = lead.introduction.via if lead.introduction else None
    if via is not None:
        owed.setdefault(via.id, (via, "introducer"))
    return [(person, part) for id, (person, part) in owed.items() if id != lead.member_id and person.is_active]


def _thank(session: Session, lead: Lead, report: Report, now: datetime) -> None:
    """Thank whoever the work is owed to, with what it was worth; never with who pays. Held back, so that it can be
    recalled."""
    amount = report.value.spoken(lead.business.country) if report.value else ""
    words = {"name": lead.member.name, "firm": lead.business.name, "amount": amount}
    words["again"] = "yes" if report.is_repeat else ""
    letters = [
        (person, "", words | {"part": part, "title": lead.title if part != "introducer" else ""})
        for person, part in _thanked(session, lead)
    ]
    due_at = now + mail.UNDO
    mail.enqueue_all(session, letter="thanks", event=_thanks(report), letters=letters, due_at=due_at, now=now)
