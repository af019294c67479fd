"""Undo the import of a list: delete the rows it created, except those used since, and report which stay and why."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, delete, select
from sqlalchemy.orm import Session

from directory.audit import record
from directory.db import Base
from directory.errors import Conflict
from directory.facts.rating import Rating
from directory.imports.people import ImportBatch
from directory.outbox import mail
from directory.people.business import index_businesses
from directory.people.claim import Claim
from directory.people.one_time_link import OneTimeLink
from directory.people.tables import Business, Member, Wanted
from directory.translation import gettext as _

_BATCH_SIZE = 1000  # ids in one statement


@dataclass(frozen=True)
class UndoResult:
    """The number of people removed, and the members who stay, each with the reason."""

    removed: int
    staying: list[tuple[Member, str]]


def undo(session: Session, *, batch: ImportBatch, by: Member, now: datetime) -> UndoResult:
    """Delete what the import created and recall its letters. Raises Conflict if it is too late or was undone.

    Members stay if they have signed in, or if other rows refer to them.
    """
    if not batch.is_undoable(now):
        raise Conflict(_("This can be taken back within a day, and once."))
    made = batch.made
    own = {"wanted": set(made["wanted"]), "claim": set(made["claim"])}
    people = [
        member
        for ids in _batches(made["member"])
        for member in session.scalars(select(Member).where(Member.id.in_(ids)))
    ]
    referenced = _referenced(session, Member, made["member"], own)
    staying = [(member, _("has come")) for member in people if member.arrived_at]
    staying += [
        (member, _("is part of what others wrote"))
        for member in people
        if not member.arrived_at and member.id in referenced
    ]
    staying_ids = {member.id for member, _why in staying}
    leaving = [member for member in people if member.id not in staying_ids]
    affected = {member.business_id for member in leaving}
    for member in leaving:
        mail.recall(session, event=f"batch-{batch.public_id}", to=member)
    ids = [member.id for member in leaving]
    _delete(session, OneTimeLink, OneTimeLink.member_id, ids)
    _delete(session, Rating, Rating.ratee_id, ids)
    _delete(session, Wanted, Wanted.member_id, ids)
    _delete(session, Member, Member.id, ids)
    firms = set(made["business"]) - _referenced(session, Business, made["business"], own)
    _delete(session, Claim, Claim.business_id, firms)
    _delete(session, Business, Business.id, firms)
    session.expire_all()
    batch.undone_at = now
    index_businesses(session, affected - firms)
    record(session, actor_id=by.id, action="import.undo", object=batch, now=now)
    return UndoResult(len(ids), staying)


def _referenced(session: Session, model: type[Base], ids: Sequence[int], own: dict[str, set[int]]) -> set[int]:
    """Return which of these rows other rows refer to.

    One-time links and ratings do not count, nor the rows in ``own``: ids by table name.
    """
    referenced: set[int] = set()
    for table in Base.metadata.sorted_tables:
        if table.name in (OneTimeLink.__tablename__, Rating.__tablename__):
            continue  # a rating must not be revealed, not even by a member who stays
        for column in _columns_to(table.columns, model):
            for batch_ids in _batches(ids):
                rows = select(column, *((table.c.id,) if table.name in own else ())).where(column.in_(batch_ids))
                referenced |= {
                    row[0] for row in session.execute(rows) if table.name not in own or row[1] not in own[table.name]
                }
    return referenced


def _columns_to(columns: Iterable[Column[Any]], model: type[Base]) -> Iterator[Column[Any]]:
    for column in columns:
        if any(key.column.table is model.__table__ for key in column.foreign_keys):
            yield column


def _delete(session: Session, model: type[Base], column: Any, ids: Collection[int]) -> None:
    for batch_ids in _batches(sorted(ids)):
        session.execute(delete(model).where(column.in_(batch_ids)))


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _BATCH_SIZE):
        yield ids[start : start + _BATCH_SIZE]
