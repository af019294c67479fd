"""A network's own words, as a chapter lead looks after them: keep, rename, move, join, hide, and undo each of these.

A word that is hidden or joined with another keeps its row, without claims, so that the same word in the next file
means what was decided. What an act changed is in its ``OwnWordChange``, from which it is undone.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, ForeignKey, and_, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, aliased, joinedload, mapped_column, relationship

from directory.audit import record
from directory.db import Base, PublicRow, columns_to
from directory.errors import Conflict, Invalid
from directory.name_rules import clean_name
from directory.people.business import index_businesses
from directory.people.chapter import Chapter
from directory.people.claim import Claim
from directory.people.tables import Business, Member
from directory.taxonomy.capability import CURATED, OWN, Capability, CapabilityKind, kind_below
from directory.text import fold
from directory.translation import gettext as _


class OwnWordAct(StrEnum):
    KEEP = "keep"
    RENAME = "rename"
    MOVE = "move"
    JOIN = "join"
    HIDE = "hide"


class OwnWordChange(PublicRow, Base):
    """One act on one word. ``before`` has what it takes to undo it: old values, claims removed, rows moved."""

    __tablename__ = "own_word_change"

    chapter_id: Mapped[int] = mapped_column(ForeignKey("chapter.id"), index=True)
    capability_id: Mapped[int] = mapped_column(ForeignKey("capability.id"), index=True)
    target_id: Mapped[int | None] = mapped_column(ForeignKey("capability.id"))  # what it was joined with
    act: Mapped[OwnWordAct]
    before: Mapped[dict[str, Any]]
    made_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]

    chapter: Mapped[Chapter] = relationship()
    capability: Mapped[Capability] = relationship(foreign_keys=[capability_id])
    target: Mapped[Capability | None] = relationship(foreign_keys=[target_id])


def keep(session: Session, *, chapter: Chapter, word: Capability, by: Member, now: datetime) -> OwnWordChange:
    """Note that the word is right as it stands."""
    return _note(session, chapter, word, OwnWordAct.KEEP, {}, by, now)


def rename(
    session: Session, *, chapter: Chapter, word: Capability, name: str, by: Member, now: datetime
) -> OwnWordChange:
    """Give the word another name; the old one remains a synonym. Raises Conflict for the name of another capability."""
    name = clean_name(name, field="name", what=_("the name"), limit=120)
    schemes = select(Capability).where(Capability.scheme.in_((CURATED, OWN)), Capability.hidden_at.is_(None))
    if any(other.id != word.id and fold(other.name) == fold(name) for other in session.scalars(schemes)):
        raise Conflict(_("There is already “%(name)s”. Merge the word with it.", name=name), field="name")
    before = {"name": word.name, "synonyms": word.synonyms}
    word.synonyms = [old for old in dict.fromkeys((*word.synonyms, word.name)) if fold(old) != fold(name)]
    word.name, word.vector = name, None
    index_businesses(session, _claimants(session, word))
    return _note(session, chapter, word, OwnWordAct.RENAME, before, by, now)


def move(
    session: Session, *, chapter: Chapter, word: Capability, parent: Capability | None, by: Member, now: datetime
) -> OwnWordChange:
    """Place the word under a curated category or service, or under none. Raises Invalid for any other place."""
    if parent is not None and (parent.scheme != CURATED or parent.kind is CapabilityKind.PLATFORM):
        raise Invalid(_("Choose a category or a service from the list."), field="parent")
    before = {"parent_id": word.parent_id, "kind": word.kind.value}
    word.parent_id, word.kind = (None, kind_below(None)) if parent is None else (parent.id, kind_below(parent.kind))
    index_businesses(session, _claimants(session, word))
    return _note(session, chapter, word, OwnWordAct.MOVE, before, by, now)


def hide(session: Session, *, chapter: Chapter, word: Capability, by: Member, now: datetime) -> OwnWordChange:
    """Take the word off every firm's list, and leave it out of later files."""
    before = {"claims": _take_claims(session, word, session.scalars(select(Claim).filter_by(capability_id=word.id)))}
    word.hidden_at = now
    index_businesses(session, [business for business, _at in before["claims"]])
    return _note(session, chapter, word, OwnWordAct.HIDE, before, by, now)


