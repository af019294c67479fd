"""Whom a member should meet this week: pairs of a chapter's members for one-to-ones, none again within half a year.

A pair needs a reason: a week without a good pair for somebody has none.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from directory.engine.pair_reason import PairReason
from directory.engine.pair_suggestions import MAX_MEMBERS, Pair, PairScores, score_pairs
from directory.outbox.occurrence import CATCH_UP, Occurrence, lock
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member
from directory.week.pairing import Pairing
from matching.inputs import Bools, Floats
from matching.pairing import best_pairs_of, weekly_weights

AHEAD = timedelta(hours=6)  # before the week's post, so that the morning's mail can name the partner
AGAIN = timedelta(days=182)
ONE_WEEK = timedelta(days=7)


def occurrences_to_pair(session: Session, *, now: datetime) -> list[Occurrence]:
    """Return the occurrences to be paired now, the oldest first; skipped weeks are left out."""
    is_due = Occurrence.due_at.between(now - CATCH_UP, now + AHEAD)
    unpaired = select(Occurrence).where(is_due, Occurrence.paired_at.is_(None), Occurrence.skipped.is_(None))
    return list(session.scalars(unpaired.order_by(Occurrence.due_at, Occurrence.id)))


def propose_pairings(session: Session, *, occurrence: Occurrence, now: datetime) -> list[Pairing]:
    """Propose the week's pairings once, under a lock on ``occurrence``.

    Empty if the occurrence is paired already, or if no two of those who take part have a reason to meet. A chapter of
    more than MAX_MEMBERS is split into new random groups each week.
    """
    lock(session, occurrence)
    if occurrence.paired_at is not None:
        return []
    occurrence.paired_at = now
    takes_part = (Business.chapter_id == occurrence.chapter_id, Member.is_active, Member.sits_out_at.is_(None))
    ids = session.scalars(select(Member.id).join(Member.business).where(*takes_part, Member.arrived_at.is_not(None)))
    groups = random_groups(ids, occurrence, MAX_MEMBERS)
    pairings = [pairing for group in groups for pairing in _pair(session, occurrence, group, now)]
    session.add_all(pairings)
    session.flush()
    return pairings


def random_groups(ids: Iterable[int], occurrence: Occurrence, size: int) -> list[list[int]]:
    """Split the ids into groups of at most ``size``, at random, and in the same way for the same occurrence."""
    shuffled = sorted(ids, key=lambda id: sha256(f"{occurrence.public_id} {id}".encode()).digest())
    count = -(-len(shuffled) // size)
    return [shuffled[at::count] for at in range(count)]


def pairing_reasons(session: Session, pairings: Sequence[Pairing]) -> dict[int, tuple[PairReason, ...]]:
    """Return the current reasons for pairings of one chapter, by their ids, the best first; none if they are gone."""
    if not pairings:
        return {}
    people = {id for pairing in pairings for id in (pairing.one_id, pairing.other_id)}
    scores = score_pairs(session, pairings[0].occurrence.chapter, among=people)
    at = {member.id: position for position, member in enumerate(scores.members)}
    return {
        pairing.id: scores.pair(*sorted((at[pairing.one_id], at[pairing.other_id]))).reasons
        for pairing in pairings
        if {pairing.one_id, pairing.other_id} <= at.keys()
    }


def person_to_meet(session: Session, *, member: Member, now: datetime) -> Pair | None:
    """Return the pair of the member (``one``) and whom they should meet; None where no reason speaks for anybody.

    It is theirs in the best matching of the chapter as it is now, or their best of those left. None, too, within a week
    of a pairing: that is whom they meet.
    """
    chapter = member.business.chapter
    if chapter is None:
        return None
    recent = _recent_pairs(session, chapter, now)
    if any(member.id in (one, other) and when > now - ONE_WEEK for one, other, when in recent):
        return None
    scores = score_pairs(session, chapter, around=member)
    if member not in scores.members:
        return None
    mine, weights = scores.members.index(member), scores.weights.copy()
    weights[_barred(scores, recent)] = 0
    row = weights[mine]
    matched = [a + b - mine for a, b in best_pairs_of(weights).pairs if mine in (a, b)]
    other = matched[0] if matched else int(np.argmax(row))
    return scores.pair(mine, other) if row[other] > 0 else None


def _pair(session: Session, occurrence: Occurrence, people: Collection[int], now: datetime) -> list[Pairing]:
    scores = score_pairs(session, occurrence.chapter, among=people)
    barred = _barred(scores, _recent_pairs(session, occurrence.chapter, now))
    weights = weekly_weights(scores.weights, barred, _waited(session, occurrence, scores.members, now))
    return [
        Pairing(occurrence=occurrence, one=scores.members[a], other=scores.members[b], paired_at=now)
        for a, b in best_pairs_of(weights).pairs
    ]


_RecentPair = tuple[int, int, datetime]  # the ids of two members, and when they were paired


def _recent_pairs(session: Session, chapter: Chapter, now: datetime) -> list[_RecentPair]:
    rows = select(Pairing.one_id, Pairing.other_id, Pairing.paired_at).join(Pairing.occurrence)
    recent = rows.where(Occurrence.chapter_id == chapter.id, Pairing.paired_at > now - AGAIN)
    return [(one, other, when) for one, other, when in session.execute(recent)]


def _barred(scores: PairScores, recent: Sequence[_RecentPair]) -> Bools:
    """Return which members were paired with each other in the last half year, (n, n)."""
    at = {member.id: position for position, member in enumerate(scores.members)}
    barred = np.zeros(scores.weights.shape, dtype=bool)
    for one, other, _when in recent:
        if {one, other} <= at.keys():
            barred[at[one], at[other]] = barred[at[other], at[one]] = True
    return barred


def _waited(session: Session, occurrence: Occurrence, members: Collection[Member], now: datetime) -> Floats:
    """Return for each member the chapter's paired occurrences since their last pairing or their arrival.

    Only occurrences of the last half year count.
    """
    recent = select(Occurrence.paired_at).where(
        Occurrence.chapter_id == occurrence.chapter_id, Occurrence.paired_at > now - AGAIN, Occurrence.paired_at < now
    )
    paired_at = [when for when in session.scalars(recent) if when is not None]
    last: dict[int, datetime] = {}
    for column in (Pairing.one_id, Pairing.other_id):
        ids = [member.id for member in members]
        rows = select(column, func.max(Pairing.paired_at)).where(column.in_(ids)).group_by(column)
        for id, when in session.execute(rows):
            last[id] = max(when, last.get(id, when))
    since = [last.get(member.id, member.arrived_at or member.joined_at) for member in members]
    return np.array([float(sum(when > begin for when in paired_at)) for begin in since])
