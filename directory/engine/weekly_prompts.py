"""Composes the weekly prompts of a chapter in batches: whom to meet, which ask to fill, what a member promised."""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload

from directory.engine.pair_reason import PairReason, reason_sentence
from directory.engine.pair_suggestions import MAX_MEMBERS, PairScores, score_pairs
from directory.engine.weekly_pairings import pairing_reasons, random_groups
from directory.facts.interaction import Interaction
from directory.facts.introduction import Introduction, IntroductionState
from directory.outbox import mail
from directory.outbox.kill_switch import not_stopped
from directory.outbox.occurrence import CATCH_UP, Occurrence
from directory.people.tables import Business, Member, Wanted
from directory.translation import gettext as _
from directory.week.occurrence_planning import slot_instant
from directory.week.pairing import Pairing, PairingState
from directory.week.prompt import PROMISES, Line, Prompt, prompted_member_ids

MORNING, BEFORE = time(7), timedelta(hours=1)  # in the chapter's zone; BEFORE its post, if that is earlier
AGAIN = timedelta(days=56)  # the time in which no item is repeated, and in which a promise counts as open
FAIR = 6  # prompts of a batch in which the same person may be named


def prompt_time(occurrence: Occurrence) -> datetime:
    """Return when the prompts of a week are sent."""
    morning = slot_instant(occurrence.chapter, occurrence.local_date, MORNING)
    return min(morning, occurrence.due_at - BEFORE)


def occurrences_due(session: Session, *, now: datetime) -> list[Occurrence]:
    """Return the occurrences whose prompts are due, the oldest first; none that is skipped, held or stopped."""
    is_near = Occurrence.due_at.between(now - CATCH_UP, now + timedelta(days=1))
    is_on = (Occurrence.skipped.is_(None), Occurrence.held_at.is_(None), not_stopped(Occurrence.chapter_id))
    unprompted = select(Occurrence).where(is_near, Occurrence.prompted_at.is_(None), *is_on)
    rows = session.scalars(
        unprompted.options(joinedload(Occurrence.chapter)).order_by(Occurrence.due_at, Occurrence.id)
    )
    return [row for row in rows if prompt_time(row) <= now <= prompt_time(row) + CATCH_UP]


def member_batches(session: Session, *, occurrence: Occurrence) -> list[list[int]]:
    """Split the chapter's members into random batches, new ones each week; omit batches without a recipient."""
    is_here = (Business.chapter_id == occurrence.chapter_id, Member.is_active)
    ids = session.scalars(select(Member.id).join(Member.business).where(*is_here))
    recipients = _recipients(session, occurrence)
    return [batch for batch in random_groups(ids, occurrence, MAX_MEMBERS) if recipients & {*batch}]


def compose_prompts(
    session: Session, *, occurrence: Occurrence, people: Collection[int], now: datetime
) -> dict[int, list[Line]]:
    """Compose the prompts of a batch by member id, for members with an address and no prompt yet; one may be empty."""
    scores = score_pairs(session, occurrence.chapter, among=people)
    past = _past(session, {member.id for member in scores.members}, now)
    recipients, named, fits = _recipients(session, occurrence), Counter[int](), _fits(scores)
    open_talks = select(Pairing).where(Pairing.occurrence_id == occurrence.id, Pairing.state == PairingState.PROPOSED)
    talks = {id: talk for talk in session.scalars(open_talks) for id in (talk.one_id, talk.other_id)}
    prompts: dict[int, list[Line]] = {}
    for mine, member in enumerate(scores.members):
        if member.id not in recipients:
            continue
        sent_before, promises = past[member.id].sent, past[member.id].promises
        talk = talks.get(member.id)
        if talk is not None:
            lines = [_talk_line(session, scores, talk, member)]
        else:
            lines = _person_to_meet(scores, mine, past[member.id], named)
        to_meet = {line["about"] for line in lines} | ({talk.partner(member).public_id} if talk else set())
        for why in fits[mine]:
            if why.asker.public_id not in to_meet and ("ask", why.ask.public_id) not in sent_before:
                lines.append(_line("ask", why.ask.public_id, why.asker, reason_sentence(why, member)))
                break
        others = [promise for promise in promises if talk is None or promise[2]["about"] != talk.public_id]
        lines += [line for _sent, _since, line in sorted(others, key=lambda row: row[:2])[:1]]
        prompts[member.id] = lines
    return prompts


def _person_to_meet(scores: PairScores, mine: int, past: "_Past", named: Counter[int]) -> list[Line]:
    """Return the line of the best person whom the member was not named lately, and who is not named too often now."""
    for other in np.argsort(-scores.weights[mine], kind="stable"):
        who = scores.members[other]
        if scores.weights[mine, other] <= 0:
            break
        if named[who.id] < FAIR and who.id not in past.people and ("meet", who.public_id) not in past.sent:
            named[who.id] += 1
            why = scores.pair(mine, int(other)).reasons[0]
            return [_line("meet", who.public_id, who, reason_sentence(why, scores.members[mine]))]
    return []


def _talk_line(session: Session, scores: PairScores, talk: Pairing, member: Member) -> Line:
    """Return the line of the week's pairing, with its best reason."""
    partner = talk.partner(member)
    both = [at for at, one in enumerate(scores.members) if one in (talk.one, talk.other)]
    reasons = scores.pair(*both).reasons if len(both) == 2 else pairing_reasons(session, [talk]).get(talk.id, ())
    sentence = _("Take 45 minutes, whenever works for both of you")
    if reasons:
        sentence = _("%(reason)s. %(sentence)s", reason=reason_sentence(reasons[0], member), sentence=sentence)
    return _line("talk", talk.public_id, partner, sentence)


