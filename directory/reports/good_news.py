"""The newest good news for a member: what others did of late that both sides made shareable."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import case, literal, or_, select, union_all
from sqlalchemy.orm import Session, joinedload

from directory.facts.interaction import Interaction
from directory.facts.introduction import Introduction, IntroductionState
from directory.facts.vouch import Vouch
from directory.people.tables import Member, MemberState

IS_NEWS_FOR = timedelta(days=30)


class GoodNews(NamedTuple):
    """``kind``: "vouch" (``by`` put in a good word), "interaction" (confirmed it) or "introduction" (both said yes)."""

    kind: str
    by: Member
    at: datetime


def good_news(session: Session, *, member: Member, now: datetime) -> GoodNews | None:
    """Return the newest of the last 30 days, in one query; None if there is none."""
    me = member.id
    met = case((Introduction.asker_id == me, Introduction.target_id), else_=Introduction.asker_id)
    is_mine = or_(Introduction.asker_id == me, Introduction.target_id == me)
    news = union_all(
        select(literal("vouch").label("kind"), Vouch.giver_id.label("by_id"), Vouch.accepted_at.label("at")).where(
            Vouch.receiver_id == me
        ),
        select(literal("interaction"), Interaction.other_id, Interaction.confirmed_at).where(
            Interaction.said_by_id == me
        ),
        select(literal("introduction"), met, Introduction.answered_at).where(
            is_mine, Introduction.state == IntroductionState.ACCEPTED
        ),
    ).subquery()
    query = select(news.c.kind, Member, news.c.at).join(Member, Member.id == news.c.by_id)
    recent = query.where(Member.state == MemberState.ACTIVE, news.c.at > now - IS_NEWS_FOR)
    newest = recent.options(joinedload(Member.business)).order_by(news.c.at.desc(), Member.id).limit(1)
    row = session.execute(newest).first()
    return GoodNews(*row) if row else None
