"""Exporting: what the network keeps of a member, for that member, in files that people and programs read."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from directory import files
from directory.audit import AuditEntry
from directory.facts import vouch
from directory.facts.interaction import Interaction
from directory.facts.introduction import Introduction, IntroductionState
from directory.facts.introduction import introductions_of as introductions
from directory.facts.rating import Rating, shown_band
from directory.facts.vouch import Vouch
from directory.leads.client import Client, Consent
from directory.leads.lead import Lead
from directory.leads.offer import Offer
from directory.leads.report import Report
from directory.local_format import date_text
from directory.outbox.occurrence import Occurrence
from directory.people import photo
from directory.people.audience import Audience
from directory.people.chapter import Chapter
from directory.people.claim import Claim
from directory.people.tables import Business, Member, Wanted
from directory.profiles.member_view import visible_to
from directory.profiles.message import Message
from directory.taxonomy.capability import Capability
from directory.text import escape_formula
from directory.translation import gettext as _
from directory.week.pairing import Pairing, is_paired
from directory.week.prompt import Prompt

INSIDE = (
    *("id", "business_id", "member_id", "chapter_id", "sponsor_id", "search_text", "capability_id", "key"),
    *("came_from_id", "invited_by_id"),
)
OFFER_INSIDE = ("lead_id", "by_id", "answered_by_id", "then_ids", "settled_at", "chased", "chase_at")
Rows = list[dict[str, Any]]


def member_export(session: Session, *, member: Member, by: Member, more: Mapping[str, Rows]) -> dict[str, Rows]:
    """Everything of a member by what it is, a list each; ``more`` is what other rooms keep of them.

    Of the ratings they received only the published band is in it; those they gave are in it for nobody but them.
    """
    me, band = member.id, shown_band(session, member)
    given = select(Vouch).where(Vouch.giver_id == me).order_by(Vouch.id)
    met = or_(Interaction.said_by_id == me, Interaction.other_id == me)
    return {
        "profile": [_plain(member)],
        "firm": [_plain(member.business)],
        "capabilities": [
            {"capability": name, "claimed_at": at}
            for name, at in session.execute(
                select(Capability.name, Claim.claimed_at)
                .join(Claim, Claim.capability_id == Capability.id)
                .where(Claim.business_id == member.business_id)
                .order_by(Capability.name)
            )
        ],
        "wanted": [_plain(row) for row in session.scalars(select(Wanted).where(Wanted.member_id == me))],
        "interactions": [
            {
                "with": (row.other if row.said_by_id == me else row.said_by).name,
                **_plain(row, "said_by_id", "other_id", "declined_at"),
            }
            for row in session.scalars(select(Interaction).where(met).order_by(Interaction.id))
            if row.said_by_id == me or row.declined_at is None
        ],
        "vouches_given": [
            {"for": row.receiver.name, **_plain(row, "giver_id", "receiver_id", "declined_at")}
            for row in session.scalars(given)
        ],
        "vouches_received": [
            {"from": row.giver.name, **_plain(row, "giver_id", "receiver_id")}
            for row in vouch.shown_vouches(session, member=member)
        ],
        "introductions": [
            {
                "asker": row.asker.name,
                "target": row.target.name,
                "via": row.via.name if row.via else "",
                **_asked(row, member),
            }
            for row in introductions(session, member=member)
        ],
        "messages_sent": [
            {"to": row.receiver.name, "text": row.text, "sent_at": row.sent_at}
            for row in session.scalars(select(Message).where(Message.sender_id == me).order_by(Message.id))
        ],
        "messages_received": [
            {"from": row.sender.name, **_plain(row, "sender_id", "receiver_id")}
            for row in session.scalars(select(Message).where(Message.receiver_id == me).order_by(Message.id))
        ],
        "talks": [
            {"with": row.partner(member).name, **_plain(row, "one_id", "other_id", "said_by_id")}
            for row in session.scalars(select(Pairing).where(is_paired(member)).order_by(Pairing.id))
        ],
        "prompts": [
            {"day": day, **_plain(row, "occurrence_id")}
            for row, day in session.execute(
                select(Prompt, Occurrence.local_date)
                .join(Prompt.occurrence)
                .where(Prompt.member_id == me)
                .order_by(Prompt.id)
            )
        ],
        "leads": [
            _plain(row, "introduction_id")
            for row in session.scalars(select(Lead).where(Lead.member_id == me).order_by(Lead.id))
        ],
        "consents_of_clients": [
            {"lead": public_id, **_plain(row, "client_id", "offer_id")}
            for row, public_id in session.execute(
                select(Consent, Lead.public_id)
                .join(Client, Client.id == Consent.client_id)
                .join(Lead, Lead.id == Client.lead_id)
                .where(Lead.member_id == me)
                .order_by(Consent.id)
            )
        ],
        "offers": [
            {"from": row.by.name, "to": row.called, "work": row.work, **_plain(row, *OFFER_INSIDE)}
            for row in session.scalars(
                select(Offer).where(or_(Offer.member_id == me, Offer.by_id == me)).order_by(Offer.id)
            )
        ],
        "reports": [
            {"lead": public_id, **_plain(row, "lead_id", "by_id", "reverses_id")}
            for row, public_id in session.execute(
                select(Report, Lead.public_id).join(Report.lead).where(Report.by_id == me).order_by(Report.id)
            )
        ],
        "ratings_given": [
            {"of": name, "warmth": row.warmth, "competence": row.competence, "rated_at": row.rated_at}
            for row, name in session.execute(
                select(Rating, Member.name).join(Member, Member.id == Rating.ratee_id).where(Rating.rater_id == me)
            )
            if by.id == me
        ],
        "band_received": [{"warmth": band.warmth, "competence": band.competence}] if band else [],
        "what_you_did": [
            {"action": row.action, "object": row.object, "reason": row.reason, "at": row.at}
            for row in session.scalars(select(AuditEntry).where(AuditEntry.actor_id == me).order_by(AuditEntry.id))
        ],
        **more,
    }


def as_zip(content: Mapping[str, Rows], *, picture: bytes | None, now: datetime) -> bytes:
    """The ZIP: a README, everything in one JSON, each list as CSV, and the photo. Made in memory."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", _readme(content, now))
        archive.writestr("everything.json", json.dumps(content, ensure_ascii=False, indent=2, default=_written))
        for name, rows in content.items():
            if rows:
                archive.writestr(f"{name}.csv", as_csv(rows))
        if picture is not None:
            archive.writestr("photo.webp", picture)
    return packed.getvalue()


