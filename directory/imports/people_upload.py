"""Import people from an uploaded list: preview it, commit all new people at once; ``undo`` reverts it within a day."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from directory.audit import record
from directory.engine.claim_suggestions import SURE, said_capabilities
from directory.engine.own_vocabulary import Vocabulary
from directory.engine.world_cache import known_world
from directory.errors import Conflict, Invalid
from directory.imports.cell_checks import RowError
from directory.imports.column_recognition import Grade
from directory.imports.import_batch import KEPT_FOR, ImportBatch
from directory.imports.list_row import Line
from directory.imports.person_rows import BY_NAME, read_person
from directory.imports.report import own_word_notes
from directory.imports.sheet import Sheet, stored_sheet
from directory.imports.similar_firms import FirmKey, SimilarFirm, firm_keys, similar_firms
from directory.joining.application import Application, delete_unconfirmed
from directory.joining.invitation import GRACE, invite_all_by_mail
from directory.people import duplicates
from directory.people.audience import Audience
from directory.people.business import index_businesses
from directory.people.chapter import Chapter
from directory.people.claim import Claim, DeclinedCapability
from directory.people.namesake import KnownNames, known_names, namesakes
from directory.people.suppression import Suppression, is_suppressed
from directory.people.tables import DIRECT_EMAIL, DIRECT_PHONE, Business, Member, MemberState, Wanted, WantedKind
from directory.text import confusable_skeleton
from directory.translation import gettext as _

UNDERSTOOD = 60  # businesses whose summary is read for capabilities; members of the others add theirs themselves


@dataclass(frozen=True)
class Preview:
    """What committing a list would do. ``similar`` has the firms that are here already, by the listed firm's key."""

    lines: list[Line]
    similar: dict[FirmKey, SimilarFirm]

    @property
    def new(self) -> list[Line]:
        """The people who would be added."""
        return [line for line in self.lines if not line.errors and not line.excluded]

    @property
    def excluded(self) -> list[Line]:
        """The people who are members already, occur twice, or asked to be forgotten."""
        return [line for line in self.lines if line.excluded]

    @property
    def errors(self) -> list[RowError]:
        """What a person would have to correct."""
        return [error for line in self.lines for error in line.errors if not line.is_furniture]

    @property
    def furniture(self) -> list[RowError]:
        """The rows that are no person, such as headings and totals, with the reason."""
        return [error for line in self.lines for error in line.errors if line.is_furniture]

    @property
    def notes(self) -> list[RowError]:
        """What is left out of the cells of the new people; then what became words of the network's own."""
        notes = [note for line in self.new for note in line.notes]
        return sorted(notes, key=lambda note: note.field == BY_NAME["capabilities"].label)


def upload(session: Session, *, chapter: Chapter, by: Member, sheet: Sheet, now: datetime) -> ImportBatch:
    """Store a list for preview. Old uploads are deleted first, see ``delete_old_uploads``."""
    delete_old_uploads(session, now=now)
    batch = ImportBatch(chapter_id=chapter.id, uploader_id=by.id, made_at=now, rows=asdict(sheet))
    session.add(batch)
    session.flush()
    return batch


def correct(session: Session, *, batch: ImportBatch, by: Member, sheet: Sheet, now: datetime) -> ImportBatch:
    """Replace the uploader's list, or begin another where it is somebody else's or was committed; return it.

    Columns that were set by hand stay as they were set.
    """
    before = stored_sheet(batch.rows)
    if before.is_mapped:
        sheet = sheet.mapped_as(before)
    if batch.committed_at is not None or batch.uploader_id != by.id:
        return upload(session, chapter=batch.chapter, by=by, sheet=sheet, now=now)
    batch.rows, batch.made_at = asdict(sheet), now
    return batch


def delete_old_uploads(session: Session, *, now: datetime) -> None:
    """Delete uncommitted lists older than KEPT_FOR, and empty the rows of lists committed longer ago than that."""
    old = ImportBatch.made_at <= now - KEPT_FOR
    session.execute(delete(ImportBatch).where(old, ImportBatch.committed_at.is_(None)))
    for batch in session.scalars(select(ImportBatch).where(ImportBatch.committed_at <= now - KEPT_FOR)):
        if batch.rows:
            batch.rows = {}


def map_columns(batch: ImportBatch, *, columns: list[str], has_header: bool) -> None:
    """Set the field of each column; an unknown name leaves the column out. Raises Invalid if two have the same field.

    Raises Conflict if the list was committed.
    """
    _require_uncommitted(batch)
    chosen = [name if name in BY_NAME else "" for name in columns]
    for name in filter(None, chosen):
        if chosen.count(name) > 1:
            raise Invalid(_("Two columns cannot both be “%(field)s”; leave one out.", field=BY_NAME[name].label))
    grades = [Grade.SURE] * len(chosen)
    batch.rows = {
        **batch.rows,
        "columns": chosen,
        "grades": grades,
        "spares": [],
        "is_mapped": True,
        "has_header": has_header and len(batch.rows["rows"]) > 1,
    }


