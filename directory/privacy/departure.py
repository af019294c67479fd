"""Leaving: a member goes at once, may come back for a week, and is then forgotten (see ``erasing``)."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory.audit import record
from directory.db import Base, Row, new_public_id
from directory.errors import Conflict, Invalid
from directory.outbox import mail
from directory.people.business import index_business
from directory.people.member import chapter_roles, holders_of_roles, lock_members
from directory.people.one_time_link import end_links
from directory.people.tables import Business, ChapterRole, Member, MemberState, Role, Wanted
from directory.secrets import hash_of, new_token
from directory.translation import gettext as _

GRACE = timedelta(days=7)


class Departure(Row, Base):
    """A member has left and is erased at ``erase_at``, unless they come back before; ``state`` is what they were.

    They come back by signing in with their password, or by the link in the letter that told them so.
    """

    __tablename__ = "departure"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), unique=True)
    state: Mapped[MemberState]
    left_at: Mapped[datetime]
    erase_at: Mapped[datetime] = mapped_column(index=True)
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)  # None until the letter leaves

    member: Mapped[Member] = relationship()


def leave_network(session: Session, *, member: Member, by: Member, now: datetime) -> Departure:
    """The member is gone from now on: seen, matched and written to no more. The app ends their sessions.

    Roles are given up for good. Raises Conflict for the last administrator, and the last lead of a chapter that has
    other members.
    """
    lock_members(session, member)
    session.refresh(member)
    if member.state not in (MemberState.ACTIVE, MemberState.PENDING):
        raise Conflict(_("This member has already left."))
    check_replaceable(session, member=member)
    departure = Departure(member_id=member.id, state=member.state, left_at=now, erase_at=now + GRACE)
    session.add(departure)
    member.state, member.is_admin = MemberState.GONE, False
    session.execute(delete(ChapterRole).where(ChapterRole.member_id == member.id))
    live = update(Wanted).where(Wanted.member_id == member.id, Wanted.ended_at.is_(None))
    session.execute(live.values(ended_at=now))
    end_links(session, member=member, now=now)
    _moved(session, member, "member.leave", by, now)
    if member.email and member.arrived_at is not None and not member.is_refused:
        event, words = f"left-{new_public_id()}", {"name": member.first_name}
        mail.enqueue(session, letter="left", to=member.email, event=event, about=member.public_id, words=words, now=now)
    return departure


def create_return_token(session: Session, *, public_id: str, now: datetime) -> str | None:
    """The token by which the member comes back, 256 random bits; None where they did, or it is too late."""
    leaves = select(Departure).join(Departure.member).where(Member.public_id == public_id)
    departure = session.scalar(leaves.where(Departure.erase_at > now))
    if departure is None:
        return None
    token = new_token()
    departure.token_hash = hash_of(token)
    session.flush()
    return token


def find_departure(session: Session, *, token: str, now: datetime) -> Departure:
    """The departure that this token takes back. Raises Invalid where it is forged, used or too late."""
    leaves = select(Departure).where(Departure.token_hash == hash_of(token), Departure.erase_at > now)
    departure = session.scalar(leaves)
    if departure is None:
        raise Invalid(
            _(
                "This link was already used, is too old, or is incomplete. If you came back already, you can still "
                "sign in."
            )
        )
    return departure


def come_back(session: Session, *, member: Member, now: datetime) -> bool:
    """Take the leaving back, within its week; False where there is none. What was asked for is asked for again."""
    departure = session.scalar(select(Departure).where(Departure.member_id == member.id).with_for_update())
    if departure is None or departure.erase_at <= now:
        return False
    member.state = departure.state
    ended = update(Wanted).where(Wanted.member_id == member.id, Wanted.ended_at == departure.left_at)
    session.execute(ended.values(ended_at=None))
    session.delete(departure)
    _moved(session, member, "member.come_back", member, now)
    return True


def check_replaceable(session: Session, *, member: Member) -> None:
    """Raises Conflict where nobody else could do what only this member may."""
    if member.is_admin:
        admins = select(Member.id).where(Member.is_admin, Member.is_active).order_by(Member.id)
        if not set(session.scalars(admins.with_for_update(key_share=True))) - {member.id}:
            raise Conflict(_("You are the only admin here. Make somebody else an admin first, then leave."))
    led = [held for held in chapter_roles(session, member=member) if held.role is Role.LEAD]
    for held in led:
        leads = holders_of_roles(session, chapter_id=held.chapter_id, roles=(Role.LEAD,))
        people = (
            select(func.count())
            .join_from(Member, Business)
            .where(Business.chapter_id == held.chapter_id, Member.is_active, Member.id != member.id)
        )
        if session.scalar(people) and not {*leads} - {member}:
            name = held.chapter.name
            raise Conflict(
                _("You are the only lead of %(chapter)s. Name another lead first, then leave.", chapter=name)
            )


def departures_due(session: Session, *, now: datetime) -> list[Member]:
    """Whose week is over, the longest gone first."""
    over = select(Member).join(Departure, Departure.member_id == Member.id).where(Departure.erase_at <= now)
    return list(session.scalars(over.order_by(Departure.erase_at, Departure.id)))


def _moved(session: Session, member: Member, action: str, by: Member, now: datetime) -> None:
    session.flush()
    session.expire(member.business, ["members"])
    index_business(session, member.business)
    record(session, actor_id=by.id, action=action, object=member, now=now)