def picture_of(member: Member, *, home: Path) -> bytes | None:
    """The member's photo, if its file is there."""
    try:
        return files.read_file(home, photo.FOLDER, member.photo) if member.photo else None
    except FileNotFoundError:
        return None


def chapter_export(session: Session, *, chapter: Chapter) -> Rows:
    """The active members of a chapter, a row each, with no more than every member of it may see."""
    here = select(Member).join(Member.business).where(Business.chapter_id == chapter.id, Member.is_active)
    rows = []
    for member in session.scalars(here.order_by(Member.name, Member.id)):
        seen = visible_to(member, Audience.CHAPTER)
        rows.append(
            {
                "name": member.name,
                "role": member.role,
                "firm": member.business.name,
                "city": member.business.city,
                "region": member.business.region,
                "website": member.business.website,
                **{field: seen.get(field) for field in ("headline", "firm_phone", "firm_email")},
                **{field: seen.get(field) for field in ("direct_phone", "direct_email")},
                "joined_on": member.joined_at.date(),
            }
        )
    return rows


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """UTF-8 CSV with a header, which a spreadsheet opens and does not run.

    >>> as_csv([{"name": "=1+1", "city": "Tucson"}])
    "\\ufeffname,city\\r\\n'=1+1,Tucson\\r\\n"
    """
    text = StringIO(newline="")
    writer = csv.writer(text)
    header: Iterable[str] = dict.fromkeys(name for row in rows for name in row)
    writer.writerow(header)
    writer.writerows([[_quoted(row.get(name)) for name in header] for row in rows])
    return "\ufeff" + text.getvalue()


def _quoted(value: Any) -> str:
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False, default=_written)
    return escape_formula("" if value is None else _written(value))


def _written(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _plain(row: Any, *but: str) -> dict[str, Any]:
    """The columns of a row that say something to a person."""
    plain = {
        column.key: getattr(row, column.key)
        for column in row.__mapper__.column_attrs
        if column.key not in (*INSIDE, *but)
    }
    if getattr(row, "capability_id", None) is not None and hasattr(row, "capability"):
        plain["capability"] = row.capability.name
    return plain


def _asked(row: Introduction, member: Member) -> dict[str, Any]:
    """What the member may know of an introduction: a no is known to nobody but who said it."""
    plain = _plain(row, "asker_id", "target_id", "via_id", "asker_yes", "target_yes")
    is_one = member.id in (row.asker_id, row.target_id)
    said_no = row.said_by(member) is False if is_one else row.passed_at is None and not row.is_offer
    over = (IntroductionState.ACCEPTED, IntroductionState.CANCELLED)
    if row.state not in over and not (row.state == IntroductionState.DECLINED and said_no):
        plain |= {"state": "waiting", "answered_at": None}
    return plain


def _readme(content: Mapping[str, Rows], now: datetime) -> str:
    lines = [
        _("What this network has about you, as of %(day)s.", day=date_text(now)),
        "",
        _("everything.json holds all of it; each list is also a CSV file, for a spreadsheet."),
        _("Of what others privately think of you there is only what is published: a sentence, or nothing."),
        _("A ' in front of a cell keeps a spreadsheet from running it; it is not part of what you wrote."),
        "",
        *(f"{name}: {len(rows)}" for name, rows in content.items()),
    ]
    return "\r\n".join(lines) + "\r\n"