def preview(session: Session, *, batch: ImportBatch) -> Preview:
    """Return what committing the list would do now. Changes nothing."""
    by_email, by_likeness = _existing_people(session, batch.chapter_id)
    lines: list[Line] = []
    sheet = stored_sheet(batch.rows)
    has_suppressions = session.scalar(select(Suppression.id).limit(1)) is not None
    vocabulary, names = Vocabulary(session), known_names(session)
    for row in sheet.body:
        line = read_person(row, sheet, country=batch.chapter.country)
        new_words = vocabulary.unknown(line.values["capabilities"])
        line.note(BY_NAME["capabilities"].label, own_word_notes(new_words))
        if not line.errors:
            email, likeness = line.values["email"], _likeness(line.values["name"], line.values["firm"])
            line.excluded = by_email.get(email) or by_likeness.get(likeness) or ""
            if not line.excluded and has_suppressions and is_suppressed(session, email):
                line.excluded = _("asked us to forget them; they can still apply themselves")
            if not line.excluded:
                line.note(BY_NAME["name"].label, _namesake_notes(names, line.values))
                by_email[email] = _("has the email address of row %(row)s", row=line.number)
                by_likeness[likeness] = _("is in row %(row)s too", row=line.number)
        lines.append(line)
    new = [line for line in lines if not line.errors and not line.excluded]
    return Preview(lines, similar_firms(session, batch.chapter_id, new))


def _existing_people(session: Session, chapter_id: int) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    """Return the existing people by email and by likeness of name and firm, each with a sentence on why to exclude.

    The sentence tells the member's state only for members of this chapter.
    """
    by_state = {
        MemberState.PENDING: _("has applied; approve or decline that instead"),
        MemberState.SUSPENDED: _("is suspended; an admin can reinstate them"),
    }
    by_email: dict[str, str] = {}
    by_likeness: dict[tuple[str, str], str] = {}
    people = select(Member.name, Member.email, Member.state, Business.name, Business.chapter_id).join(Business)
    unconfirmed = select(Application.member_id).where(Application.confirmed_at.is_(None))
    people = people.where(Member.state != MemberState.GONE, Member.id.not_in(unconfirmed))
    for name, email, state, firm, home in session.execute(people):
        reason = (home == chapter_id and by_state.get(state)) or _("is already here")
        by_likeness[_likeness(name, firm)] = reason
        if email:
            by_email[email] = reason
    return by_email, by_likeness


def _namesake_notes(names: KnownNames, values: Mapping[str, str]) -> list[str]:
    """Return a sentence for each member of another firm who has the person's name."""
    return [
        _("%(name)s has the same name as %(other)s of %(firm)s.", name=each.name, other=each.other, firm=each.firm)
        for each in namesakes(names, people=[values["name"]], firm=values["firm"])
        if each.other  # firms of one name are asked about
    ]


def _likeness(name: str, firm: str) -> tuple[str, str]:
    """Return a key that is equal for people whose name and firm look the same."""
    return confusable_skeleton(name), duplicates.normalized_name(firm) or confusable_skeleton(firm)


