"""Corrected leads as examples: what people add to a lead's needs or take from them is heard in later leads."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.engine.sentence_encoder import DIMENSIONS, load_model
from directory.engine.world_cache import recent_world
from directory.engine.world_reader import KnownWorld
from directory.leads.lead import Lead, MatchedBy, Terms, Wish, correct_lead
from directory.leads.need_example import NeedExample, examples_of_lead
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


def correct_and_learn(
    session: Session, *, lead: Lead, member: Member, wishes: Sequence[Wish], terms: Terms, now: datetime
) -> None:
    """Correct the lead, and keep what changed in its needs as examples; what is taken back is forgotten.

    Raises as ``correct_lead`` does. A need that the text does not speak of is no example.
    """
    before = {need.capability_id: need.matched_by for need in lead.needs}
    correct_lead(session, lead=lead, member=member, wishes=wishes, terms=terms, now=now)
    after, known = {need.capability_id for need in lead.needs}, examples_of_lead(session, lead=lead)
    for capability in after ^ before.keys():
        if (earlier := known.get(capability)) is not None:
            session.delete(earlier)
        elif capability in after or before[capability] is not MatchedBy.PERSON:
            session.add_all(_examples(session, lead, member, capability, after, now))
    session.flush()


def _examples(
    session: Session, lead: Lead, member: Member, capability: int, needs: set[int], now: datetime
) -> list[NeedExample]:
    known, model = recent_world(session), load_model()
    at = known.capability
    phrase = (
        corrected_phrase(
            lead.text,
            at[capability],
            known.lexicon,
            encode=model.encode if model else None,
            beside=[at[need] for need in needs - {capability} if need in at],
            is_need=capability in needs,
        )
        if capability in at
        else ""
    )
    if not phrase:
        return []
    vector = model.encode([phrase]).astype(np.float16).tobytes() if model else None
    return [
        NeedExample(
            lead=lead,
            capability_id=capability,
            member_id=member.id,
            phrase=phrase,
            is_need=capability in needs,
            vector=vector,
            made_at=now,
        )
    ]
