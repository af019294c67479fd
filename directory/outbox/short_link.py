"""Short links: the way from one post to a page of ours, so that a click tells which post brought somebody.

A number per link and day is all that is kept: no address, browser, cookie or page before, so nobody can be told from
anybody else. Who clicks twice counts twice; who types the address of the page itself is not counted.
"""

from datetime import date, datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, UniqueConstraint, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory.db import ID_ALPHABET, Base, PublicRow, Row
from directory.outbox.channel import Channel
from directory.outbox.delivery import Delivery
from directory.outbox.occurrence import Occurrence
from directory.rate_limit import INSERT


class ShortLink(PublicRow, Base):
    """The link in the text of one delivery, its public id the code there; it leads nowhere but to our own pages.

    ``letters`` is how many of those who came by it wrote to a member; what they wrote is not kept.
    """

    __tablename__ = "short_link"

    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"), unique=True)
    letters: Mapped[int] = mapped_column(default=0)

    delivery: Mapped[Delivery] = relationship()


class ShortLinkClicks(Row, Base):
    """How often a link was followed on one day of its chapter."""

    __tablename__ = "short_link_clicks"
    __table_args__ = (UniqueConstraint("link_id", "day"),)

    link_id: Mapped[int] = mapped_column(ForeignKey("short_link.id"))
    day: Mapped[date]
    count: Mapped[int]


def short_link_code(occurrence: Occurrence, channel: Channel) -> str:
    """The code of the turn's post there, the same each time, so that a text is as long before as after it is frozen."""
    number = int.from_bytes(sha256(f"{occurrence.public_id}:{channel.public_id}".encode()).digest())
    return "".join(ID_ALPHABET[number // len(ID_ALPHABET) ** at % len(ID_ALPHABET)] for at in range(12))


def short_link_url(occurrence: Occurrence, channel: Channel, base_url: str) -> str:
    """What stands in the text of the turn's post there."""
    return f"{base_url}/s/{short_link_code(occurrence, channel)}"


def activate_link(session: Session, *, delivery: Delivery, text: str, occurrence: Occurrence, channel: Channel) -> None:
    """From now on the link in ``text`` leads somewhere, if it has its own."""
    if f"/s/{short_link_code(occurrence, channel)}" in text:
        session.add(ShortLink(public_id=short_link_code(occurrence, channel), delivery_id=delivery.id))


def count_click(session: Session, *, link: ShortLink, now: datetime) -> None:
    """Somebody followed it; two at once count two."""
    turn = link.delivery.occurrence
    day = now.astimezone(ZoneInfo(turn.chapter.zone if turn is not None else "UTC")).date()
    insert = INSERT[session.get_bind().dialect.name](ShortLinkClicks).values(link_id=link.id, day=day, count=1)
    counted = {"count": ShortLinkClicks.count + 1}
    session.execute(insert.on_conflict_do_update(index_elements=["link_id", "day"], set_=counted))


def count_letter(session: Session, *, delivery_id: int | None) -> None:
    """Who came by the delivery's link, or by none, has written to a member."""
    theirs = update(ShortLink).where(ShortLink.delivery_id == delivery_id)
    session.execute(theirs.values(letters=ShortLink.letters + 1))
