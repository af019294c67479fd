"""Post frames: a chapter's own opening and closing sentence, in use once a second person has approved them."""

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
from directory.week.unconsented_names import UnconsentedNames

MAX_LENGTH = 120


class PostFrame(PublicRow, Base):
    """The opening and closing sentence of each post; an empty one means the usual one.

    The frame that was approved last is in use.
    """

    __tablename__ = "post_frame"

    chapter_id: Mapped[int] = mapped_column(ForeignKey("chapter.id"), index=True)
    opening: Mapped[str] = mapped_column(String(MAX_LENGTH), default="")
    closing: Mapped[str] = mapped_column(String(MAX_LENGTH), default="")
    written_by_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    written_at: Mapped[datetime]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    approved_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]  # or withdrawn, or replaced by a newer one

    written_by: Mapped[Member] = relationship(foreign_keys=[written_by_id])
    approved_by: Mapped[Member | None] = relationship(foreign_keys=[approved_by_id])


def frame_of(session: Session, *, chapter: Chapter) -> PostFrame | None:
    """Return the frame in use; None while the chapter has none of its own."""
    query = select(PostFrame).where(PostFrame.chapter_id == chapter.id, PostFrame.approved_at.is_not(None))
    return session.scalars(query.order_by(PostFrame.approved_at.desc(), PostFrame.id.desc()).limit(1)).first()


def pending_frame(session: Session, *, chapter: Chapter) -> PostFrame | None:
    """Return the frame that waits for a second person, None without one."""
    conditions = (PostFrame.approved_at.is_(None), PostFrame.refused_at.is_(None))
    return session.scalars(select(PostFrame).where(PostFrame.chapter_id == chapter.id, *conditions)).first()


def write_frame(
    session: Session, *, chapter: Chapter, opening: str, closing: str, member: Member, now: datetime
) -> PostFrame:
    """Propose a frame, in place of one that is pending; two empty sentences propose the usual ones.

    Raises Invalid for a sentence that is too long or no plain text, breaks the content policy, or names somebody who
    does not consent to be named.
    """
    sentences = {
        name: clean_line(text, field=name, what=what, limit=MAX_LENGTH, required=False)
        for name, text, what in (
            ("opening", opening, gettext("the opening sentence")),
            ("closing", closing, gettext("the closing sentence")),
        )
    }
    unconsented = UnconsentedNames(session)
    for name, text in sentences.items():
        if unwilling := unconsented.found_in(text):
            message = gettext("%(name)s does not agree to be named in the weekly post.", name=unwilling[0])
            raise Invalid(message, field=name)
        if errors := [remark.sentence for remark in check_policy(text, country=chapter.country) if remark.is_error]:
            raise Invalid(" ".join(errors), field=name)
    if (pending := pending_frame(session, chapter=chapter)) is not None:
        pending.refused_at = now
    frame = PostFrame(chapter_id=chapter.id, written_by_id=member.id, written_at=now, **sentences)
    session.add(frame)
    session.flush()
    audit.record(session, actor_id=member.id, action="post_frame.write", object=frame, now=now)
    return frame


def decide_frame(session: Session, *, frame: PostFrame, member: Member, is_approved: bool, now: datetime) -> None:
    """Approve a frame, which its writer may not do, or refuse or withdraw it.

    Raises Refused where its writer approves it, Conflict where it was decided before.
    """
    session.refresh(frame, with_for_update=True)
    if frame.approved_at is not None or frame.refused_at is not None:
        raise Conflict(gettext("Somebody has already decided this. Check it again."))
    if not is_approved:
        frame.refused_at = now
    elif frame.written_by_id == member.id:
        raise Refused(gettext("A second person has to approve it: another lead, the secretary or an admin."))
    else:
        frame.approved_at, frame.approved_by_id = now, member.id
    action = "post_frame.approve" if is_approved else "post_frame.refuse"
    audit.record(session, actor_id=member.id, action=action, object=frame, now=now)
