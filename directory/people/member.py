"""Members: the people of the network and the roles they hold in a chapter."""

import re
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.audit import record
from directory.db import bump_world
from directory.errors import Invalid
from directory.people.business import clean_phone, index_business
from directory.people.tables import ChapterRole, Member, Role
from directory.text import clean_line, fold, mixes_alphabets
from directory.translation import gettext as _

if TYPE_CHECKING:
    pass


def edit_profile(
    session: Session,
    *,
    member: Member,
    name: str,
    role: str,
    headline: str,
    phone: str | None = None,
    video: str | None = None,
    now: datetime,
) -> None:
    """Replace what a member says of themselves, None: as it was. Raises Invalid, and then changes nothing."""
    said = {
        "name": _own_name(session, member, name),
        "role": clean_line(role, field="role", what=_("your role"), limit=120, required=False),
        "headline": clean_line(headline, field="headline", what=_("the line about you"), limit=300, required=False),
        "phone": member.phone if phone is None else clean_phone(phone),
        "video": member.video if video is None else clean_video(video),
    }
    for column, value in said.items():
        setattr(member, column, value)
    index_business(session, member.business)
    record(session, actor_id=member.id, action="member.edit", object=f"member {member.public_id}", now=now)
    bump_world(session)


def clean_video(text: str) -> str:
    """An https address whose host a reader can tell from any other. Raises Invalid."""
    text = clean_line(text, field="video", what=_("the address of the video"), limit=190, required=False)
    address = text if "://" in text or not text else f"https://{text}"
    if address and not re.fullmatch(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+(/[!#-;=?-~]*)?", address, re.IGNORECASE):
        message = _("Write where the video is, such as https://vimeo.com/76979871. It has to begin with https.")
        raise Invalid(message, field="video")
    return address


def _own_name(session: Session, member: Member, text: str) -> str:
    """A name that can be told from every colleague's, also where the letters only look alike. Raises Invalid."""
    name = clean_line(text, field="name", what=_("your name"), limit=120)
    for word in name.split():
        if mixes_alphabets(word):
            message = _("“%(word)s” mixes letters of two alphabets that look alike. Type it anew.", word=word)
            raise Invalid(message, field="name")
    others = select(Member.name).where(Member.business_id == member.business_id, Member.id != member.id)
    if fold(name) in {fold(other) for other in session.scalars(others.where(Member.is_active))}:
        message = _("Somebody at your firm has this name. Add an initial, so that people can tell you apart.")
        raise Invalid(message, field="name")
    return name


def allow_spotlight(session: Session, *, member: Member, now: datetime) -> None:
    """The member's consent to be named in the weekly post; an earlier consent keeps its date."""
    if member.spotlight_at is None:
        member.spotlight_at = now
        record(session, actor_id=member.id, action="spotlight.allow", object=f"member {member.public_id}", now=now)


def forbid_spotlight(session: Session, *, member: Member, now: datetime) -> None:
    """Take that consent back."""
    if member.spotlight_at is not None:
        member.spotlight_at = None
        record(session, actor_id=member.id, action="spotlight.forbid", object=f"member {member.public_id}", now=now)


def holders_of_roles(session: Session, *, chapter_id: int, roles: Collection[Role]) -> list[Member]:
    """The active members who hold one of ``roles`` in a chapter."""
    held = select(ChapterRole.member_id).where(ChapterRole.chapter_id == chapter_id, ChapterRole.role.in_(roles))
    return list(session.scalars(select(Member).where(Member.id.in_(held), Member.is_active).order_by(Member.id)))


def chapter_roles(session: Session, *, member: Member) -> list[ChapterRole]:
    """The roles a member holds, by chapter."""
    held = select(ChapterRole).where(ChapterRole.member_id == member.id)
    return list(session.scalars(held.order_by(ChapterRole.chapter_id, ChapterRole.role)))


def lock_members(session: Session, *members: Member) -> None:
    """Lock these members, always in the same order, so that two acts between them come one after the other.

    Rows that only refer to a member may be written meanwhile.
    """
    ids = sorted(member.id for member in members)
    session.execute(select(Member.id).where(Member.id.in_(ids)).order_by(Member.id).with_for_update(key_share=True))
