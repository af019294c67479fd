"""Leads: what a client wants, in the words of the member who brings it, and the capabilities that it needs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from directory.audit import record
from directory.db import Base, PublicRow, Row
from directory.errors import Conflict, Invalid
from directory.facts.introduction import Introduction
from directory.money import Money
from directory.people.tables import Business, Member
from directory.post_attribution import AttributedRow
from directory.taxonomy.capability import Capability
from directory.text import clean_line, clean_text
from directory.translation import gettext as _

TEXT_LIMIT = 4000  # characters of a lead's text; the model reads less
TITLE_LENGTH = 80
CONTACT = re.compile(
    r"[^\s@<>()]{1,64}@[\w.-]{1,253}\.\w{2,24}"
    r"|(?<![\w$€£.,+-])(?:\+\d[\d ()./-]{6,20}\d|(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4})(?!\w)"
)
URL = re.compile(
    r"\b(?:https?://|www\.)\S+"
    r"|(?<![\w.@-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,4}(?:com|org|net|info|biz|io|co)\b(?:/\S*)?",
    re.IGNORECASE,
)
# Known by their domain, which says what a client needs, not who they are.
_PRODUCTS = (
    "amazon asp bill booking etsy facebook google linkedin mailchimp monday salesforce shopify socket squarespace vb "
    "webflow weebly wix wordpress youtube"
)
PRODUCTS = frozenset(_PRODUCTS.split())
NEEDS_LIMIT = 12  # what the exact team search can take
MUST_WEIGHT, NICE_WEIGHT = 2.0, 1.0  # of the needs in ``work_shares``


class MatchedBy(StrEnum):
    """How a need was found in the text; ``person`` means that somebody chose or corrected it."""

    SYNONYM = "synonym"
    WORDS = "bm25"
    MEANING = "meaning"
    PERSON = "person"


class Shape(StrEnum):
    """How the bringer works on a lead: hands it over and holds no seat, leads partners, or does alone what it can."""

    HAND_OVER = "hand over"
    TOGETHER = "together"
    ALONE = "alone"


class LeadState(StrEnum):
    """Where a lead is on its way. The last four are closed and follow from nothing but ``lead_state.CHANGES``."""

    PENDING = "pending"  # it came from outside, and no member has taken it yet
    RECEIVED = "received"  # a member has it
    ACTIVE = "active"  # whoever does the work has accepted
    WON = "won"
    LOST = "lost"  # the client went elsewhere
    DECLINED = "declined"  # the client, or who brought it, wants nothing more
    EXPIRED = "expired"

    @property
    def is_closed(self) -> bool:
        return self in (LeadState.WON, LeadState.LOST, LeadState.DECLINED, LeadState.EXPIRED)


@dataclass(frozen=True)
class Wish:
    """A need before it is stored."""

    capability_id: int
    is_must: bool = True
    matched_by: MatchedBy = MatchedBy.PERSON
    phrase: str = ""


@dataclass(frozen=True)
class Terms:
    """What a lead says besides its text and needs; all of it optional. ``is_asked``: the post may ask for it.

    ``shape`` is as the bringer chose it; None leaves it to the engine.
    """

    place: str = ""
    budget: Money | None = None
    due_on: date | None = None
    shape: Shape | None = None
    is_asked: bool = False


class Lead(AttributedRow, PublicRow, Base):
    """A client's request; no contact of the client is stored. ``shape`` is None until the bringer chooses one.

    ``asked_at`` is the bringer's consent that the weekly post asks for the needs, never naming the client.
    ``state`` and ``closed_at`` are written by ``lead_state`` alone.
    """

    __tablename__ = "lead"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    business_id: Mapped[int] = mapped_column(ForeignKey("business.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(String(120), default="")
    budget_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3), default="USD")
    due_on: Mapped[date | None]
    shape: Mapped[Shape | None]
    left_open: Mapped[list[str]] = mapped_column(default=list)  # the terms whose question was dismissed
    created_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    state: Mapped[LeadState] = mapped_column(default=LeadState.RECEIVED)
    closed_at: Mapped[datetime | None]
    introduction_id: Mapped[int | None] = mapped_column(ForeignKey("introduction.id"), index=True)  # it came from

    member: Mapped[Member] = relationship()
    business: Mapped[Business] = relationship()
    introduction: Mapped[Introduction | None] = relationship()
    needs: Mapped[list["Need"]] = relationship(back_populates="lead", order_by="Need.id", cascade="all, delete-orphan")

    @property
    def budget(self) -> Money | None:
        return None if self.budget_minor is None else Money(self.budget_minor, self.currency)

    @property
    def title(self) -> str:
        """The first sentence of the text; if that is too long, its first clause, else as many words as fit."""
        first = re.split(r"(?<=[.!?])\s|\n", self.text.strip(), maxsplit=1)[0].rstrip(".")
        if len(first) <= TITLE_LENGTH:
            return first
        clause = re.split(r"[,;:] |\s[-–—] ", first, maxsplit=1)[0]
        if TITLE_LENGTH // 3 <= len(clause) <= TITLE_LENGTH:
            return clause
        return first[:TITLE_LENGTH].rsplit(" ", 1)[0].rstrip(",;:") + "…"


class Need(Row, Base):
    """A capability that the lead requires. ``share`` is its part of the work, 0-1; a lead's shares sum to 1."""

    __tablename__ = "need"
    __table_args__ = (CheckConstraint("share >= 0 and share <= 1", name="share"),)

    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    capability_id: Mapped[int] = mapped_column(ForeignKey("capability.id"))
    is_must: Mapped[bool] = mapped_column(default=True)
    share: Mapped[float]
    matched_by: Mapped[MatchedBy]
    phrase: Mapped[str] = mapped_column(String(200), default="")  # the words of the text that it was found by

    lead: Mapped[Lead] = relationship(back_populates="needs")
    capability: Mapped[Capability] = relationship()