def _line(kind: str, about: str, who: Member, why: str) -> Line:
    person = {"name": who.name, "first_name": who.first_name, "firm": who.business.name}
    return {"kind": kind, "about": about, **person, "why": why}


def _recipients(session: Session, occurrence: Occurrence) -> set[int]:
    here = select(Member.id, *mail.RECIPIENT).join(Member.business).where(Business.chapter_id == occurrence.chapter_id)
    rows = session.execute(here.where(Member.is_active))
    mailed = {row.id for row in rows if mail.address_of(mail.BY_NAME["prompt"], row)}
    return mailed - {*prompted_member_ids(session, occurrence)}


def _fits(scores: PairScores) -> dict[int, list[PairReason]]:
    """Return the shared asks that each member may fill, by position, the best first; a firm's name says too little."""
    fits = defaultdict(list)
    for (_asker, giver), why in scores.answers.items():
        if why.ask.shared_at is not None and why.kind != "name":
            fits[giver].append(why)
    for member_fits in fits.values():
        member_fits.sort(key=lambda why: (why.kind != "claim", -why.strength))
    return fits


@dataclass
class _Past:
    """A member's earlier prompt items, the people of their promises, open or not, and the open promises."""

    sent: Counter[tuple[str, str]] = field(default_factory=Counter)  # (kind, about) -> how often
    people: set[int] = field(default_factory=set)
    promises: list[tuple[int, datetime, Line]] = field(default_factory=list)  # times sent, since, line


def _past(session: Session, ids: Collection[int], now: datetime) -> defaultdict[int, _Past]:
    """Return the past of each member by id, in a handful of queries for all of them."""
    past: defaultdict[int, _Past] = defaultdict(_Past)
    since = now - AGAIN
    earlier = session.scalars(select(Prompt).where(Prompt.member_id.in_(ids), Prompt.made_at > since)).all()
    items = [(row, item["kind"], item["about"], item["answer"]) for row in earlier for item in row.items]
    for row, kind, about, _answer in items:
        past[row.member_id].sent[kind, about] += 1
    ended = {(row.member_id, kind, about) for row, kind, about, answer in items if answer}
    met = {frozenset(pair) for pair in session.execute(_met_since(ids, since))}

    def add_promise(member_id: int, when: datetime, kind: str, about: str, who: Member, sentence: str) -> None:
        if member_id not in ids:
            return
        mine, is_met = past[member_id], {member_id, who.id} in met
        mine.people.add(who.id)
        if (member_id, kind, about) not in ended and who.is_active and (kind in ("talk", "help") or not is_met):
            mine.promises.append((mine.sent[kind, about], when, _line(kind, about, who, sentence)))

    for pairing in session.scalars(_open_pairings(ids, since)):
        sentence = _("You two are paired for a talk: 45 minutes, whenever works for both of you.")
        for member, other in ((pairing.one, pairing.other), (pairing.other, pairing.one)):
            add_promise(member.id, pairing.paired_at, "talk", pairing.public_id, other, sentence)
    for intro in session.scalars(_introduced(ids, since)):
        sentence, when = _("You were introduced: “%(text)s”", text=intro.text), intro.answered_at or intro.asked_at
        for member, other in ((intro.asker, intro.target), (intro.target, intro.asker)):
            add_promise(member.id, when, "introduction", intro.public_id, other, sentence)
    promised = [(row, kind, about) for row, kind, about, answer in items if answer == "yes" and kind in PROMISES]
    people = _by_id(session, Member, [about for _row, kind, about in promised if kind == "meet"])
    asks = _by_id(session, Wanted, [about for _row, kind, about in promised if kind == "ask"])
    for row, kind, about in promised:
        if kind == "meet" and about in people:
            add_promise(row.member_id, row.made_at, "call", about, people[about], _("You said you would call."))
        elif kind == "ask" and about in asks and asks[about].ended_at is None:
            sentence = _("You said you could help with “%(text)s”", text=asks[about].text)
            add_promise(row.member_id, row.made_at, "help", about, asks[about].member, sentence)
    return past


def _met_since(ids: Collection[int], since: datetime) -> Select[int, int]:
    pair = Interaction.said_by_id, Interaction.other_id
    return select(*pair).where(or_(*(column.in_(ids) for column in pair)), Interaction.said_at > since)


def _open_pairings(ids: Collection[int], since: datetime) -> Select[Pairing]:
    theirs = or_(Pairing.one_id.in_(ids), Pairing.other_id.in_(ids))
    proposed = select(Pairing).where(theirs, Pairing.paired_at > since, Pairing.state == PairingState.PROPOSED)
    firms = (joinedload(person).joinedload(Member.business) for person in (Pairing.one, Pairing.other))
    return proposed.options(*firms).order_by(Pairing.id)


def _introduced(ids: Collection[int], since: datetime) -> Select[Introduction]:
    theirs = or_(Introduction.asker_id.in_(ids), Introduction.target_id.in_(ids))
    accepted = Introduction.state == IntroductionState.ACCEPTED
    recent = select(Introduction).where(theirs, accepted, Introduction.answered_at > since)
    firms = (joinedload(person).joinedload(Member.business) for person in (Introduction.asker, Introduction.target))
    return recent.options(*firms).order_by(Introduction.id)


def _by_id(session: Session, table: type[Any], ids: Collection[str]) -> dict[str, Any]:
    if not ids:
        return {}
    return {row.public_id: row for row in session.scalars(select(table).where(table.public_id.in_(ids)))}
