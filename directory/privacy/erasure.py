"""Erasing: what was personal is overwritten or deleted, wherever it stands; rows that others' facts need stay."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    String,
    Table,
    and_,
    cast,
    column,
    delete,
    func,
    inspect,
    or_,
    select,
    table,
    update,
)
from sqlalchemy.orm import Session

from directory.audit import AuditEntry, record
from directory.db import Base, columns_to
from directory.facts.collaboration import Collaboration
from directory.facts.introduction import Introduction, IntroductionState
from directory.facts.rating_band import count_departure
from directory.leads.client import Client, purge_client
from directory.leads.lead import Lead, LeadState, Need
from directory.leads.lead_state import change_state
from directory.leads.need_example import NeedExample
from directory.leads.offer import Offer, OfferState
from directory.leads.offer_answer import decline
from directory.leads.submission import Decision, Submission
from directory.outbox.delivery import Delivery, DeliveryState
from directory.people.business import index_business
from directory.people.claim import Claim, DeclinedCapability
from directory.people.field_declaration import fields_of
from directory.people.suppression import email_hmac, suppress
from directory.people.tables import Business, Member, MemberState, Wanted
from directory.translation import gettext as _
from directory.week.mention_choice import Mention
from directory.week.post import Post

# Every column of the domain that names a member, and what becomes of its rows. By name, so that this room need not
# know all the others. First those that go, with what hangs on them.
DELETED = (
    *("one_time_link.member_id", "chapter_role.member_id", "departure.member_id", "relay_message.receiver_id"),
    *("rating.rater_id", "rating.ratee_id", "band.member_id", "rating_case.ratee_id"),
    *("quarantine.ratee_id", "quarantine.rater_id", "application.member_id", "saved_search.member_id"),
    *("case_study.teller_id", "case_study_party.member_id", "prompt.member_id"),
    *("need_example.member_id", "message.sender_id", "message.receiver_id"),
)
# Rows that stay, for what they say of others, and what takes the place of what was personal in them.
OVERWRITTEN: dict[str, dict[str, Any]] = {
    "wanted.member_id": {"text": "", "why": "", "shared_at": None},
    "vouch.giver_id": {"text": "", "known_as": ""},
    "vouch.receiver_id": {"text": "", "known_as": ""},
    "interaction.said_by_id": {"note": ""},
    "interaction.other_id": {"note": ""},
    "introduction.asker_id": {"text": "", "word": ""},
    "introduction.target_id": {"text": "", "word": ""},
    "introduction.via_id": {"word": ""},
    "lead.member_id": {"text": "", "place": "", "asked_at": None},
    "offer.member_id": {"words": ""},
    "report.by_id": {"words": ""},
    "offer.by_id": {"words": ""},
    "mention.member_id": {"reason": ""},
    "pairing.one_id": {"place": "", "topics": "", "next_step": ""},
    "pairing.other_id": {"place": "", "topics": "", "next_step": ""},
    "channel.owner_id": {"owner_id": None},
    "reply.member_id": {"member_id": None},
}
# Columns that go on naming a row without a name: who acted, who sat where, who let somebody in.
KEPT = (
    *("audit_entry.actor_id", "member.sponsor_id", "suggestion.asker_id", "seat.member_id", "occurrence.held_by_id"),
    *("post.edited_by_id", "application.known_by_id", "import_batch.uploader_id", "member.invited_by_id"),
    *(
        "pairing.said_by_id",
        "rating_case.asked_by_id",
        "quiet_time.set_by_id",
        "post_frame.written_by_id",
        "post_frame.approved_by_id",
        "stop.by_id",
        "lead_change.by_id",
        "submission.decided_by_id",
        "client_choice.shown_by_id",
        "seat_holder.member_id",
        "offer.answered_by_id",
    ),
)
# Texts of others that may name somebody, and what takes their place then.
SPOKEN: dict[str, Any] = {"audit_entry.reason": "–", "application.knows": "", "import_batch.rows": {}}
PERSONAL: dict[str, Any] = {
    **{name: getattr(Member.__table__.columns[name].default, "arg", None) for name in fields_of(Member)},
    **dict.fromkeys(("key", "email", "photo", "invited_at", "arrived_at", "spotlight_at", "sits_out_at"), None),
    **dict.fromkeys(("public_at", "indexed_at", "reminded_at", "refused_email"), None),
    **{"refused_code": "", "audiences": {}, "mail_off": [], "is_admin": False, "state": MemberState.GONE},
}
FIRM = [name for name, field in fields_of(Business).items() if field.limit and name not in ("name", "city", "region")]


def erase(session: Session, *, member: Member, by: Member | None, now: datetime) -> str | None:
    """Forget the member for good: no column of any table says any more who they were, or what they wrote.

    Returns the digest of their photo, whose file the caller forgets once this is committed (``photo.forget_unused``).
    Nothing is taken back. The address is suppressed, so that no import or invitation writes to it again.
    """
    name, digest = member.name, member.photo
    if member.email:
        suppress(session, email=member.email, now=now)
        asked = Submission.email_hmac == email_hmac(session, member.email)
        session.execute(update(Submission).where(asked).values(sealed="", decided_at=now, decision=Decision.WITHDRAWN))
    session.flush()
    _end(session, member, now)
    _forget_posts(session, member, now)
    _forget_letters(session, member)
    _forget_spoken(session, member)
    named = select(_column("case_study_party.case_study_id")).where(_column("case_study_party.member_id") == member.id)
    # A story is published with everybody's consent: without theirs nobody would read it again.
    _delete(session, Base.metadata.tables["case_study"], _column("case_study.id").in_(named))
    count_departure(session, rater=member)
    for owner in map(_column, DELETED):
        _delete(session, owner.table, owner == member.id)
    leads = select(Lead.id).where(Lead.member_id == member.id)
    session.execute(update(Need).where(Need.lead_id.in_(leads)).values(phrase=""))
    session.execute(delete(NeedExample).where(NeedExample.lead_id.in_(leads)))
    for client in session.scalars(select(Client).where(Client.lead_id.in_(leads))):
        purge_client(session, client=client, now=now)
    for place, values in OVERWRITTEN.items():
        owner = _column(place)
        session.execute(update(owner.table).where(owner == member.id).values(**values))
    _delete_account(session, member)
    for attribute, value in PERSONAL.items():
        setattr(member, attribute, value)
    member.name = _("A former member")
    session.flush()
    _leave_firm(session, member, name)
    record(session, actor_id=by.id if by else None, action="member.erase", object=member, now=now)
    session.expire_all()
    return digest


def _end(session: Session, member: Member, now: datetime) -> None:
    """What the member asked for is over."""
    wants = update(Wanted).where(Wanted.member_id == member.id, Wanted.ended_at.is_(None))
    session.execute(wants.values(ended_at=now))
    for lead in session.scalars(select(Lead).where(Lead.member_id == member.id, Lead.closed_at.is_(None))):
        change_state(session, lead=lead, to=LeadState.DECLINED, by=None, why=_("its member left"), now=now)
    asked = select(Offer).join(Offer.lead).where(Offer.member_id == member.id, Lead.closed_at.is_(None))
    asked = asked.where(~and_(Offer.makes_bringer, Offer.state == OfferState.ACCEPTED))  # they passed it on
    for offer in session.scalars(asked.where(Offer.state.in_((OfferState.PENDING, OfferState.ACCEPTED)))):
        decline(session, offer=offer, by=member, now=now)  # whoever asked is told, and the next one is asked
    waiting = Introduction.state.in_((IntroductionState.WITH_VIA, IntroductionState.WITH_TARGET))
    theirs = or_(Introduction.asker_id == member.id, Introduction.target_id == member.id)
    session.execute(update(Introduction).where(theirs, waiting).values(state=IntroductionState.CANCELLED))


def _leave_firm(session: Session, member: Member, name: str) -> None:
    """A firm whose last member this was can do nothing any more; it keeps its name where finished work rests on it."""
    firm = member.business
    others = select(func.count()).where(Member.business_id == firm.id, Member.state != MemberState.GONE)
    if not session.scalar(others):
        part = or_(Collaboration.prime_id == firm.id, Collaboration.sub_id == firm.id)
        finished = select(func.count()).where(part, Collaboration.finished_at.is_not(None))
        is_evidence = bool(session.scalar(finished)) and name.casefold() not in firm.name.casefold()
        firm.audiences = {}
        for rows in (Claim, DeclinedCapability):
            session.execute(delete(rows).where(rows.business_id == firm.id))
        for attribute in FIRM if is_evidence else (*FIRM, "city", "region"):
            setattr(firm, attribute, "")
        if not is_evidence:
            firm.name, firm.key = _("A former firm"), None
    session.expire(firm, ["members"])
    index_business(session, firm)


def _forget_posts(session: Session, member: Member, now: datetime) -> None:
    """Posts that spoke of the member lose their text; one that is still to come is written anew."""
    turns = select(Mention.occurrence_id).where(Mention.member_id == member.id)
    named = or_(Post.occurrence_id.in_(turns), Post.text.contains(member.name, autoescape=True))
    occurrences = set()
    for post in session.scalars(select(Post).where(named)):
        post.text, post.edited_at, post.edited_by_id = "", None, None
        occurrences.add(post.occurrence_id)
    sent = Delivery.channel_id.is_not(None) & Delivery.occurrence_id.in_(occurrences)
    session.execute(update(Delivery).where(sent, Delivery.settled_at.is_not(None)).values(payload=b""))
    gone = {"payload": b"", "state": DeliveryState.FAILED, "settled_at": now, "reason": _("Its text was deleted.")}
    session.execute(update(Delivery).where(sent, Delivery.state == DeliveryState.BY_HAND).values(**gone))
    session.flush()


def _forget_letters(session: Session, member: Member) -> None:
    """No letter leaves any more that goes to the member or speaks of them."""
    waiting = select(Delivery).where(Delivery.channel_id.is_(None), func.length(Delivery.payload) > 0)
    for letter in session.scalars(waiting):
        content = json.loads(letter.payload)
        texts = [content["about"], *content["words"].values()]
        if content["to"] in (member.id, member.email) or any(member.name in str(text) for text in texts):
            session.delete(letter)
    session.flush()


def _forget_spoken(session: Session, member: Member) -> None:
    """The log keeps what was done; why, and what others typed, may be about the member."""
    # As JSON escapes them, too.
    names = {text for name in (member.name, member.email) if name for text in (name, json.dumps(name)[1:-1])}
    for place, value in SPOKEN.items():
        spoken = _column(place)
        matches: list[ColumnElement[bool]] = [cast(spoken, String).contains(name, autoescape=True) for name in names]
        session.execute(update(spoken.table).where(or_(*matches)).values({spoken.name: value}))
    about = AuditEntry.object.contains(member.public_id), AuditEntry.reason != ""
    session.execute(update(AuditEntry).where(*about).values(reason="–"))


def _delete(session: Session, rows: Table, chosen: ColumnElement[bool]) -> None:
    """Delete the chosen rows, and first whatever names them."""
    if "id" in rows.c:
        ids = list(session.scalars(select(rows.c.id).where(chosen)))  # before what chose them is gone
        chosen = rows.c.id.in_(ids)
        for owner in columns_to(rows.name) if ids else ():
            if owner.table is not rows:
                _delete(session, owner.table, owner.in_(ids))
    session.execute(delete(rows).where(chosen))


def _delete_account(session: Session, member: Member) -> None:
    """Delete the account and all that hangs on it, by the names in the database: the program that erases by the hour
    does not load the website, to which these tables belong."""
    there = inspect(session.connection())
    if not there.has_table("account"):
        return
    account = table("account", column("id"), column("member_id"))
    theirs = select(account.c.id).where(account.c.member_id == member.id)
    for name in there.get_table_names():
        for key in there.get_foreign_keys(name):
            if key["referred_table"] == "account":
                owner: ColumnElement[Any] = column(key["constrained_columns"][0])
                session.execute(delete(table(name, column(key["constrained_columns"][0]))).where(owner.in_(theirs)))
    session.execute(delete(account).where(account.c.member_id == member.id))


def _column(place: str) -> Column[Any]:
    name, _dot, attribute = place.partition(".")
    return Base.metadata.tables[name].c[attribute]
