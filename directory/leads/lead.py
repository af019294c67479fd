"""Leads: what a client wants, in the words of the member who brings it, and the capabilities that it needs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from rapidfuzz import fuzz
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory.audit import record
from directory.db import Base, PublicRow, Row
from directory.errors import Conflict, Invalid
from directory.money import Money
from directory.people.tables import Business, Member
from directory.post_attribution import AttributedRow
from directory.taxonomy.capability import Capability
from directory.text import clean_line, clean_text, fold
from directory.translation import gettext as _

TEXT_LIMIT = 4000  # characters of a lead's text; the model reads less
TITLE_LENGTH = 80
CONTACT = re.compile(
    r"[^\s@<>()]{1,64}@[\w.-]{1,253}\.\w{2,24}"
    r"|(?<![\w$€£.,+-])(?:\+\d[\d ()./-]{6,20}\d|(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4})(?!\w)"
)
NEEDS_LIMIT = 12  # what the exact team search can take
SHORT = 2  # letters of words that do not count when leads are compared
ALIKE = 80  # 0-100: rapidfuzz's ratio from which two words are one, mistyped or with another ending
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
    closed_at: Mapped[datetime | None]

    member: Mapped[Member] = relationship()
    business: Mapped[Business] = relationship()
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


def clean_lead_text(text: str) -> str:
    """Return the text of a lead as it is stored: without mail addresses and telephone numbers.

    Raises Invalid where it is empty, too long or not plain text.
    """
    if not text.strip():
        raise Invalid(_("Write what the client needs, in a sentence or two."), field="text")
    return CONTACT.sub("…", clean_text(text, field="text", what=_("what the client needs"), limit=TEXT_LIMIT))


def create_lead(
    session: Session, *, member: Member, text: str, wishes: Sequence[Wish], terms: Terms, now: datetime
) -> Lead:
    """Create a lead of the member and their firm. Raises Invalid."""
    lead = Lead(member=member, business_id=member.business_id, text=clean_lead_text(text), created_at=now)
    session.add(lead)
    set_needs_and_terms(lead, wishes, terms, now)
    session.flush()
    record(session, actor_id=member.id, action="lead.bring", object=f"lead:{lead.public_id}", now=now)
    return lead


def terms_of(lead: Lead) -> Terms:
    """Return what the lead says besides its text and needs."""
    return Terms(lead.place, lead.budget, lead.due_on, lead.shape, lead.asked_at is not None)


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


def close_lead(session: Session, *, lead: Lead, member: Member, now: datetime) -> None:
    """Close a lead as settled; no post asks for it any more."""
    if lead.closed_at is None:
        lead.closed_at = now
        record(session, actor_id=member.id, action="lead.close", object=f"lead:{lead.public_id}", now=now)


def reopen_lead(session: Session, *, lead: Lead, member: Member, now: datetime) -> None:
    """Reopen a closed lead."""
    if lead.closed_at is not None:
        lead.closed_at = None
        record(session, actor_id=member.id, action="lead.reopen", object=f"lead:{lead.public_id}", now=now)


def leads_of(session: Session, *, member: Member, limit: int = 100) -> Sequence[Lead]:
    """Return the member's own leads, newest first."""
    return session.scalars(
        select(Lead).where(Lead.member_id == member.id).order_by(Lead.created_at.desc(), Lead.id.desc()).limit(limit)
    ).all()


def same_lead(session: Session, *, member: Member, text: str) -> Lead | None:
    """Return the newest of the member's last 100 leads that has nearly the words of ``text``, in any order.

    The numbers and longer words must be the same but for typing errors and endings; of many, one in ten may differ.
    """
    words = _telling_words(text)
    return next(
        (lead for lead in leads_of(session, member=member) if _are_same(_telling_words(lead.text), words)), None
    )


def _telling_words(text: str) -> set[str]:
    folded = fold(text).split()
    return {word for word in folded if len(word) > SHORT or word.isdecimal()} or {*folded}


def _are_same(one: set[str], other: set[str]) -> bool:
    only_one, only_other, most = one - other, other - one, len(one | other)
    if len(only_one) + len(only_other) > max(4, most // 3):
        return False
    pairs = ((only_one, only_other), (only_other, only_one))
    apart = sum(all(fuzz.ratio(word, each) < ALIKE for each in theirs) for ours, theirs in pairs for word in ours)
    return apart <= most // 10


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
