"""Submissions: what strangers ask of a chapter by its form or by mail, kept as it came until somebody decides on it.

Nothing is dropped because it looks like something else. Whoever asks confirms by a mailed link that the address is
theirs; what the leads of the chapter then do with it is in ``submission_decision``.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, String, Text, delete, or_, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from directory.audit import record
from directory.db import Base, PublicRow
from directory.errors import Conflict, Invalid
from directory.leads.client import ClientContact, ConsentKind, consent_texts
from directory.leads.lead import Lead, clean_lead_text, without_contact
from directory.outbox import mail
from directory.people.chapter import Chapter
from directory.people.member import holders_of_roles
from directory.people.suppression import email_hmac, suppress_hmac
from directory.people.tables import Member, Role
from directory.post_attribution import AttributedRow
from directory.rate_limit import consume_allowance
from directory.secrets import SealedColumn, SecretBox, hash_of, new_token
from directory.text import clean_line
from directory.translation import gettext as _

CONFIRM_WITHIN = timedelta(days=14)
KEPT_FOR = timedelta(days=30)  # after it was decided
MAILS_A_DAY = 3  # that ask one address to confirm, however often it is typed
ORIGINAL = 20_000  # characters that are kept of a mail as it came


class Source(StrEnum):
    """How it came."""

    FORM = "form"
    MAIL = "mail"


class Decision(StrEnum):
    """What became of it."""

    LEAD = "lead"
    SPAM = "spam"
    WITHDRAWN = "withdrawn"  # by whoever asked


@dataclass(frozen=True)
class Request:
    """What somebody asks for, as they wrote it: ``text`` with all that is in it, ``original`` the mail around it.

    ``consents`` holds the words of each consent that was given with it. ``dropped`` counts attachments.
    """

    contact: ClientContact
    text: str
    place: str = ""
    original: str = ""
    consents: Mapping[str, str] = field(default_factory=dict)
    dropped: int = 0

    @property
    def shown_text(self) -> str:
        """The text without addresses and numbers, for who decides."""
        return without_contact(self.text)


class Submission(AttributedRow, PublicRow, Base):
    """A request to a chapter. ``sealed`` is the Request, encrypted; "" when its time is over."""

    __tablename__ = "submission"

    chapter_id: Mapped[int] = mapped_column(ForeignKey("chapter.id"), index=True)
    source: Mapped[Source]
    sealed: Mapped[str] = mapped_column(Text, default="")
    email_hmac: Mapped[str] = mapped_column(String(64), index=True)
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)  # None until the mail leaves
    received_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    answer_by: Mapped[datetime | None]  # what was promised when it was confirmed
    decided_at: Mapped[datetime | None] = mapped_column(index=True)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    decision: Mapped[Decision | None]
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("lead.id"), index=True)

    chapter: Mapped[Chapter] = relationship()
    decided_by: Mapped[Member | None] = relationship()
    lead: Mapped[Lead | None] = relationship()


SEALED = SealedColumn(Submission.sealed)


def clean_request(*, contact: ClientContact, text: str, place: str = "", is_sharing: bool, is_calling: bool) -> Request:
    """Return what a form asks for. Raises Invalid, also without an email address, which is how we answer."""
    clean_lead_text(text)  # the same limits; what is kept is what they wrote
    if not contact.email:
        raise Invalid(_("Enter your email address, so that we can answer."), field="email")
    place = clean_line(place, field="place", what=_("the place"), limit=120, required=False)
    return Request(contact, text.strip(), place, consents=_agreed(is_sharing, is_calling))


def _agreed(is_sharing: bool, is_calling: bool) -> dict[str, str]:
    agreed = {ConsentKind.SHARE: is_sharing, ConsentKind.CONTACT: is_sharing and is_calling}
    return {kind.value: text for kind, text in consent_texts().items() if agreed[kind]}


def submit(
    session: Session, *, chapter: Chapter, request: Request, source: Source, secrets: SecretBox, now: datetime
) -> Submission:
    """Keep a request as it came, and mail its address, which has to confirm it."""
    digest = email_hmac(session, request.contact.email)
    submission = Submission(chapter_id=chapter.id, source=source, email_hmac=digest, received_at=now)
    session.add(submission)
    session.flush()
    _seal(submission, request, secrets)
    if consume_allowance(session, key=f"confirm {digest}", limit=MAILS_A_DAY, within=timedelta(days=1), now=now):
        words = {"chapter": chapter.name, "dropped": "yes" if request.dropped else ""}
        event, about = f"submission-{submission.public_id}", submission.public_id
        mail.enqueue(session, letter="confirm_request", to=about, event=event, about=about, words=words, now=now)
    return submission


def request_of(submission: Submission, *, secrets: SecretBox) -> Request | None:
    """Return what was asked for; None where it is deleted."""
    sealed = SEALED.read(submission, secrets)
    if not sealed:
        return None
    kept = json.loads(sealed)
    return Request(ClientContact(**kept.pop("contact")), **kept)


def recipient_of(session: Session, *, public_id: str, secrets: SecretBox) -> ClientContact | None:
    """Return where letters about a submission go; None where it is deleted."""
    submission = session.scalar(select(Submission).where(Submission.public_id == public_id))
    request = submission and request_of(submission, secrets=secrets)
    return request.contact if request else None


def create_confirmation_token(session: Session, *, public_id: str, now: datetime) -> str | None:
    """Return a new token of the link to a submission, of which only the hash is stored; None where it has gone."""
    submission = session.scalar(select(Submission).where(Submission.public_id == public_id))
    if submission is None or submission.confirmed_at is not None or submission.received_at <= now - CONFIRM_WITHIN:
        return None
    token = new_token()
    submission.token_hash = hash_of(token)
    session.flush()
    return token


def find_submission(session: Session, *, token: str, now: datetime) -> Submission:
    """Lock and return the submission that a mailed link opens. Raises Invalid where it is forged or too old."""
    by_token = select(Submission).where(Submission.token_hash == hash_of(token), Submission.sealed != "")
    submission = session.scalar(by_token.with_for_update(of=Submission))
    is_late = submission and not submission.confirmed_at and submission.received_at <= now - CONFIRM_WITHIN
    if submission is None or is_late:
        raise Invalid(_("This link is too old or incomplete. Please send us your request again."))
    return submission


def confirm(
    session: Session,
    *,
    submission: Submission,
    is_sharing: bool,
    is_calling: bool,
    answer_by: datetime,
    due: str,
    secrets: SecretBox,
    now: datetime,
) -> None:
    """Confirm the address, with what they agree to; a second time changes nothing.

    The leads of the chapter hear of it, and whoever asked reads who answers, and by when: ``due`` is ``answer_by`` in
    words.
    """
    request = request_of(submission, secrets=secrets)
    if submission.confirmed_at is not None or submission.decided_at is not None or request is None:
        return
    _seal(submission, replace(request, consents=_agreed(is_sharing, is_calling)), secrets)
    submission.confirmed_at, submission.answer_by = now, answer_by
    leads = holders_of_roles(session, chapter_id=submission.chapter_id, roles=(Role.LEAD,))
    event, about, chapter = f"submitted-{submission.public_id}", submission.public_id, submission.chapter.name
    words = {"chapter": chapter, "name": leads[0].name if leads else "", "due": due}
    mail.enqueue(session, letter="request_received", to=about, event=event, about=about, words=words, now=now)
    path = f"/chapters/{submission.chapter.public_id}/requests"
    for lead in leads:
        words = {"chapter": chapter, "due": due, "path": path}
        mail.enqueue(session, letter="submitted", to=lead, event=event, words=words, now=now)


def withdraw(session: Session, *, submission: Submission, now: datetime) -> None:
    """Take back what one asked for: it is deleted, and its address suppressed. Raises Conflict once it is a lead."""
    if submission.decision is Decision.LEAD:
        raise Conflict(_("Somebody has taken it on. Open the link in our newest email to withdraw it."))
    suppress_hmac(session, digest=submission.email_hmac, now=now)
    submission.sealed, submission.decision = "", Decision.WITHDRAWN
    submission.decided_at = submission.decided_at or now
    record(session, actor_id=None, action="submission.withdraw", object=submission, now=now)


def submissions_in(session: Session, *, chapter: Chapter) -> Sequence[Submission]:
    """Return the confirmed submissions of a chapter that are still kept: waiting ones first, then the newest."""
    kept = select(Submission).where(Submission.chapter_id == chapter.id, Submission.confirmed_at.is_not(None))
    newest = kept.where(Submission.sealed != "").order_by(Submission.decided_at.is_not(None), Submission.id.desc())
    people = joinedload(Submission.lead).joinedload(Lead.member), joinedload(Submission.decided_by)
    return session.scalars(newest.options(*people).limit(50)).all()


def is_waiting() -> tuple[ColumnElement[bool], ...]:
    """The conditions of a submission that waits for a decision."""
    return Submission.confirmed_at.is_not(None), Submission.decided_at.is_(None)


def delete_old_submissions(session: Session, *, now: datetime) -> None:
    """Delete what nobody confirmed in time, and what was decided KEPT_FOR ago; a lead that came of it stays."""
    unconfirmed = Submission.confirmed_at.is_(None) & (Submission.received_at <= now - CONFIRM_WITHIN)
    session.execute(delete(Submission).where(or_(unconfirmed, Submission.decided_at <= now - KEPT_FOR)))


def _seal(submission: Submission, request: Request, secrets: SecretBox) -> None:
    kept = asdict(request) | {"original": request.original[:ORIGINAL]}
    SEALED.store(submission, json.dumps(kept), secrets)