def join(
    session: Session, *, chapter: Chapter, word: Capability, target: Capability, by: Member, now: datetime
) -> OwnWordChange:
    """Let the word mean ``target`` from now on: a synonym of it, with all that was claimed, vouched, asked and done.

    Where a firm has both, one claim remains. Raises Invalid unless ``target`` is another one to choose from.
    """
    if target.id == word.id or target.scheme not in (CURATED, OWN) or target.hidden_at is not None:
        raise Invalid(_("Choose another capability from the list."), field="target")
    firms = {*_claimants(session, word), *_claimants(session, target)}
    twin = aliased(Claim)
    has_both = and_(twin.business_id == Claim.business_id, twin.capability_id == target.id)
    both = select(Claim).where(Claim.capability_id == word.id).where(select(twin).where(has_both).exists())
    known = {fold(name) for name in (target.name, *target.synonyms)}
    synonyms = [name for name in (word.name, *word.synonyms) if fold(name) not in known]
    before = {"claims": _take_claims(session, word, session.scalars(both)), "synonyms": synonyms}
    before["moved"] = _move_rows(session, word.id, target.id)
    session.expire_all()  # what was moved is read again
    target.synonyms, word.hidden_at = [*target.synonyms, *synonyms], now
    index_businesses(session, firms)
    return _note(session, chapter, word, OwnWordAct.JOIN, before, by, now, target)


def undo(session: Session, *, change: OwnWordChange, by: Member, now: datetime) -> None:
    """Bring back what was before the act. Raises Conflict if it was undone, or if a later act builds on it."""
    if change.undone_at is not None:
        raise Conflict(_("This was already undone."))
    word, target, before = change.capability, change.target, dict(change.before)
    ids = [word.id, *([target.id] if target else [])]
    later = select(OwnWordChange).where(OwnWordChange.id > change.id, OwnWordChange.undone_at.is_(None))
    on_same = OwnWordChange.capability_id.in_(ids) | (OwnWordChange.target_id == word.id)
    if session.scalar(later.where(on_same).limit(1)):
        raise Conflict(_("“%(word)s” has changed again since. Undo that first.", word=word.name))
    if target is not None:
        _move_back(session, before["moved"], word.id, target.id)
        session.expire_all()
        joined = before.pop("synonyms")
        target.synonyms = [name for name in target.synonyms if name not in joined]
    for name in ("name", "synonyms", "parent_id"):
        if name in before:
            setattr(word, name, before[name])
    if "kind" in before:
        word.kind = CapabilityKind(before["kind"])
    word.hidden_at = None
    if change.act is OwnWordAct.RENAME:
        word.vector = None
    _give_claims(session, word, before.get("claims", []), target)
    change.undone_at = now
    index_businesses(session, {*_claimants(session, word), *(_claimants(session, target) if target else ())})
    record(session, actor_id=by.id, action="own_word.undo", object=change, now=now)


def own_words(session: Session, *, chapter: Chapter) -> list[tuple[Capability, Sequence[Business]]]:
    """Return the words that firms of the chapter or of none have, and those of nobody, newest first, with these firms.

    Hidden and joined ones are left out.
    """
    query = select(Capability, Business).outerjoin(Claim, Claim.capability_id == Capability.id)
    query = query.outerjoin(Business, Business.id == Claim.business_id).where(_is_of(chapter))
    query = query.options(joinedload(Capability.parent)).order_by(Capability.id.desc(), Business.name, Business.id)
    firms: dict[Capability, list[Business]] = {}
    for word, firm in session.execute(query.where(Capability.hidden_at.is_(None))):
        firms.setdefault(word, []).extend([firm] if firm is not None else [])
    return list(firms.items())


def own_word(session: Session, *, chapter: Chapter, public_id: str) -> Capability | None:
    """Return the word of that public id, if it is among those that the chapter's lead looks after."""
    return session.scalar(select(Capability).where(Capability.public_id == public_id, _is_of(chapter)))


def standing_changes(session: Session, *, chapter: Chapter) -> Sequence[OwnWordChange]:
    """Return what was done to words in this chapter and not undone, the latest first."""
    done = select(OwnWordChange).where(OwnWordChange.chapter_id == chapter.id, OwnWordChange.undone_at.is_(None))
    loads = (joinedload(OwnWordChange.capability), joinedload(OwnWordChange.target))
    return session.scalars(done.options(*loads).order_by(OwnWordChange.id.desc())).all()


