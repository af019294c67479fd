"""Introduction paths to a member, in words, from facts that everybody on the path made shareable."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from directory.engine.reason_text import Names, path_text
from directory.engine.world_cache import known_world, recent_world
from directory.engine.world_reader import KnownWorld
from directory.facts.rating import own_ratings
from directory.people.tables import Member
from matching.introduction_paths import acquaintances, introduction_paths
from matching.outputs import Step
from matching.trust import COLD


@dataclass(frozen=True)
class IntroductionPath:
    """A path from the asker to a member: (fact, name of the next person) for each step.

    ``via`` is the member who could introduce them, None where nobody knows both, or where they know each other.
    """

    steps: list[tuple[str, str]]
    via: Member | None


def paths_to(session: Session, *, asker: Member, target: Member, now: datetime) -> list[IntroductionPath]:
    """Return up to three paths, the shortest first; none goes through a member whom the asker rated cold."""
    known = recent_world(session)
    start, end = known.member.get(asker.id), known.member.get(target.id)
    if start is None or end is None:
        return []
    cold = [ratee for ratee, (warmth, _) in own_ratings(session, rater=asker).items() if warmth <= COLD]
    ids = known.world.members.ids
    paths = introduction_paths(
        known.world, start, end, barred=[known.member[ratee] for ratee in cold if ratee in known.member]
    )
    if not paths:
        return []
    people = {int(ids[member]) for path in paths for step in path for member in (step.start, step.end)}
    active = select(Member).where(Member.id.in_(people), Member.is_active)
    members = {row.id: row for row in session.scalars(active)}
    today = now.date()
    names = Names(businesses={}, members=members, capabilities={}, me=asker.id, mine=asker.business_id, today=today)
    result = []
    for path in paths:
        stored = [step_as_data(known, step) for step in path]
        if steps := path_text(stored, names):  # empty where the World is older than the rows
            result.append(IntroductionPath(steps, members[stored[0]["end"]] if len(path) == 2 else None))
    return result


def step_as_data(known: KnownWorld, step: Step) -> dict[str, Any]:
    """Return the step as plain data, with the ids of its members for their indices."""
    ids = known.world.members.ids
    return {**asdict(step), "start": int(ids[step.start]), "end": int(ids[step.end])}


def acquaintances_of(session: Session, *, member: Member) -> list[Member]:
    """Return all active members with whom the member shares a fact, ordered by name."""
    known = known_world(session)
    at = known.member.get(member.id)
    ids = [] if at is None else [int(known.world.members.ids[other]) for other in acquaintances(known.world, at)]
    members = select(Member).where(Member.id.in_(ids), Member.is_active).options(joinedload(Member.business))
    return list(session.scalars(members.order_by(Member.name, Member.id)))
