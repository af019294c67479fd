"""What two members share: the facts between them and their firms that both sides made shareable."""

from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from directory.leads.collaboration import Collaboration, finished_between
from directory.people.interaction import Interaction, between
from directory.people.member import Member

MOST_MUTUAL = 5


@dataclass(frozen=True)
class Shared:
    """Facts and open claims of facts, the newest first."""

    interactions: list[Interaction]  # confirmed by both
    said: list[Interaction]  # said by one, waiting for the other
    works: list[Collaboration]  # finished, between their firms
    mutual: list[Member]  # both met or worked with them; at most ``MOST_MUTUAL``


def shared(session: Session, *, one: Member, other: Member) -> Shared:
    """What ``one`` and ``other`` share, in three queries."""
    newest = (Interaction.happened_on.desc(), Interaction.id.desc())
    both = session.scalars(select(Interaction).where(between(one.id, other.id)).order_by(*newest)).all()
    mutual = (
        select(Member)
        .where(Member.id.in_(_met(one)), Member.id.in_(_met(other)), Member.is_active)
        .where(Member.id.not_in([one.id, other.id]))
        .options(joinedload(Member.business))
        .order_by(Member.name, Member.id)
        .limit(MOST_MUTUAL)
    )
    return Shared(
        interactions=[fact for fact in both if fact.confirmed_at],
        said=[fact for fact in both if not fact.confirmed_at],
        works=finished_between(session, one.business_id, other.business_id),
        mutual=list(session.scalars(mutual)),
    )


def _met(member: Member) -> Select[int]:
    """The ids of everybody whom the member met or worked with, as both confirmed."""
    said = select(Interaction.other_id).where(Interaction.said_by_id == member.id)
    heard = select(Interaction.said_by_id).where(Interaction.other_id == member.id)
    confirmed = Interaction.confirmed_at.is_not(None)
    return select(Member.id).where(Member.id.in_(said.where(confirmed)) | Member.id.in_(heard.where(confirmed)))
