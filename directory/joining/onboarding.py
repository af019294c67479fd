"""Onboarding: a new member's first steps: describe the firm, claim capabilities, add wanteds and known people.

Who was on a list confirms its entry instead, on one page.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, contains_eager

from directory.audit import AuditEntry
from directory.engine.own_vocabulary import Vocabulary
from directory.errors import Conflict
from directory.facts import interaction as interactions
from directory.facts.collaboration import Collaboration
from directory.facts.interaction import Interaction, InteractionKind
from directory.people import claim as claims
from directory.people import wanted
from directory.people.business import edit_business
from directory.people.claim import Claim
from directory.people.member import edit_profile, set_spotlight
from directory.people.tables import Business, Member, Wanted, WantedKind
from directory.taxonomy.capability import Capability
from directory.text import LONG_TEXT, clean_line
from directory.translation import gettext as _

STEPS = ("firm", "able", "wanted", "known")  # in order; the last one is not for applicants


LISTED_STEPS = ("listed", "known")


def steps_for(member: Member, *, is_listed: bool) -> tuple[str, ...]:
    """Return the member's steps: an applicant, not admitted yet, says nothing about others."""
    if is_listed:
        return LISTED_STEPS
    return STEPS if member.is_active else STEPS[:-1]


def has_edited_profile(session: Session, *, member: Member) -> bool:
    """Whether the member has saved anything of their own page, as they do when they confirm their entry of a list."""
    edits = select(AuditEntry.id).where(AuditEntry.actor_id == member.id, AuditEntry.action == "member.edit")
    return session.scalar(edits.limit(1)) is not None


def confirm_entry(
    session: Session,
    *,
    member: Member,
    person: Mapping[str, str],
    firm: Mapping[str, str],
    offered: Collection[Capability],
    taken: Collection[str],
    more: str,
    now: datetime,
) -> None:
    """Correct what a list said of the member: fields of ``person`` and ``firm``, and the capabilities.

    Of those ``offered`` the ``taken`` are claimed (public ids), and those that ``more`` names. Raises Invalid.
    """
    edit_profile(session, member=member, changes=person, now=now)
    edit_business(session, business=member.business, by=member, changes=firm, now=now)
    choose_claims(session, business=member.business, by=member, offered=offered, taken=taken, now=now)
    held = [capability.id for capability in claimed_capabilities(session, business=member.business)]
    learnt, _new = Vocabulary(session).learn(more, beside=held, origin="")
    for capability_id in learnt:
        if capability_id not in held:
            capability = session.get_one(Capability, capability_id)
            claims.claim(session, business=member.business, capability=capability, by=member, now=now)


def describe_firm(session: Session, *, business: Business, by: Member, summary: str, now: datetime) -> None:
    """Set the firm's summary; its other fields stay. Raises Invalid."""
    summary = clean_line(summary, field="summary", what=_("what your firm does"), limit=LONG_TEXT)
    edit_business(session, business=business, by=by, changes={"summary": summary}, now=now)


def claimed_capabilities(session: Session, *, business: Business) -> list[Capability]:
    """Return what the firm claims, in the order of its claims."""
    held = select(Capability).join(Claim, Claim.capability_id == Capability.id)
    return list(session.scalars(held.where(Claim.business_id == business.id).order_by(Claim.id)))


def choose_claims(
    session: Session,
    *,
    business: Business,
    by: Member,
    offered: Collection[Capability],
    taken: Collection[str],
    now: datetime,
) -> None:
    """Of the capabilities ``offered``, claim those whose public ids are ``taken``; unclaim or decline the others."""
    held = {capability.id for capability in claimed_capabilities(session, business=business)}
    for capability in offered:
        is_taken, is_held = capability.public_id in taken, capability.id in held
        if is_taken and not is_held:
            claims.claim(session, business=business, capability=capability, by=by, now=now)
        elif is_held and not is_taken:
            claims.unclaim(session, business=business, capability=capability, by=by, now=now)
        elif not is_taken:
            claims.decline(session, business=business, capability=capability)


