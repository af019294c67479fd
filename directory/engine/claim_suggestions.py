"""Capabilities that a firm is offered from what it says it does, for its people to take or decline with one tap."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.engine.sentence_encoder import DIMENSIONS, load_model
from directory.engine.world_cache import recent_world
from directory.engine.world_reader import KnownWorld
from directory.people.business import member_visible_headline
from directory.people.claim import Claim, DeclinedCapability
from directory.people.tables import Business, Member, Wanted, WantedKind
from directory.taxonomy.capability import Capability
from matching.capability_extraction import SaidCapability, extract_capabilities
from matching.inputs import Vectors
from matching.need_probability import Encode
from matching.taxonomy_words import TaxonomyIndex

OFFERED = 6
SURE = 0.5  # the least probability of a capability that its text surely says
MOST_READ = 2_000  # texts whose capabilities are kept per process
_read: WeakKeyDictionary[TaxonomyIndex, dict[tuple[str, bool], tuple[SaidCapability, ...]]] = WeakKeyDictionary()
_parts: WeakKeyDictionary[TaxonomyIndex, dict[str, tuple[str, ...]]] = WeakKeyDictionary()


class OfferedCapability(NamedTuple):
    """A capability that a firm is offered; ``is_sure``: it is taken unless a person says no."""

    capability: Capability
    is_sure: bool


def offered_capabilities(session: Session, *, business: Business) -> list[OfferedCapability]:
    """Return up to six capabilities that the firm's text says and its list lacks, the surest first.

    Leaves out what the firm declined or took off its list, and what stands above one of its list; and, once it has a
    list, what its text does not name in a category of which it has nothing: an insurer that reads the contract first
    is no law firm. The text is what all members may read: the summary, without one the headlines of its people, and
    what they offer; never whom it serves.
    """
    known = recent_world(session)
    held = select(Claim.capability_id).where(Claim.business_id == business.id)
    declined = select(DeclinedCapability.capability_id).where(DeclinedCapability.business_id == business.id)
    nodes = {known.capability[id] for id in session.scalars(held) if id in known.capability}
    trades = {known.lexicon.root(node) for node in nodes}
    taken = {node for one in nodes for node in (one, *known.lexicon.lineage(one))}
    taken |= {known.capability[id] for id in session.scalars(declined) if id in known.capability}
    said = said_capabilities(known, text="\n".join(_texts(session, business)))
    sure = {
        int(known.world.taxonomy.ids[one.capability]): one.score >= SURE
        for one in said
        if one.capability not in taken and (one.is_named or not trades or known.lexicon.root(one.capability) in trades)
    }
    ids = list(sure)[:OFFERED]
    rows = {row.id: row for row in session.scalars(select(Capability).where(Capability.id.in_(ids)))} if ids else {}
    return [OfferedCapability(rows[id], sure[id]) for id in ids if id in rows]


def said_capabilities(
    known: KnownWorld, *, text: str, vectors: Mapping[str, Vectors] | None = None
) -> tuple[SaidCapability, ...]:
    """Return what ``text`` says a firm can do, the surest first; read once per process and vocabulary.

    A page that shows many firms gives the stored ``vectors`` of ``texts_to_embed``, and does not wait for the model: if
    one is missing, words alone decide.
    """
    encode: Encode | None = None
    if vectors is None:
        encode = model.encode if (model := load_model()) else None
    elif all(part in vectors for part in texts_to_embed(known, text=text)):
        encode = partial(_stored, vectors)
    read, key = _read.setdefault(known.lexicon, {}), (text, encode is not None)
    if key not in read:
        if len(read) >= MOST_READ:
            read.clear()
        read[key] = extract_capabilities(text, known.lexicon, encode=encode)
    return read[key]


def texts_to_embed(known: KnownWorld, *, text: str) -> tuple[str, ...]:
    """Return the parts of ``text`` that ``said_capabilities`` compares by meaning."""
    parts = _parts.setdefault(known.lexicon, {})
    if text not in parts:
        if len(parts) >= MOST_READ:
            parts.clear()
        asked: list[str] = []

        def note(texts: Sequence[str]) -> Vectors:
            asked.extend(texts)
            return np.zeros((len(texts), DIMENSIONS), dtype=np.float32)

        extract_capabilities(text, known.lexicon, encode=note)
        parts[text] = tuple(dict.fromkeys(asked))
    return parts[text]


def _stored(vectors: Mapping[str, Vectors], texts: Sequence[str]) -> Vectors:
    return np.array([vectors[text] for text in texts], dtype=np.float32).reshape(-1, DIMENSIONS)


def _texts(session: Session, business: Business) -> list[str]:
    headlines = [member_visible_headline(member) for member in business.members if member.is_active]
    offers = (
        select(Wanted.text)
        .join(Wanted.member)
        .where(Member.business_id == business.id, Member.is_active)
        .where(Wanted.kind == WantedKind.OFFER, Wanted.ended_at.is_(None))
        .order_by(Wanted.id)
    )
    return [*([business.summary] if business.summary else headlines), *session.scalars(offers)]
