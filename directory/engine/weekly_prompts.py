"""Prompting: what each member of a chapter is asked on the morning of its week; read by circles, not one by one."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from hashlib import sha256
from typing import Any

import numpy as np
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.sql.base import ExecutableOption

from directory.engine.pair_suggestions import MOST, PairReason, PairScores, reason_sentence, score_pairs
from directory.engine.text_similarity import FRESH
from directory.facts.interaction import Interaction
from directory.facts.introduction import Introduction, IntroductionState
from directory.outbox.kill_switch import not_stopped
from directory.outbox.occurrence import CATCH_UP, Occurrence
from directory.people.tables import Business, Member, Wanted
from directory.translation import gettext as _
from directory.week.occurrence_planning import slot_instant
from directory.week.pairing import Pairing, PairingState
from directory.week.prompt import PROMISES, ComposedPrompt, Item, Prompt, prompted_member_ids

MORNING, BEFORE = time(7), timedelta(hours=1)  # in the chapter's zone; where its post is earlier, before the post
AGAIN = timedelta(days=56)  # so long nobody is told the same, and a promise counts as open
PEOPLE, FAIR = 2, 6  # to meet; and in how many letters of a circle the same person stands at most


def prompt_time(occurrence: Occurrence) -> datetime:
    """When the letters of a week leave."""
    at = slot_instant(occurrence.chapter, occurrence.local_date, MORNING)
    return min(at, occurrence.due_at - BEFORE)


def occurrences_due(session: Session, *, now: datetime) -> list[Occurrence]:
    """The weeks whose morning it is; none that is left out, held or stopped."""
    near = Occurrence.due_at.between(now - CATCH_UP, now + timedelta(days=1))
    is_on = (Occurrence.skipped.is_(None), Occurrence.held_at.is_(None), not_stopped(Occurrence.chapter_id))
    found = select(Occurrence).where(near, Occurrence.prompted_at.is_(None), *is_on)
    rows = session.scalars(found.options(joinedload(Occurrence.chapter)).order_by(Occurrence.due_at, Occurrence.id))
    return [row for row in rows if prompt_time(row) <= now <= prompt_time(row) + CATCH_UP]


def member_batches(session: Session, *, occurrence: Occurrence) -> list[list[int]]:
    """The chapter's members, dealt into circles that are read at once, anew each week; those with one to write to."""
    here = (Business.chapter_id == occurrence.chapter_id, Member.is_active)
    ids = session.scalars(select(Member.id).join(Member.business).where(*here))
    dealt = sorted(ids, key=lambda id: sha256(f"{occurrence.public_id} {id}".encode()).digest())
    tables, asked = -(-len(dealt) // MOST), _to_ask(session, occurrence)
    return [circle for at in range(tables) if asked & {*(circle := dealt[at::tables])}]


def compose_prompts(
    session: Session, *, occurrence: Occurrence, people: Collection[int], fresh: int = FRESH, now: datetime
) -> list[ComposedPrompt]:
    """What each of a circle is asked who has an address and no prompt yet; nothing, where there is nothing for them.

    ``fresh`` texts at most are read by their meaning for the first time, some 10 ms each; the others by their words.
    """
    circle = score_pairs(session, occurrence.chapter, among=people, fresh=fresh)
    past = _past(session, {member.id for member in circle.members}, now)
    asked, named, fits = _to_ask(session, occurrence), Counter[int](), _fits(circle)
    made = []
    for mine, member in enumerate(circle.members):
        if member.id not in asked:
            continue
        told_before, promises = past[member.id].told, past[member.id].promises
        lines: list[tuple[Item, dict[str, str]]] = []
        barred = past[member.id].people
        for other in np.argsort(-circle.weights[mine], kind="stable"):
            who = circle.members[other]
            if len(lines) == PEOPLE or circle.weights[mine, other] <= 0:
                break
            reasons = circle.pair(mine, int(other)).reasons
            if reasons and named[who.id] < FAIR and who.id not in barred and ("meet", who.public_id) not in told_before:
                named[who.id] += 1
                lines.append(_line("meet", who.public_id, who, reason_sentence(reasons[0], member)))
        met = {item["about"] for item, _words in lines}
        for why, want in fits[mine]:
            if why.asker.public_id not in met and ("ask", want.public_id) not in told_before:
                lines.append(_line("ask", want.public_id, why.asker, reason_sentence(why, member)))
                break
        lines += [(item, words) for _told, _when, item, words in sorted(promises, key=lambda each: each[:2])[:1]]
        made.append(
            ComposedPrompt(member.id, tuple(item for item, _words in lines), tuple(words for _item, words in lines))
        )
    return made


def _line(kind: str, about: str, who: Member, why: str) -> tuple[Item, dict[str, str]]:
    words = {"kind": kind, "name": who.name, "first_name": who.first_name, "firm": who.business.name, "why": why}
    words["about"] = about
    return {"kind": kind, "about": about, "answer": ""}, words


def _to_ask(session: Session, occurrence: Occurrence) -> set[int]:
    here = (Business.chapter_id == occurrence.chapter_id, Member.is_active, Member.email.is_not(None))
    rows = session.execute(select(Member.id, Member.mail_off).join(Member.business).where(*here))
    return {id for id, off in rows if "week" not in off} - {*prompted_member_ids(session, occurrence)}


def _fits(circle: PairScores) -> dict[int, list[tuple[PairReason, Wanted]]]:
    """The asks that each can probably fill, the best first: shared ones, answered by what the firm does or says."""
    fits = defaultdict(list)
    for (_asker, giver), why in circle.answers.items():
        want = next((each for each in why.asker.asks if each.text == why.want and each.shared_at is not None), None)
        if want is not None and why.kind != "name" and why.asker.business_id != why.giver.business_id:
            fits[giver].append((why, want))
    for each in fits.values():
        each.sort(key=lambda fit: (fit[0].kind != "claim", -fit[0].strength))
    return fits


@dataclass
class _Past:
    """What a member was told before, whom they know to call, and what they promised."""

    told: Counter[tuple[str, str]] = field(default_factory=Counter)
    people: set[int] = field(default_factory=set)
    promises: list[tuple[int, datetime, Item, dict[str, str]]] = field(default_factory=list)  # how often told, since


def _past(session: Session, ids: Collection[int], now: datetime) -> defaultdict[int, _Past]:
    """By member, in a handful of queries for all of them."""
    past: defaultdict[int, _Past] = defaultdict(_Past)
    since = now - AGAIN
    earlier = session.scalars(select(Prompt).where(Prompt.member_id.in_(ids), Prompt.made_at > since)).all()
    said = [(row, item["kind"], item["about"], item["answer"]) for row in earlier for item in row.items]
    for row, kind, about, _answer in said:
        past[row.member_id].told[kind, about] += 1
    ended = {(row.member_id, kind, about) for row, kind, about, answer in said if answer}
    met = {frozenset(two) for two in session.execute(_met_since(ids, since))}

    def promise(member_id: int, when: datetime, kind: str, about: str, who: Member, sentence: str) -> None:
        mine, is_met = past[member_id], {member_id, who.id} in met
        mine.people.add(who.id)
        if (member_id, kind, about) not in ended and who.is_active and (kind in ("talk", "help") or not is_met):
            mine.promises.append((mine.told[kind, about], when, *_line(kind, about, who, sentence)))

    for talk in session.scalars(_open_talks(ids, since)):
        for member, other in ((talk.one, talk.other), (talk.other, talk.one)):
            if member.id in ids:
                sentence = _("You two are paired for a talk: 45 minutes, whenever it suits you both.")
                promise(member.id, talk.paired_at, "talk", talk.public_id, other, sentence)
    for intro in session.scalars(_introduced(ids, since)):
        for member, other in ((intro.asker, intro.target), (intro.target, intro.asker)):
            if member.id in ids:
                sentence = _("You were introduced: “%(text)s”", text=intro.text)
                promise(
                    member.id, intro.answered_at or intro.asked_at, "introduction", intro.public_id, other, sentence
                )
    kept = [(row, kind, about) for row, kind, about, answer in said if answer == "yes" and kind in PROMISES]
    people = _by_id(session, Member, [about for _row, kind, about in kept if kind == "meet"])
    asks = _by_id(session, Wanted, [about for _row, kind, about in kept if kind == "ask"])
    for row, kind, about in kept:
        if kind == "meet" and about in people:
            promise(row.member_id, row.made_at, "call", about, people[about], _("You said you would call."))
        elif kind == "ask" and about in asks and asks[about].ended_at is None:
            sentence = _("You said you could help with “%(text)s”", text=asks[about].text)
            promise(row.member_id, row.made_at, "help", about, asks[about].member, sentence)
    return past


def _met_since(ids: Collection[int], since: datetime) -> Select[int, int]:
    two = Interaction.said_by_id, Interaction.other_id
    return select(*two).where(or_(*(each.in_(ids) for each in two)), Interaction.said_at > since)


def _open_talks(ids: Collection[int], since: datetime) -> Select[Pairing]:
    theirs = or_(Pairing.one_id.in_(ids), Pairing.other_id.in_(ids))
    found = select(Pairing).where(theirs, Pairing.paired_at > since, Pairing.state == PairingState.PROPOSED)
    return found.options(*_with_firms(Pairing.one, Pairing.other)).order_by(Pairing.id)


def _introduced(ids: Collection[int], since: datetime) -> Select[Introduction]:
    theirs = or_(Introduction.asker_id.in_(ids), Introduction.target_id.in_(ids))
    accepted = Introduction.state == IntroductionState.ACCEPTED
    found = select(Introduction).where(theirs, accepted, Introduction.answered_at > since)
    return found.options(*_with_firms(Introduction.asker, Introduction.target)).order_by(Introduction.id)


def _with_firms(*people: Any) -> Iterable[ExecutableOption]:
    return (joinedload(person).joinedload(Member.business) for person in people)


def _by_id(session: Session, table: type[Any], ids: Collection[str]) -> dict[str, Any]:
    if not ids:
        return {}
    return {row.public_id: row for row in session.scalars(select(table).where(table.public_id.in_(ids)))}
