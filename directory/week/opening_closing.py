"""Frames: a chapter's own opening and closing sentence of its posts, used only after a second person has read them."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory import audit
from directory.content_policy import check_policy
from directory.db import Base, PublicRow
from directory.errors import Conflict, Invalid, Refused
from directory.people.chapter import Chapter
from directory.people.tables import Member
from directory.text import clean_line
from directory.translation import gettext
from directory.week.name_consent import UnconsentedNames

LONGEST = 120


class PostFrame(PublicRow, Base):
    """What stands around the mentions of each post; an empty sentence is the usual one. The last approved is in use."""

    __tablename__ = "post_frame"

    chapter_id: Mapped[int] = mapped_column(ForeignKey("chapter.id"), index=True)
    opening: Mapped[str] = mapped_column(String(LONGEST), default="")
    closing: Mapped[str] = mapped_column(String(LONGEST), default="")
    written_by_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    written_at: Mapped[datetime]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    approved_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]  # or taken back

    written_by: Mapped[Member] = relationship(foreign_keys=[written_by_id])
    approved_by: Mapped[Member | None] = relationship(foreign_keys=[approved_by_id])


def frame_of(session: Session, *, chapter: Chapter) -> PostFrame | None:
    """The frame in use; None while the chapter has none of its own."""
    approved = select(PostFrame).where(PostFrame.chapter_id == chapter.id, PostFrame.approved_at.is_not(None))
    return session.scalars(approved.order_by(PostFrame.approved_at.desc(), PostFrame.id.desc()).limit(1)).first()


def pending_frame(session: Session, *, chapter: Chapter) -> PostFrame | None:
    """The frame that waits for a second person."""
    waiting = (PostFrame.approved_at.is_(None), PostFrame.refused_at.is_(None))
    return session.scalars(select(PostFrame).where(PostFrame.chapter_id == chapter.id, *waiting)).first()


def write_frame(
    session: Session, *, chapter: Chapter, opening: str, closing: str, member: Member, now: datetime
) -> PostFrame:
    """Ask for another frame, in place of one that waits; both sentences empty asks for the usual ones again.

    Raises Invalid for what is too long or oddly spelled, what the policy does not allow in a post, and the name of
    somebody who does not agree to be named.
    """
    said = {
        name: clean_line(text, field=name, what=what, limit=LONGEST, required=False)
        for name, text, what in (
            ("opening", opening, gettext("the opening sentence")),
            ("closing", closing, gettext("the closing sentence")),
        )
    }
    silence = UnconsentedNames(session)
    for name, text in said.items():
        if unwilling := silence.broken_by(text):
            message = gettext("%(name)s does not agree to be named in the weekly post.", name=unwilling[0])
            raise Invalid(message, field=name)
        if faults := [remark.sentence for remark in check_policy(text) if remark.is_error]:
            raise Invalid(" ".join(faults), field=name)
    if (before := pending_frame(session, chapter=chapter)) is not None:
        before.refused_at = now
    frame = PostFrame(chapter_id=chapter.id, written_by_id=member.id, written_at=now, **said)
    session.add(frame)
    session.flush()
    _record(session, "post_frame.write", frame, member, now)
    return frame


def decide_frame(session: Session, *, frame: PostFrame, member: Member, is_approved: bool, now: datetime) -> None:
    """Approve it, which nobody may do to their own; or refuse it, or take it back.

    Raises Refused where its writer approves it, Conflict where it was decided before.
    """
    session.refresh(frame, with_for_update=True)
    if frame.approved_at is not None or frame.refused_at is not None:
        raise Conflict(gettext("Somebody has decided this already; look at it again."))
    if not is_approved:
        frame.refused_at = now
    elif frame.written_by_id == member.id:
        raise Refused(gettext("A second person approves it: another lead, the secretary or an admin."))
    else:
        frame.approved_at, frame.approved_by_id = now, member.id
    _record(session, "post_frame.approve" if is_approved else "post_frame.refuse", frame, member, now)


def _record(session: Session, action: str, frame: PostFrame, member: Member, now: datetime) -> None:
    audit.record(session, actor_id=member.id, action=action, object=f"post_frame {frame.public_id}", now=now)
