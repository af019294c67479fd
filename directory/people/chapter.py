"""Chapters: groups inside the network, each with its own weekday, time zone and hashtags."""

import re
from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from directory.audit import record
from directory.db import Base, PublicRow, new_public_id
from directory.errors import Invalid
from directory.local_format import LocalFormat, format_of
from directory.name_rules import clean_name
from directory.people.field_declaration import ProfileField, clean_fields, text_field
from directory.people.time_zone import find_zone, zone_country
from directory.text_entities import is_hashtag
from directory.translation import N_
from directory.translation import gettext as _

MAX_HASHTAGS = 5
UNSET_ZONE = "UTC"  # until somebody chooses; whoever means it gets "Etc/UTC"


def _clean_country(code: str) -> str:
    if code.strip() and not re.fullmatch(r"[A-Za-z]{2}", code.strip()):
        raise Invalid(_("Enter the country as two letters, such as US."), field="country")
    return code.strip().upper()


def _clean_weekday(number: int) -> int:
    if not 0 <= number <= 6:
        raise Invalid(_("Choose a day of the week."), field="weekday")
    return number


def _clean_hashtags(text: str) -> list[str]:
    """Return the hashtags in a line, without duplicates and without the sign."""
    if re.search(r"#\w+\s+\w", text):
        raise Invalid(_("A hashtag has no spaces: write #oldpueblo for Old Pueblo."), field="hashtags")
    hashtags = list(dict.fromkeys(hashtag for hashtag in re.split(r"[\s,;#＃]+", text) if hashtag))
    if not 1 <= len(hashtags) <= MAX_HASHTAGS:
        raise Invalid(_("Enter 1 to %(most)s hashtags.", most=MAX_HASHTAGS), field="hashtags")
    for hashtag in hashtags:
        if len(hashtag) > 60 or not is_hashtag(hashtag):
            raise Invalid(
                _("A hashtag is one word of letters and digits, such as #referralwednesday."), field="hashtags"
            )
    return hashtags


class Chapter(PublicRow, Base):
    """A group with the day and time of its weekly post in its own time zone."""

    __tablename__ = "chapter"
    __table_args__ = (CheckConstraint("weekday between 0 and 6", name="weekday"),)

    key: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = text_field(120, N_("the name of the chapter"), is_required=True, cleaner=clean_name)
    city: Mapped[str] = text_field(120, N_("the city"))
    region: Mapped[str] = text_field(60, N_("the region"))
    country: Mapped[str] = text_field(2, check=_clean_country)
    zone: Mapped[str] = mapped_column(String(60), default=UNSET_ZONE, info={"field": ProfileField(check=find_zone)})
    weekday: Mapped[int] = mapped_column(default=2, info={"field": ProfileField(check=_clean_weekday)})  # 0 is Monday
    post_time: Mapped[time] = mapped_column(default=time(9, 0), info={"field": ProfileField()})
    about: Mapped[str] = text_field(1000, N_("who it is for"), is_long=True)  # shown on its public page
    public_at: Mapped[datetime | None]  # since when it has a public page
    indexed_at: Mapped[datetime | None]  # since when search engines may index that page
    hashtags: Mapped[list[str]] = mapped_column(
        default=lambda: ["referralwednesday"], info={"field": ProfileField(check=_clean_hashtags)}
    )

    @property
    def local_format(self) -> LocalFormat:
        """How dates, hours and distances are written there."""
        return format_of(self.country or "", self.zone or "UTC")  # defaults are set when it is stored


def start_chapter(session: Session, *, by_id: int, name: str, zone: str, now: datetime) -> Chapter:
    """Create a chapter with default settings, in the country of its zone. Raises Invalid."""
    fields = clean_fields(Chapter, {"name": name, "zone": zone})
    chapter = Chapter(key=new_public_id(), country=zone_country(fields["zone"]), **fields)
    session.add(chapter)
    session.flush()
    record(session, actor_id=by_id, action="chapter.start", object=chapter, now=now)
    return chapter


def edit_chapter(session: Session, *, chapter: Chapter, by_id: int, changes: Mapping[str, Any], now: datetime) -> None:
    """Change a chapter's settings; what ``changes`` leaves out stays. Hashtags are given as one line.

    Without a country, it gets that of its zone.
    Raises Invalid, and then changes nothing, and KeyError for what is no setting.
    """
    for name, value in clean_fields(Chapter, changes).items():
        setattr(chapter, name, value)
    chapter.country = chapter.country or zone_country(chapter.zone)
    record(session, actor_id=by_id, action="chapter.edit", object=chapter, now=now)
    session.flush()