def commit(
    session: Session,
    *,
    batch: ImportBatch,
    by: Member,
    joins: Mapping[int, bool] | None = None,
    share: bool,
    are_contacts_agreed: bool = False,
    now: datetime,
) -> Preview:
    """Add everybody who is new by a preview made now, and queue their invitations, which are sent after GRACE.

    ``joins`` answers, by the row of its line, whether people of a similar firm belong to it; unanswered ones do where
    it is the same. With ``share`` the weekly post may ask for what they want, without names. With
    ``are_contacts_agreed``, which ``by`` says of them, their chapter sees their phone and email until each chooses
    otherwise. Raises Conflict if the list was committed, Invalid if nobody is new.
    """
    _require_uncommitted(batch)
    seen = preview(session, batch=batch)
    delete_unconfirmed(session, now=now, emails=[line.values["email"] for line in seen.new])
    if not seen.new:
        raise Invalid(_("There is nobody new on this list. Correct it, or cancel."))
    firms = {
        key: similar.business
        for key, similar in seen.similar.items()
        if (joins or {}).get(similar.line.number, similar.is_same)
    }
    vocabulary = Vocabulary(session)
    new_firms: dict[FirmKey, Business] = {}
    people: list[tuple[Line, Member]] = []
    seen_by = Audience.CHAPTER if are_contacts_agreed else Audience.INTRODUCED
    audiences = dict.fromkeys((DIRECT_PHONE.name, DIRECT_EMAIL.name), seen_by.value)
    for look, line in zip(firm_keys(seen.new), seen.new, strict=True):
        values = line.values
        firm = firms.get(look)
        if firm is None:
            place = {"city": values["city"], "region": values["region"]}
            firm = Business(
                chapter_id=batch.chapter_id, name=values["firm"], website=values["website"], created_at=now, **place
            )
            new_firms[look] = firms[look] = firm
            session.add(firm)
        firm.chapter_id = firm.chapter_id or batch.chapter_id
        for name in ("summary", "website", "city", "region"):
            setattr(firm, name, getattr(firm, name) or values[name])
        fields = {name: values[name] for name in ("name", "email", "role", "phone")}
        member = Member(business=firm, joined_at=now, invited_at=now, invited_by_id=by.id, **fields)
        member.audiences = dict(audiences)
        people.append((line, member))
    session.add_all(member for _line, member in people)
    session.flush()
    cells = [(line.values["capabilities"], member.business) for line, member in people]
    claims = _claims(session, list(new_firms.values()), cells, vocabulary, now)
    wants = _wants(people, vocabulary, share, now)
    session.add_all([*claims, *wants])
    session.flush()
    invited, event = [member for _line, member in people], f"batch-{batch.public_id}"
    invite_all_by_mail(session, members=invited, by=by, event=event, due_at=now + GRACE, now=now)
    batch.committed_at = now
    batch.made = {
        "business": [firm.id for firm in new_firms.values()],
        "member": [member.id for _line, member in people],
        "claim": [claim.id for claim in claims],
        "wanted": [want.id for want in wants],
        "capability": vocabulary.learnt,
    }
    index_businesses(session, {member.business_id for _line, member in people})
    agreed = "contacts are agreed" if are_contacts_agreed else ""
    record(session, actor_id=by.id, action="import.commit", object=batch, reason=agreed, now=now)
    return seen


def _require_uncommitted(batch: ImportBatch) -> None:
    if batch.committed_at is not None:
        raise Conflict(_("These people were already invited."))


def _claims(
    session: Session,
    firms: list[Business],
    cells: list[tuple[str, Business]],
    vocabulary: Vocabulary,
    now: datetime,
) -> list[Claim]:
    """Return claims for the capabilities in the cells, and for those that the summaries of new ``firms`` surely name.

    What a cell names and nobody knows becomes a word of the network's own; of a summary, similar meaning is not enough.
    A firm that was here gets neither what it has nor what it declined.
    """
    claimed: dict[Business, dict[int, None]] = {firm: {} for _cell, firm in cells}
    for cell, firm in cells:
        claimed[firm] |= dict.fromkeys(vocabulary.learn(cell, origin=_("a list of people"))[0])
    here = [firm.id for firm in claimed.keys() - {*firms}]
    settled = {
        (business, capability)
        for table in (Claim, DeclinedCapability)
        for business, capability in session.execute(
            select(table.business_id, table.capability_id).where(table.business_id.in_(here))
        )
    }
    with session.no_autoflush:
        known = known_world(session)
    for firm in [firm for firm in firms if firm.summary][:UNDERSTOOD]:
        said = [one for one in said_capabilities(known, text=firm.summary) if one.is_named and one.score >= SURE]
        claimed[firm] |= dict.fromkeys(int(known.world.taxonomy.ids[one.capability]) for one in said)
    return [
        Claim(business=firm, capability_id=capability, claimed_at=now)
        for firm, capabilities in claimed.items()
        for capability in capabilities
        if (firm.id, capability) not in settled
    ]


def _wants(people: list[tuple[Line, Member]], vocabulary: Vocabulary, share: bool, now: datetime) -> list[Wanted]:
    wants = [(line.values["wants"], member) for line, member in people if line.values["wants"]]
    named = {text: vocabulary.find(text) for text in {text for text, _member in wants}}
    return [
        Wanted(
            member_id=member.id,
            kind=WantedKind.CATEGORY if named[text] else WantedKind.CLIENT,
            capability_id=next(iter(named[text]), None),
            text=text,
            wanted_at=now,
            shared_at=now if share else None,
        )
        for text, member in wants
    ]


def recent_imports(session: Session, *, chapter: Chapter, now: datetime) -> list[ImportBatch]:
    """Return a chapter's lists uploaded within KEPT_FOR, newest first."""
    recent = select(ImportBatch).where(ImportBatch.chapter_id == chapter.id, ImportBatch.made_at > now - KEPT_FOR)
    return list(session.scalars(recent.options(joinedload(ImportBatch.uploader)).order_by(ImportBatch.id.desc())))
