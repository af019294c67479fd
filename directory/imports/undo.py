"""Taking a list back: what it made is gone where nobody has come or acted since; what stays is said, with why."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, delete, select
from sqlalchemy.orm import Session

from directory.audit import record
from directory.db import Base, bump_world
from directory.errors import Conflict
from directory.facts.rating import Rating
from directory.imports.people import ImportBatch
from directory.outbox import mail
from directory.people.business import index_businesses
from directory.people.claim import Claim
from directory.people.one_time_link import OneTimeLink
from directory.people.tables import Business, Member, Wanted
from directory.translation import gettext as _

_AT_ONCE = 1000  # ids in one statement


@dataclass(frozen=True)
class TakenBack:
    """How many people went again, and who stays and why."""

    gone: int
    staying: list[tuple[Member, str]]


def undo(session: Session, *, batch: ImportBatch, by: Member, now: datetime) -> TakenBack:
    """Delete what the list made, and recall its letters. Raises Conflict where it is too late, or was done."""
    if not batch.is_undoable(now):
        raise Conflict(_("This can be taken back within a day, and once."))
    made = batch.made
    own = {"wanted": set(made["wanted"]), "claim": set(made["claim"])}
    people = [
        member for ids in _parts(made["member"]) for member in session.scalars(select(Member).where(Member.id.in_(ids)))
    ]
    touched = _pointed_at(session, Member, made["member"], own)
    staying = [(member, _("has come")) for member in people if member.arrived_at]
    staying += [
        (member, _("is part of what others wrote"))
        for member in people
        if not member.arrived_at and member.id in touched
    ]
    kept = {member.id for member, _why in staying}
    going = [member for member in people if member.id not in kept]
    homes = {member.business_id for member in going}
    for member in going:
        mail.recall(session, event=f"batch-{batch.public_id}", to=member)
    gone = [member.id for member in going]
    _delete(session, OneTimeLink, OneTimeLink.member_id, gone)
    _delete(session, Rating, Rating.ratee_id, gone)
    _delete(session, Wanted, Wanted.member_id, gone)
    _delete(session, Member, Member.id, gone)
    firms = set(made["business"]) - _pointed_at(session, Business, made["business"], own)
    _delete(session, Claim, Claim.business_id, firms)
    _delete(session, Business, Business.id, firms)
    session.expire_all()
    batch.undone_at = now
    index_businesses(session, homes - firms)
    record(session, actor_id=by.id, action="import.undo", object=f"import_batch {batch.public_id}", now=now)
    bump_world(session)
    return TakenBack(len(gone), staying)


def _pointed_at(session: Session, model: type[Base], ids: Sequence[int], own: dict[str, set[int]]) -> set[int]:
    """Which of these rows others refer to, but for what the list itself made, links that were not used and ratings."""
    found: set[int] = set()
    for table in Base.metadata.sorted_tables:
        if table.name in (OneTimeLink.__tablename__, Rating.__tablename__):
            continue  # whether somebody rated them, nobody is told
        for column in _columns_to(table.columns, model):
            for part in _parts(ids):
                rows = select(column, *((table.c.id,) if table.name in own else ())).where(column.in_(part))
                found |= {
                    row[0] for row in session.execute(rows) if table.name not in own or row[1] not in own[table.name]
                }
    return found


def _columns_to(columns: Iterable[Column[Any]], model: type[Base]) -> Iterator[Column[Any]]:
    for column in columns:
        if any(key.column.table is model.__table__ for key in column.foreign_keys):
            yield column


def _delete(session: Session, model: type[Base], column: Any, ids: Collection[int]) -> None:
    for part in _parts(sorted(ids)):
        session.execute(delete(model).where(column.in_(part)))


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]