def joined_names(session: Session) -> dict[int, list[str]]:
    """Return the names that each capability got by joining words with it, by its id."""
    names: dict[int, list[str]] = {}
    joins = select(OwnWordChange.target_id, OwnWordChange.before).where(OwnWordChange.undone_at.is_(None))
    for id, before in session.execute(joins.order_by(OwnWordChange.id)):
        if id is not None:
            names.setdefault(id, []).extend(before["synonyms"])
    return names


def _is_of(chapter: Chapter) -> Any:
    """Own words, except those that only firms of other chapters have."""
    claims = select(Claim.id).join(Business, Business.id == Claim.business_id)
    claims = claims.where(Claim.capability_id == Capability.id).correlate(Capability)
    near = claims.where((Business.chapter_id == chapter.id) | Business.chapter_id.is_(None))
    return and_(Capability.scheme == OWN, near.exists() | ~claims.exists())


def _claimants(session: Session, word: Capability) -> list[int]:
    return list(session.scalars(select(Claim.business_id).where(Claim.capability_id == word.id)))


def _take_claims(session: Session, word: Capability, claims: Any) -> list[tuple[int, str]]:
    """Delete these claims of the word; return (business id, claimed at) for each."""
    taken = [(claim.business_id, claim.claimed_at.isoformat()) for claim in claims]
    firms = [business for business, _at in taken]
    session.execute(delete(Claim).where(Claim.capability_id == word.id, Claim.business_id.in_(firms)))
    return taken


def _give_claims(session: Session, word: Capability, taken: Collection[Any], target: Capability | None) -> None:
    """Add these claims again, where the firm is still there, and still claims the ``target`` they were part of."""
    wanted = {business: datetime.fromisoformat(at) for business, at in taken}
    there = set(session.scalars(select(Business.id).where(Business.id.in_(wanted)))) - {*_claimants(session, word)}
    if target is not None:
        there &= {*_claimants(session, target)}
    session.add_all(Claim(business_id=id, capability_id=word.id, claimed_at=wanted[id]) for id in sorted(there))


def _references() -> dict[str, Column[Any]]:
    """Return the columns that name a capability and follow it when it is joined, by table."""
    own = (Capability.__tablename__, OwnWordChange.__tablename__)
    return {column.table.name: column for column in columns_to("capability") if column.table.name not in own}


def _row_ids(column: Column[Any]) -> list[Column[Any]]:
    return [key for key in column.table.primary_key.columns if key is not column]


def _move_rows(session: Session, word: int, target: int) -> dict[str, list[list[int]]]:
    """Let every row that names the word name the target; return the ids of those rows by table.

    A row stays where the target has the same already, as a constraint says; so does a need of a lead that has both.
    """
    moved: dict[str, list[list[int]]] = {}
    for name, column in _references().items():
        keys = _row_ids(column)
        rows = select(*keys).where(column == word)
        if name == "need":
            rows = rows.where(column.table.c.lead_id.not_in(select(column.table.c.lead_id).where(column == target)))
        for ids in session.execute(rows).all():
            same = and_(column == word, *(key == id for key, id in zip(keys, ids, strict=True)))
            try:
                with session.begin_nested():
                    session.execute(update(column.table).where(same).values({column.name: target}))
            except IntegrityError:
                continue
            moved.setdefault(name, []).append(list(ids))
    return moved


def _move_back(session: Session, moved: dict[str, list[list[int]]], word: int, target: int) -> None:
    for name, column in _references().items():
        keys = _row_ids(column)
        for ids in moved.get(name, ()):
            same = and_(column == target, *(key == id for key, id in zip(keys, ids, strict=True)))
            session.execute(update(column.table).where(same).values({column.name: word}))


def _note(
    session: Session,
    chapter: Chapter,
    word: Capability,
    act: OwnWordAct,
    before: dict[str, Any],
    by: Member,
    now: datetime,
    target: Capability | None = None,
) -> OwnWordChange:
    change = OwnWordChange(chapter=chapter, capability=word, target=target, act=act, before=before, made_at=now)
    session.add(change)
    session.flush()
    record(session, actor_id=by.id, action=f"own_word.{act}", object=word, now=now)
    return change
