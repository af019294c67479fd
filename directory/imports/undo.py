"""Undo the import of a list: delete the rows it created, except those used since, and report which stay and why.

A list has at most LIST_ROWS people, so that one statement takes all their ids.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from directory.audit import record
from directory.db import Base, columns_to
from directory.errors import Conflict
from directory.facts.rating import Rating
from directory.imports.import_batch import ImportBatch
from directory.outbox import mail
from directory.people.business import index_businesses
from directory.people.claim import Claim
from directory.people.one_time_link import OneTimeLink
from directory.people.tables import Business, Member, Wanted
from directory.taxonomy.capability import Capability
from directory.translation import gettext as _


@dataclass(frozen=True)
class UndoResult:
    """The number of people removed, and the members who stay, each with the reason."""

    removed: int
    staying: list[tuple[Member, str]]


def undo(session: Session, *, batch: ImportBatch, by: Member, now: datetime) -> UndoResult:
    """Delete what the import created and recall its letters. Raises Conflict if it is too late or was undone.

    Members stay if they have signed in, or if other rows refer to them; so do words of the network's own that the list
    brought, if anything uses them or a lead hid them.
    """
    if not batch.is_undoable(now):
        raise Conflict(_("You can undo this once, within a day."))
    made = batch.made
    own = {"wanted": set(made["wanted"]), "claim": set(made["claim"])}
    learnt = made.get("capability", [])  # a list that was brought in before they were written down has none
    people = session.scalars(select(Member).where(Member.id.in_(made["member"]))).all()
    referenced = _referenced(session, Member, made["member"], own)
    staying = [(member, _("has joined")) for member in people if member.arrived_at]
    staying += [
        (member, _("is part of what others wrote"))
        for member in people
        if not member.arrived_at and member.id in referenced
    ]
    staying_ids = {member.id for member, _why in staying}
    leaving = [member for member in people if member.id not in staying_ids]
    affected = {member.business_id for member in leaving}
    mail.recall_all(session, event=f"batch-{batch.public_id}", to=leaving)
    ids = [member.id for member in leaving]
    for column in (OneTimeLink.member_id, Rating.ratee_id, Wanted.member_id, Member.id):
        _delete(session, column, ids)
    firms = set(made["business"]) - _referenced(session, Business, made["business"], own)
    here = affected - {*made["business"]} - {member.business_id for member, _why in staying}
    of_here = session.scalars(select(Claim.id).where(Claim.business_id.in_(here))).all()
    _delete(session, Claim.id, own["claim"].intersection(of_here))
    _delete(session, Claim.business_id, firms)
    _delete(session, Business.id, firms)
    words = session.scalars(select(Capability.id).where(Capability.id.in_(learnt), Capability.hidden_at.is_(None)))
    _delete(session, Capability.id, set(words) - _referenced(session, Capability, learnt, {}))
    session.expire_all()
    batch.undone_at = now
    index_businesses(session, affected - firms)
    record(session, actor_id=by.id, action="import.undo", object=batch, now=now)
    return UndoResult(len(ids), staying)


def _delete(session: Session, column: InstrumentedAttribute[Any], values: Collection[int]) -> None:
    """Delete the rows whose column has one of the values. The session is not searched for them: expire it after."""
    statement = delete(column.class_).where(column.in_(values))
    session.execute(statement, execution_options={"synchronize_session": False})


def _referenced(session: Session, model: type[Base], ids: Sequence[int], own: dict[str, set[int]]) -> set[int]:
    """Return which of these rows other rows refer to.

    One-time links and ratings do not count, nor the rows in ``own``: ids by table name.
    """
    referenced: set[int] = set()
    for column in columns_to(model.__tablename__):
        name = column.table.name
        if name in (OneTimeLink.__tablename__, Rating.__tablename__):
            continue  # a rating must not be revealed, not even by a member who stays
        rows = select(column).where(column.in_(ids))
        if name in own:
            rows = rows.where(column.table.c.id.not_in(own[name]))
        referenced.update(session.scalars(rows))
    return referenced
