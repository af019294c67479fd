"""Short links from a post to our pages, and their clicks by day, which show which post a visitor came from.

Only a number per link and day is stored: no address, browser, cookie or referrer, so that visitors cannot be told
apart. Two clicks of one visitor count twice; a visitor who types the page's own URL is not counted.
"""

from datetime import date, datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, UniqueConstraint, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory.db import ID_ALPHABET, Base, PublicRow, Row, insert_into
from directory.outbox.channel import Channel
from directory.outbox.delivery import Delivery
from directory.outbox.occurrence import Occurrence


class ShortLink(PublicRow, Base):
    """The link in the text of one delivery; its public id is the code. It only leads to our own pages.

    ``letters`` is how many of its visitors wrote to a member; what they wrote is not stored.
    """

    __tablename__ = "short_link"

    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"), unique=True)
    letters: Mapped[int] = mapped_column(default=0)

    delivery: Mapped[Delivery] = relationship()


class ShortLinkClicks(Row, Base):
    """The number of clicks on a link on one day in its chapter's time zone."""

    __tablename__ = "short_link_clicks"
    __table_args__ = (UniqueConstraint("link_id", "day"),)

    link_id: Mapped[int] = mapped_column(ForeignKey("short_link.id"))
    day: Mapped[date]
    count: Mapped[int]


def short_link_code(occurrence: Occurrence, channel: Channel) -> str:
    """Return the code of the occurrence's post on the channel.

    It is derived from both ids, so that a text has the same length before and after it is frozen.
    """
    number = int.from_bytes(sha256(f"{occurrence.public_id}:{channel.public_id}".encode()).digest())
    return "".join(ID_ALPHABET[number // len(ID_ALPHABET) ** at % len(ID_ALPHABET)] for at in range(12))


def short_link_url(occurrence: Occurrence, channel: Channel, base_url: str) -> str:
    """Return the short URL that the occurrence's post on the channel contains."""
    return f"{base_url}/s/{short_link_code(occurrence, channel)}"


def activate_link(session: Session, *, delivery: Delivery, text: str, occurrence: Occurrence, channel: Channel) -> None:
    """Create the short link of the delivery if ``text`` contains its URL."""
    if f"/s/{short_link_code(occurrence, channel)}" in text:
        session.add(ShortLink(public_id=short_link_code(occurrence, channel), delivery_id=delivery.id))


def count_click(session: Session, *, link: ShortLink, now: datetime) -> None:
    """Count one click; concurrent clicks are all counted."""
    occurrence = link.delivery.occurrence
    day = now.astimezone(ZoneInfo(occurrence.chapter.zone if occurrence is not None else "UTC")).date()
    insert = insert_into(session, ShortLinkClicks).values(link_id=link.id, day=day, count=1)
    increment = {"count": ShortLinkClicks.count + 1}
    session.execute(insert.on_conflict_do_update(index_elements=["link_id", "day"], set_=increment))


def count_letter(session: Session, *, delivery_id: int | None) -> None:
    """Count a letter to a member, for the link of the delivery; None, or a delivery without a link, counts nothing."""
    link = update(ShortLink).where(ShortLink.delivery_id == delivery_id)
    session.execute(link.values(letters=ShortLink.letters + 1))
