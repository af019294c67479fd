"""Ways to somebody: whom you know who knows them, in words, from facts that everybody in them made shareable."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from directory.engine.reason_text import Names, fact
from directory.engine.world import known_world, recent_world
from directory.facts.rating import own_ratings
from directory.people.tables import Member
from matching.introduction_paths import acquaintances, introduction_paths
from matching.trust import COLD


@dataclass(frozen=True)
class IntroductionPath:
    """How one may come to know somebody: a fact and a person for each step.

    ``via`` is who could introduce them, None where nobody knows both; ``is_direct``: they know each other.
    """

    steps: list[tuple[str, str]]
    via: Member | None

    @property
    def is_direct(self) -> bool:
        return len(self.steps) == 1


def paths_to(session: Session, *, asker: Member, target: Member, now: datetime) -> list[IntroductionPath]:
    """Up to three ways, the shortest first; none through somebody whom the asker does not trust."""
    known = recent_world(session, now=now)
    at, there = known.member.get(asker.id), known.member.get(target.id)
    if at is None or there is None:
        return []
    cold = [who for who, (warmth, _) in own_ratings(session, rater=asker).items() if warmth <= COLD]
    ids = known.world.members.ids
    found = introduction_paths(
        known.world, at, there, barred=[known.member[who] for who in cold if who in known.member]
    )
    people = {int(ids[end]) for way in found for step in way for end in (step.start, step.end)}
    here = select(Member).where(Member.id.in_(people), Member.is_active)
    members = {row.id: row for row in session.scalars(here)}
    today = now.date()
    names = Names(businesses={}, members=members, capabilities={}, me=asker.id, mine=asker.business_id, today=today)
    told = []
    for way in found:
        if not all(int(ids[step.end]) in members for step in way):
            continue  # somebody on it has left since
        steps = [
            ({"kind": step.kind, "start": int(ids[step.start]), "forward": step.forward, "day": step.day}, step.end)
            for step in way
        ]
        through = members[int(ids[way[0].end])] if len(way) == 2 else None
        told.append(
            IntroductionPath([(fact(step, names), members[int(ids[end])].name) for step, end in steps], through)
        )
    return told


def acquaintances_of(session: Session, *, member: Member) -> list[Member]:
    """Everybody the member shares a fact with, by name."""
    known = known_world(session)
    at = known.member.get(member.id)
    ids = [] if at is None else [int(known.world.members.ids[other]) for other in acquaintances(known.world, at)]
    met = select(Member).where(Member.id.in_(ids), Member.is_active).options(joinedload(Member.business))
    return list(session.scalars(met.order_by(Member.name, Member.id)))