def without_contact(text: str) -> str:
    """Return a text without mail addresses, telephone numbers and the addresses of websites.

    >>> without_contact("See www.saguaro.example, our wordpress.com site, or call +1 520 555 0134.")
    'See … our wordpress.com site, or call ….'
    """
    text = CONTACT.sub("…", text)
    return URL.sub(lambda found: found[0] if found[0].split(".")[0].lower() in PRODUCTS else "…", text)


def clean_lead_text(text: str) -> str:
    """Return the text of a lead as it is stored: ``without_contact``.

    Raises Invalid where it is empty, too long or not plain text.
    """
    if not text.strip():
        raise Invalid(_("Write what the client needs, in a sentence or two."), field="text")
    return without_contact(clean_text(text, field="text", what=_("what the client needs"), limit=TEXT_LIMIT))


def draft_lead(*, business_id: int | None, text: str, wishes: Sequence[Wish], terms: Terms, now: datetime) -> Lead:
    """Return a lead that is in no session, for asking the engine before anything is written. Raises Invalid."""
    lead = Lead(business_id=business_id, text=text, created_at=now)
    set_needs_and_terms(lead, wishes, terms, now)
    return lead


def create_lead(
    session: Session,
    *,
    member: Member,
    text: str,
    wishes: Sequence[Wish],
    terms: Terms,
    state: LeadState = LeadState.RECEIVED,
    now: datetime,
) -> Lead:
    """Create a lead of the member and their firm; pending where they have yet to take it. Raises Invalid."""
    lead = Lead(member=member, business_id=member.business_id, text=clean_lead_text(text), state=state, created_at=now)
    session.add(lead)
    set_needs_and_terms(lead, wishes, terms, now)
    session.flush()
    record(session, actor_id=member.id, action="lead.bring", object=f"lead:{lead.public_id}", now=now)
    return lead


def terms_of(lead: Lead) -> Terms:
    """Return what the lead says besides its text and needs."""
    return Terms(lead.place, lead.budget, lead.due_on, lead.shape, lead.asked_at is not None)


def content_of(lead: Lead) -> object:
    """Return what an answer to the lead depends on: its bringer, its words, and what a correction may change."""
    return lead.member_id, lead.business_id, lead.text, terms_of(lead), lead.closed_at, wishes_of(lead)


