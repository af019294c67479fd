"""Chapters: groups inside the network, each with its own weekday, time zone and hashtags."""

import re
from datetime import datetime, time
from zoneinfo import available_timezones

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from directory.audit import record
from directory.db import Base, PublicRow, bump_world, new_public_id
from directory.errors import Invalid
from directory.text import clean_line, clean_text
from directory.translation import gettext as _

MAX_HASHTAGS = 5


class Chapter(PublicRow, Base):
    """A group with the day and time of its weekly post in its own time zone."""

    __tablename__ = "chapter"
    __table_args__ = (CheckConstraint("weekday between 0 and 6", name="weekday"),)

    key: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    city: Mapped[str] = mapped_column(String(120), default="")
    region: Mapped[str] = mapped_column(String(60), default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    zone: Mapped[str] = mapped_column(String(60), default="UTC")
    weekday: Mapped[int] = mapped_column(default=2)  # 0 is Monday
    post_time: Mapped[time] = mapped_column(default=time(9, 0))
    about: Mapped[str] = mapped_column(String(1000), default="")  # whom it is for; shown on its public page
    public_at: Mapped[datetime | None]  # since when it has a public page
    indexed_at: Mapped[datetime | None]  # since when search engines may index that page
    hashtags: Mapped[list[str]] = mapped_column(default=lambda: ["referralwednesday"])


def start_chapter(session: Session, *, by_id: int, name: str, zone: str, now: datetime) -> Chapter:
    """Create a chapter with default settings. Raises Invalid."""
    clean_name = clean_line(name, field="name", what=_("the name of the chapter"), limit=120)
    chapter = Chapter(key=new_public_id(), name=clean_name, zone=_clean_zone(zone))
    session.add(chapter)
    session.flush()
    record(session, actor_id=by_id, action="chapter.start", object=chapter, now=now)
    return chapter


def edit_chapter(
    session: Session,
    *,
    chapter: Chapter,
    by_id: int,
    name: str,
    city: str,
    region: str,
    country: str,
    zone: str,
    weekday: int,
    post_time: time,
    hashtags: str,
    about: str,
    now: datetime,
) -> None:
    """Replace a chapter's settings. Raises Invalid, and then changes nothing."""
    if not 0 <= weekday <= 6:
        raise Invalid(_("Choose a day of the week."), field="weekday")
    if country.strip() and not re.fullmatch(r"[A-Za-z]{2}", country.strip()):
        raise Invalid(_("Write the country as two letters, such as US."), field="country")
    values = {
        "name": clean_line(name, field="name", what=_("the name of the chapter"), limit=120),
        "city": clean_line(city, field="city", what=_("the city"), limit=120, required=False),
        "region": clean_line(region, field="region", what=_("the region"), limit=60, required=False),
        "country": country.strip().upper(),
        "zone": _clean_zone(zone),
        "weekday": weekday,
        "post_time": post_time,
        "hashtags": _clean_hashtags(hashtags),
        "about": clean_text(about, field="about", what=_("whom it is for"), limit=1000, required=False),
    }
    for column, value in values.items():
        setattr(chapter, column, value)
    record(session, actor_id=by_id, action="chapter.edit", object=chapter, now=now)
    bump_world(session)


def _clean_zone(name: str) -> str:
    if name.strip() not in available_timezones():
        raise Invalid(_("Choose a time zone from the list, such as America/Phoenix."), field="zone")
    return name.strip()


def _clean_hashtags(text: str) -> list[str]:
    """Return the hashtags in a line, without duplicates and without the sign."""
    if re.search(r"#\w+\s+\w", text):
        raise Invalid(_("A hashtag has no blanks: write #oldpueblo for Old Pueblo."), field="hashtags")
    hashtags = list(dict.fromkeys(hashtag.lstrip("#") for hashtag in re.split(r"[\s,;]+", text) if hashtag.strip("#")))
    if not 1 <= len(hashtags) <= MAX_HASHTAGS:
        raise Invalid(_("Write one to %(most)s hashtags.", most=MAX_HASHTAGS), field="hashtags")
    for hashtag in hashtags:
        if len(hashtag) > 60 or not re.fullmatch(r"\w*[^\W\d_]\w*", hashtag):
            raise Invalid(
                _("A hashtag is one word of letters and digits, such as #referralwednesday."), field="hashtags"
            )
    return hashtags