def choose_wants(
    session: Session,
    *,
    member: Member,
    kept: Collection[str],
    taken: Collection[Capability],
    text: str,
    ask: str,
    now: datetime,
) -> None:
    """End the open wanteds that are not ``kept`` (public ids), and add the capabilities ``taken`` and one in own words.

    ``ask`` says whether the weekly post may ask for them: "named", "unnamed" or "no". Raises Invalid, or Conflict
    where there are too many.
    """
    for row in wanted.live_wanteds(session, member=member):
        if row.public_id not in kept:
            wanted.end_wanted(session, wanted=row, now=now)
    for capability in taken:
        words = _("Somebody who does %(what)s", what=capability.name)
        kind = WantedKind.CATEGORY
        wanted.add_wanted(session, member=member, kind=kind, text=words, capability=capability, now=now)
    if text.strip():
        wanted.add_wanted(session, member=member, kind=WantedKind.CATEGORY, text=text, now=now)  # nobody said partner
    session.flush()
    for row in wanted.live_wanteds(session, member=member):
        if ask == "no":
            wanted.unshare_wanted(session, wanted=row, now=now)
        else:
            wanted.share_wanted(session, wanted=row, now=now)
    set_spotlight(session, member=member, is_allowed=ask == "named", now=now)


def likely_known(session: Session, *, member: Member) -> list[Member]:
    """Return the chapter's members of other firms whom the member may know, without those already recorded.

    First come those who say that they know the member, then the member's sponsor, those whose firm finished a project
    with the member's firm, and those of the same town; each of these by name.
    """
    firm = member.business
    works = or_(
        and_(Collaboration.prime_id == firm.id, Collaboration.sub_id == Business.id),
        and_(Collaboration.sub_id == firm.id, Collaboration.prime_id == Business.id),
    )
    order: tuple[ColumnElement[bool], ...] = (
        select(Interaction.id).where(Interaction.said_by_id == Member.id, Interaction.other_id == member.id).exists(),
        func.coalesce(Member.id == member.sponsor_id, False),
        select(Collaboration.id).where(works, Collaboration.finished_at.is_not(None)).exists(),
        and_(Business.city != "", Business.city == firm.city),
    )
    said_by_me = select(Interaction.other_id).where(Interaction.said_by_id == member.id)
    confirmed = select(Interaction.said_by_id).where(
        Interaction.other_id == member.id, Interaction.confirmed_at.is_not(None)
    )
    people = (
        select(Member)
        .join(Member.business)
        .where(Business.chapter_id == firm.chapter_id, Business.id != firm.id, Member.is_active)
        .where(Member.id.not_in(said_by_me), Member.id.not_in(confirmed))
        .options(contains_eager(Member.business))
        .order_by(*(condition.desc() for condition in order), Member.name, Member.id)
    )
    return list(session.scalars(people))


def record_known_people(
    session: Session, *, member: Member, people: Collection[Member], now: datetime
) -> list[Interaction]:
    """Record that the member worked with these people this year; each is asked to confirm it.

    Returns the new interactions; one that was recorded before stays as it is.
    """
    recorded, today = [], now.date()
    for other in people:
        with suppress(Conflict):
            fact = interactions.record_interaction(
                session, said_by=member, other=other, kind=InteractionKind.WORKED, happened_on=today, now=now
            )
            recorded.append(fact)
    return recorded


def has_begun(session: Session, *, member: Member) -> bool:
    """Whether the firm has claims and the member open wanteds, in one query."""
    has_claim = select(Claim.id).where(Claim.business_id == member.business_id).exists()
    has_wanted = select(Wanted.id).where(Wanted.member_id == member.id, Wanted.ended_at.is_(None)).exists()
    return bool(session.scalar(select(and_(has_claim, has_wanted))))
