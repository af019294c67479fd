"""Rows seen: how many people and firms the directory's lists show to a member in an hour and in a day."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from directory.errors import Conflict
from directory.people.tables import Business, Member
from directory.rate_limit import consume_allowance, consume_allowances, spent_allowances
from directory.text import fold
from directory.translation import gettext as _

ROWS_AN_HOUR, ROWS_A_DAY = 200, 600
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

ListedRow = Member | Business


@dataclass(frozen=True)
class RowsSeen:
    """Which rows of a list its reader may see; of these ``new`` are to be counted, and ``named`` ones are free."""

    shown: Collection[ListedRow]
    new: Collection[ListedRow]
    named: Collection[ListedRow]


def rows_to_show(
    session: Session,
    *,
    reader: Member,
    rows: Sequence[ListedRow],
    text: str = "",
    leads: Collection[int] = (),
    now: datetime,
) -> RowsSeen:
    """Return which of a list's ``rows`` the reader may see, the first ones first. Reads only.

    Those whom the reader saw within a day are shown, and of the others as many as are left of ROWS_AN_HOUR and of
    ROWS_A_DAY. A person or firm whose whole name is ``text`` is free: who knows it copies nothing. So are those of the
    chapters that the reader ``leads``, whose lists they write and export.
    """
    totals = _totals(reader)
    spent = spent_allowances(session, keys=[*totals, *(_key(reader, row) for row in rows)], now=now)
    left = min(limit - spent.get(key, 0) for key, (limit, _within) in totals.items())
    unseen = [row for row in rows if _key(reader, row) not in spent and _chapter_id(row) not in leads]
    words = fold(text)
    named = [row for row in unseen if words and words in _names(row)]
    within_limit = [row for row in unseen if row not in named][: max(0, left)]
    new = [*named, *within_limit]
    return RowsSeen([row for row in rows if row not in unseen or row in new], new, named)


def count_rows(session: Session, *, reader: Member, seen: RowsSeen, now: datetime) -> None:
    """Count the ``new`` rows. Raises Conflict if other requests were faster and reached a limit."""
    keys = [_key(reader, row) for row in seen.new]
    uncounted = consume_allowances(session, keys=keys, limit=1, within=DAY, now=now)
    amount = sum(_key(reader, row) in uncounted for row in seen.new if row not in seen.named)
    for key, (limit, within) in _totals(reader).items():
        if amount and not consume_allowance(session, key=key, limit=limit, within=within, amount=amount, now=now):
            raise Conflict(too_many_rows())


def too_many_rows() -> str:
    return str(
        _(
            "You have seen %(hour)s people within an hour, or %(day)s within a day, which is the limit. You can "
            "still see the people you saw today, and anybody whose full name you type. The others come back "
            "later.",
            hour=ROWS_AN_HOUR,
            day=ROWS_A_DAY,
        )
    )


def _chapter_id(row: ListedRow) -> int | None:
    return row.business.chapter_id if isinstance(row, Member) else row.chapter_id


def _names(row: ListedRow) -> tuple[str, ...]:
    return (fold(row.name), fold(row.business.name)) if isinstance(row, Member) else (fold(row.name),)


def _totals(reader: Member) -> dict[str, tuple[int, timedelta]]:
    limits = (ROWS_AN_HOUR, HOUR), (ROWS_A_DAY, DAY)
    return {f"rows {reader.id} {within}": (limit, within) for limit, within in limits}


def _key(reader: Member, row: ListedRow) -> str:
    return f"row {reader.id} {row.__tablename__} {row.id}"
