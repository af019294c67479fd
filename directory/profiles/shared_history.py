"""What two members share: the facts between them and their firms that both sides made shareable."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from directory.facts.collaboration import Collaboration, finished_between
from directory.facts.interaction import Interaction, interactions_between
from directory.facts.introduction import Introduction
from directory.facts.vouch import Vouch
from directory.people.tables import Member

MOST_MUTUAL = 5


@dataclass(frozen=True)
class SharedHistory:
    """Facts and open claims of facts, the newest first."""

    interactions: list[Interaction]  # confirmed by both
    said: list[Interaction]  # said by one, waiting for the other
    works: list[Collaboration]  # finished, between their firms
    vouches: list[Vouch]  # shown, of one for the other
    introductions: Sequence[Introduction]  # all there were
    mutual: list[Member]  # both met or worked with them; at most ``MOST_MUTUAL``, and none where nothing joins the two

    @property
    def introduced_at(self) -> datetime | None:
        """When both had said that they want to meet."""
        return next((each.answered_at for each in self.introductions if each.is_accepted), None)

    @property
    def is_known(self) -> bool:
        """Whether a fact joins the two, or they were introduced."""
        return bool(self.interactions or self.works or self.vouches or self.introduced_at)


def shared_history(
    session: Session, *, one: Member, other: Member, vouches: list[Vouch], introductions: Sequence[Introduction]
) -> SharedHistory:
    """What ``one`` and ``other`` share; ``vouches`` of one for the other and their ``introductions`` are known."""
    newest = (Interaction.happened_on.desc(), Interaction.id.desc())
    both = session.scalars(select(Interaction).where(interactions_between(one.id, other.id)).order_by(*newest)).all()
    found = SharedHistory(
        interactions=[fact for fact in both if fact.confirmed_at],
        said=[fact for fact in both if not fact.confirmed_at],
        works=finished_between(session, one.business_id, other.business_id),
        vouches=vouches,
        introductions=introductions,
        mutual=[],
    )
    mutual = (
        select(Member)
        .where(Member.id.in_(_met(one)), Member.id.in_(_met(other)), Member.is_active)
        .where(Member.id.not_in([one.id, other.id]))
        .options(joinedload(Member.business))
        .order_by(Member.name, Member.id)
        .limit(MOST_MUTUAL)
    )
    return replace(found, mutual=list(session.scalars(mutual))) if found.is_known else found


def _met(member: Member) -> Select[int]:
    """The ids of everybody whom the member met or worked with, as both confirmed."""
    said = select(Interaction.other_id).where(Interaction.said_by_id == member.id)
    heard = select(Interaction.said_by_id).where(Interaction.other_id == member.id)
    confirmed = Interaction.confirmed_at.is_not(None)
    return select(Member.id).where(Member.id.in_(said.where(confirmed)) | Member.id.in_(heard.where(confirmed)))
