"""Shared history: the facts between two members and their firms that both sides made shareable."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from directory.facts.collaboration import Collaboration, finished_between
from directory.facts.interaction import Interaction, interactions_between, met_by
from directory.facts.introduction import Introduction
from directory.facts.vouch import Vouch
from directory.people.tables import Member

MAX_MUTUAL = 5


@dataclass(frozen=True)
class SharedHistory:
    """Facts between two members, and interactions not confirmed yet, the newest first."""

    interactions: list[Interaction]  # confirmed by both
    unconfirmed: list[Interaction]  # stated by one, waiting for the other
    collaborations: list[Collaboration]  # finished, between their firms
    vouches: list[Vouch]  # shown, of one for the other
    introductions: Sequence[Introduction]  # all there were
    mutual: list[Member]  # whom both met or worked with; at most ``MAX_MUTUAL``, and none where nothing joins the two

    @property
    def introduced_at(self) -> datetime | None:
        """When both had accepted an introduction; None without one."""
        return next((each.answered_at for each in self.introductions if each.is_accepted), None)

    @property
    def is_known(self) -> bool:
        """Whether a fact joins the two, or they were introduced."""
        return bool(self.interactions or self.collaborations or self.vouches or self.introduced_at)


def shared_history(
    session: Session, *, one: Member, other: Member, vouches: list[Vouch], introductions: Sequence[Introduction]
) -> SharedHistory:
    """Return what ``one`` and ``other`` share.

    ``vouches`` of one for the other and their ``introductions`` are given, since the caller has them.
    """
    newest = (Interaction.happened_on.desc(), Interaction.id.desc())
    both = session.scalars(select(Interaction).where(interactions_between(one.id, other.id)).order_by(*newest)).all()
    history = SharedHistory(
        interactions=[fact for fact in both if fact.confirmed_at],
        unconfirmed=[fact for fact in both if not fact.confirmed_at],
        collaborations=finished_between(session, one.business_id, other.business_id),
        vouches=vouches,
        introductions=introductions,
        mutual=[],
    )
    mutual = (
        select(Member)
        .where(Member.id.in_(met_by(one)), Member.id.in_(met_by(other)), Member.is_active)
        .where(Member.id.not_in([one.id, other.id]))
        .options(joinedload(Member.business))
        .order_by(Member.name, Member.id)
        .limit(MAX_MUTUAL)
    )
    return replace(history, mutual=list(session.scalars(mutual))) if history.is_known else history
