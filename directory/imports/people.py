"""People from a list: looked at first, brought in as a whole, and taken back as a whole while nobody has come."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, and_, delete, or_, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from directory.audit import record
from directory.db import Base, PublicRow, bump_world
from directory.engine.suggestions import understand
from directory.errors import Conflict, Invalid
from directory.imports.cell_checks import RowError
from directory.imports.people_list import BY_NAME, Line, Sheet, read_person
from directory.imports.table_reader import Row
from directory.joining.application import Application, delete_unconfirmed
from directory.joining.invitation import GRACE, invite_by_mail
from directory.leads.lead import MatchedBy
from directory.people import duplicates
from directory.people.business import index_businesses
from directory.people.chapter import Chapter
from directory.people.claim import Claim
from directory.people.tables import Business, Member, MemberState, Wanted, WantedKind
from directory.privacy.suppression import Suppression, is_suppressed
from directory.taxonomy.capability import capability_choices
from directory.text import confusable_skeleton, fold
from directory.translation import gettext as _

KEPT_FOR = timedelta(hours=24)  # a list that was not brought in, and the way back from one that was
UNDERSTOOD = 60  # firms whose sentence is read for capabilities at once: the others' people say them themselves


class ImportBatch(PublicRow, Base):
    """A list that a lead sent. ``rows`` is its sheet as JSON, ``made`` the ids of what it made, by kind."""

    __tablename__ = "import_batch"

    chapter_id: Mapped[int] = mapped_column(ForeignKey("chapter.id"), index=True)
    uploader_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    made_at: Mapped[datetime]
    rows: Mapped[dict[str, Any]]
    committed_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    made: Mapped[dict[str, Any]] = mapped_column(default=dict)

    chapter: Mapped[Chapter] = relationship()
    uploader: Mapped[Member] = relationship()

    @property
    def sheet(self) -> Sheet:
        """The list as it was read."""
        rows = [Row(number, cells) for number, cells in self.rows.get("rows", ())]
        return Sheet(rows, self.rows.get("columns", []), self.rows.get("has_header", False))

    def is_undoable(self, now: datetime) -> bool:
        """Whether one click still takes it back."""
        return self.committed_at is not None and self.undone_at is None and now < self.committed_at + KEPT_FOR


@dataclass(frozen=True)
class Preview:
    """What bringing a list in would do. ``twins`` are the firms here that firms of the list look like, by likeness."""

    lines: list[Line]
    twins: dict[str, Business]

    @property
    def new(self) -> list[Line]:
        """Those who would come in."""
        return [line for line in self.lines if not line.wrong and not line.here]

    @property
    def here(self) -> list[Line]:
        """Those who are here already, or asked not to be."""
        return [line for line in self.lines if line.here]

    @property
    def wrong(self) -> list[RowError]:
        """Every complaint."""
        return [error for line in self.lines for error in line.wrong]


def upload(session: Session, *, chapter: Chapter, by: Member, sheet: Sheet, now: datetime) -> ImportBatch:
    """Keep a list to look at. Lists that nobody brought in for a day are forgotten, and the names in older ones."""
    delete_old_uploads(session, now=now)
    batch = ImportBatch(chapter_id=chapter.id, uploader_id=by.id, made_at=now, rows=asdict(sheet))
    session.add(batch)
    session.flush()
    return batch


def delete_old_uploads(session: Session, *, now: datetime) -> None:
    """What was sent more than a day ago is kept no longer; what it made is."""
    old = ImportBatch.made_at <= now - KEPT_FOR
    session.execute(delete(ImportBatch).where(old, ImportBatch.committed_at.is_(None)))
    for batch in session.scalars(select(ImportBatch).where(ImportBatch.committed_at <= now - KEPT_FOR)):
        if batch.rows:
            batch.rows = {}


def map_columns(batch: ImportBatch, *, columns: list[str], has_header: bool) -> None:
    """Say which field each column holds. Raises Invalid where two hold the same, or nothing tells who they are."""
    _still_open(batch)
    chosen = [name if name in BY_NAME else "" for name in columns]
    for name in filter(None, chosen):
        if chosen.count(name) > 1:
            raise Invalid(_("Two columns cannot both be “%(field)s”; leave one out.", field=BY_NAME[name].label))
    batch.rows = {**batch.rows, "columns": chosen, "has_header": has_header and len(batch.rows["rows"]) > 1}


def preview(session: Session, *, batch: ImportBatch) -> Preview:
    """What bringing it in would do now; changes nothing."""
    mails, faces = _known(session, batch.chapter_id)
    lines: list[Line] = []
    sheet = batch.sheet
    forgotten = session.scalar(select(Suppression.id).limit(1)) is not None
    for row in sheet.people:
        line = read_person(row, sheet.columns)
        if not line.wrong:
            email, face = line.values["email"], _face(line.values["name"], line.values["firm"])
            line.here = mails.get(email) or faces.get(face) or ""
            if not line.here and forgotten and is_suppressed(session, email):
                line.here = _("asked us to forget them; let them come by themselves")
            if not line.here:
                mails[email] = _("has the mail address of row %(row)s", row=line.number)
                faces[face] = _("stands in row %(row)s too", row=line.number)
        lines.append(line)
    new = [line for line in lines if not line.wrong and not line.here]
    return Preview(lines, _twins(session, batch.chapter_id, new))


def _known(session: Session, chapter_id: int) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    """Who is here, by mail address and by the likeness of their name and firm, each with a sentence that says so.

    Where they stand is said of people of that chapter alone.
    """
    says = {
        MemberState.PENDING: _("has applied; decide on that instead"),
        MemberState.SUSPENDED: _("is suspended; an admin can change that"),
    }
    mails: dict[str, str] = {}
    faces: dict[tuple[str, str], str] = {}
    people = select(Member.name, Member.email, Member.state, Business.name, Business.chapter_id).join(Business)
    unconfirmed = select(Application.member_id).where(Application.confirmed_at.is_(None))
    people = people.where(Member.state != MemberState.GONE, Member.id.not_in(unconfirmed))
    for name, email, state, firm, home in session.execute(people):
        said = (home == chapter_id and says.get(state)) or _("is here already")
        faces[_face(name, firm)] = said
        if email:
            mails[email] = said
    return mails, faces


def _face(name: str, firm: str) -> tuple[str, str]:
    """A person and their firm as an eye reads them."""
    return confusable_skeleton(name), duplicates.normalized_name(firm) or confusable_skeleton(firm)


def _twins(session: Session, chapter_id: int, lines: list[Line]) -> dict[str, Business]:
    """The firms of this chapter, and imported ones without people, that firms of the list look like."""
    known = duplicates.duplicate_index(session)
    wanted = {confusable_skeleton(line.values["firm"]): line.values for line in lines}
    found = {  # the telephone of a line is the person's own
        look: [twin.business_id for twin in known.like(said["firm"], said["website"], phone="")]
        for look, said in wanted.items()
    }
    ids = sorted({id for several in found.values() for id in several})
    firms: dict[int, Business] = {}
    for start in range(0, len(ids), 1000):
        here = or_(Business.chapter_id == chapter_id, and_(Business.chapter_id.is_(None), ~Business.members.any()))
        some = select(Business).where(Business.id.in_(ids[start : start + 1000]), here)
        firms |= {firm.id: firm for firm in session.scalars(some)}
    return {
        look: firms[next(id for id in ids if id in firms)] for look, ids in found.items() if firms.keys() & set(ids)
    }


def commit(
    session: Session, *, batch: ImportBatch, by: Member, apart: Collection[str] = (), share: bool, now: datetime
) -> Preview:
    """Bring in everybody the preview shows as new, as of now, and write their invitations, which leave after GRACE.

    People join a firm that is here unless its public id stands in ``apart``; others get a new one. With ``share``
    the weekly post may ask for what they want, without names. Raises Conflict where it was done, Invalid for nobody.
    """
    _still_open(batch)
    seen = preview(session, batch=batch)
    for start in range(0, len(seen.new), 1000):
        some = [line.values["email"] for line in seen.new[start : start + 1000]]
        delete_unconfirmed(session, now=now, emails=some)
    if not seen.new:
        raise Invalid(_("There is nobody new in this list; correct it, or leave it."))
    firms = {look: firm for look, firm in seen.twins.items() if firm.public_id not in apart}
    made_firms: dict[str, Business] = {}
    people: list[tuple[Line, Member]] = []
    for line in seen.new:
        look, said = confusable_skeleton(line.values["firm"]), line.values
        firm = firms.get(look)
        if firm is None:
            place = {"city": said["city"], "region": said["region"]}
            firm = Business(
                chapter_id=batch.chapter_id, name=said["firm"], website=said["website"], created_at=now, **place
            )
            made_firms[look] = firms[look] = firm
            session.add(firm)
        firm.chapter_id = firm.chapter_id or batch.chapter_id
        firm.summary = firm.summary or said["summary"]
        own = {name: said[name] for name in ("name", "email", "role", "phone")}
        people.append((line, Member(business=firm, joined_at=now, invited_at=now, **own)))
    claims = _claims(session, list(made_firms.values()), now)
    session.add_all(member for _line, member in people)
    session.flush()
    wants = _wants(session, people, share, now)
    session.add_all([*claims, *wants])
    session.flush()
    for _line, member in people:
        invite_by_mail(session, member=member, by=by, event=f"batch-{batch.public_id}", due_at=now + GRACE, now=now)
    batch.committed_at = now
    batch.made = {
        "business": [firm.id for firm in made_firms.values()],
        "member": [member.id for _line, member in people],
        "claim": [claim.id for claim in claims],
        "wanted": [want.id for want in wants],
    }
    index_businesses(session, {member.business_id for _line, member in people})
    record(session, actor_id=by.id, action="import.commit", object=f"import_batch {batch.public_id}", now=now)
    bump_world(session)
    return seen


def _still_open(batch: ImportBatch) -> None:
    if batch.committed_at is not None:
        raise Conflict(_("These people were brought in already."))


def _claims(session: Session, firms: list[Business], now: datetime) -> list[Claim]:
    """What the firms' sentences name outright; what they only hint at is for their people to say."""
    named: list[Claim] = []
    for firm in [firm for firm in firms if firm.summary][:UNDERSTOOD]:
        with session.no_autoflush:
            wishes = understand(session, text=firm.summary).wishes
        outright = dict.fromkeys(wish.capability_id for wish in wishes if wish.matched_by is MatchedBy.SYNONYM)
        named += [Claim(business=firm, capability_id=capability, claimed_at=now) for capability in outright]
    return named


def _wants(session: Session, people: list[tuple[Line, Member]], share: bool, now: datetime) -> list[Wanted]:
    trades = {fold(word): row.id for row in capability_choices(session) for word in (*row.synonyms, row.name)}
    asking = [(line.values["wants"], member) for line, member in people if line.values["wants"]]
    return [
        Wanted(
            member_id=member.id,
            kind=WantedKind.CATEGORY if fold(text) in trades else WantedKind.CLIENT,
            capability_id=trades.get(fold(text)),
            text=text,
            wanted_at=now,
            shared_at=now if share else None,
        )
        for text, member in asking
    ]


def recent_imports(session: Session, *, chapter: Chapter, now: datetime) -> list[ImportBatch]:
    """The lists of a chapter that may still be looked at, brought in or undone, the newest first."""
    recent = select(ImportBatch).where(ImportBatch.chapter_id == chapter.id, ImportBatch.made_at > now - KEPT_FOR)
    return list(session.scalars(recent.options(joinedload(ImportBatch.uploader)).order_by(ImportBatch.id.desc())))
