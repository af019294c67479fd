"""Corrected leads as examples: what people add to a lead's needs or take from them is heard in later leads."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.engine.sentence_encoder import DIMENSIONS, load_model
from directory.engine.world_cache import recent_world
from directory.engine.world_reader import KnownWorld
from directory.leads.lead import Lead, MatchedBy, Terms, Wish, correct_lead
from directory.leads.need_example import NeedExample, examples_of_lead
from directory.leads.seat_holder import follow_seats
from directory.people.tables import Member
from matching.need_examples import NeedExamples, corrected_phrase

MOST = 300  # examples that count, the newest


def known_examples(session: Session, known: KnownWorld) -> NeedExamples:
    """Return the examples that count, the newest first."""
    columns = (NeedExample.phrase, NeedExample.capability_id, NeedExample.is_need, NeedExample.member_id)
    newest = select(*columns, NeedExample.vector).where(NeedExample.hidden_at.is_(None), NeedExample.phrase != "")
    rows = [
        row
        for row in session.execute(newest.order_by(NeedExample.id.desc()).limit(MOST))
        if row.capability_id in known.capability
    ]
    nothing = np.zeros(DIMENSIONS, dtype=np.float16).tobytes()
    stored = b"".join(row.vector or nothing for row in rows)
    return NeedExamples(
        phrases=tuple(row.phrase for row in rows),
        nodes=np.array([known.capability[row.capability_id] for row in rows], dtype=np.int64),
        asks=np.array([row.is_need for row in rows], dtype=np.bool_),
        people=np.array([row.member_id for row in rows], dtype=np.int64),
        vectors=np.frombuffer(stored, dtype=np.float16).reshape(-1, DIMENSIONS).astype(np.float32),
    )


def learn(
    session: Session, *, lead: Lead, wishes: Sequence[Wish], member: Member, now: datetime
) -> dict[int, NeedExample]:
    """Return what ``wishes`` instead of the lead's needs would teach, by capability id; nothing is stored.

    A need that the text does not speak of teaches nothing, nor does taking away one that a person chose.
    """
    before, after = (
        {need.capability_id: need.matched_by for need in lead.needs},
        {wish.capability_id for wish in wishes},
    )
    known, model = recent_world(session), load_model()
    at, learnt = known.capability, {}
    for capability in (after ^ before.keys()) & at.keys():
        if before.get(capability) is MatchedBy.PERSON:
            continue
        phrase = corrected_phrase(
            lead.text,
            at[capability],
            known.lexicon,
            encode=model.encode if model else None,
            beside=[at[need] for need in after - {capability} if need in at],
            is_need=capability in after,
        )
        if phrase:
            learnt[capability] = NeedExample(
                lead_id=lead.id,
                capability_id=capability,
                member_id=member.id,
                phrase=phrase,
                is_need=capability in after,
                vector=model.encode([phrase]).astype(np.float16).tobytes() if model else None,
                made_at=now,
            )
    return learnt


def correct_and_learn(
    session: Session,
    *,
    lead: Lead,
    member: Member,
    wishes: Sequence[Wish],
    terms: Terms,
    learnt: Mapping[int, NeedExample],
    now: datetime,
) -> None:
    """Correct the lead, and keep what ``learn`` made of it; what is taken back is forgotten.

    Raises as ``correct_lead`` does.
    """
    before = {need.capability_id for need in lead.needs}
    correct_lead(session, lead=lead, member=member, wishes=wishes, terms=terms, now=now)
    follow_seats(session, lead=lead, by=member, now=now)
    earlier = examples_of_lead(session, lead=lead)
    for capability in before ^ {need.capability_id for need in lead.needs}:
        if capability in earlier:
            session.delete(earlier[capability])
        elif capability in learnt:
            session.add(learnt[capability])
    session.flush()