def wishes_of(lead: Lead) -> list[Wish]:
    """Return the needs of the lead as they were wished for."""
    return [Wish(need.capability_id, need.is_must, need.matched_by, need.phrase) for need in lead.needs]


def correct_lead(
    session: Session, *, lead: Lead, member: Member, wishes: Sequence[Wish], terms: Terms, now: datetime
) -> None:
    """Replace a lead's needs and terms by those that a person states. Raises Invalid; Conflict when closed.

    Only its bringer changes whether the post may ask for it.
    """
    if lead.closed_at is not None:
        raise Conflict(_("This lead is closed."))
    if member.id != lead.member_id:
        terms = replace(terms, is_asked=lead.asked_at is not None)
    set_needs_and_terms(lead, wishes, terms, now)
    session.flush()
    record(session, actor_id=member.id, action="lead.correct", object=f"lead:{lead.public_id}", now=now)


def choose_shape(session: Session, *, lead: Lead, member: Member, shape: Shape, now: datetime) -> None:
    """Keep how the bringer wants to work on the lead. Raises Conflict when closed."""
    if lead.closed_at is not None:
        raise Conflict(_("This lead is closed."))
    lead.shape = shape
    record(session, actor_id=member.id, action="lead.correct", object=f"lead:{lead.public_id}", now=now)


def dismiss_question(session: Session, *, lead: Lead, member: Member, term: str, now: datetime) -> None:
    """Leave a term open that the text says in two ways: "budget" or "due_on"; it is not asked about again."""
    if term not in lead.left_open:
        lead.left_open = [*lead.left_open, term]
        record(session, actor_id=member.id, action="lead.correct", object=f"lead:{lead.public_id}", now=now)


def leads_of(session: Session, *, member: Member, before: str | None = None, limit: int = 100) -> Sequence[Lead]:
    """Return the member's own leads with their needs, newest first; ``before``: those before the one of this public id.

    Leads are numbered as they arrive, so that a page of many thousands is read from an index.
    """
    own = select(Lead).where(Lead.member_id == member.id)
    if before is not None:
        own = own.where(Lead.id < select(Lead.id).where(Lead.public_id == before).scalar_subquery())
    needs = selectinload(Lead.needs).joinedload(Need.capability)
    return session.scalars(own.options(needs).order_by(Lead.id.desc()).limit(limit)).all()


def count_open_leads(session: Session, *, member: Member, most: int = 100) -> int:
    """Return how many of the member's leads are open, ``most`` at most."""
    some = select(Lead.id).where(Lead.member_id == member.id, Lead.closed_at.is_(None)).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def work_shares(musts: Sequence[bool]) -> list[float]:
    """Return each need's share of the work, summing to 1: a must counts twice a nice.

    >>> work_shares([True, True, False])
    [0.4, 0.4, 0.2]
    """
    weights = [MUST_WEIGHT if must else NICE_WEIGHT for must in musts]
    return [weight / sum(weights) for weight in weights]


def set_needs_and_terms(lead: Lead, wishes: Sequence[Wish], terms: Terms, now: datetime) -> None:
    """Set a lead's needs, with their shares, and its terms. The lead need not be in a session. Raises Invalid."""
    unique = {wish.capability_id: wish for wish in wishes}
    if len(unique) > NEEDS_LIMIT:
        raise Invalid(_("Name at most %(limit)s needs, or split the lead in two.", limit=NEEDS_LIMIT), field="needs")
    lead.place = clean_line(terms.place, field="place", what=_("the place"), limit=120, required=False)
    lead.budget_minor = terms.budget.minor if terms.budget else None
    lead.currency = terms.budget.currency if terms.budget else "USD"
    lead.due_on = terms.due_on
    lead.shape = terms.shape
    lead.asked_at = (lead.asked_at or now) if terms.is_asked else None
    lead.needs = [
        Need(
            capability_id=wish.capability_id,
            is_must=wish.is_must,
            share=share,
            matched_by=wish.matched_by,
            phrase=wish.phrase[:200],
        )
        for wish, share in zip(unique.values(), work_shares([wish.is_must for wish in unique.values()]), strict=True)
    ]
