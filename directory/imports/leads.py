"""Import the open leads of one member from a file, each with its client where the file says who that is."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from directory.engine.lead_intake import read_lead
from directory.engine.suggestions import store_suggestion
from directory.errors import Invalid
from directory.imports.cell_checks import Field, ImportErrors, RowError
from directory.imports.checked_table import CheckedRow
from directory.interpretation.written_amount import parse_amount
from directory.leads.client import ClientContact, add_client, clean_contact
from directory.leads.lead import TEXT_LIMIT, Terms, Wish, clean_lead_text, create_lead
from directory.leads.same_lead import has_same_words, same_lead
from directory.leads.suggestion import Suggestion
from directory.people.tables import Member
from directory.secrets import SecretBox
from directory.translation import gettext as _
from directory.translation import ngettext

FIELDS = (
    Field("text", ("text", "lead", "description", "request", "what they need"), TEXT_LIMIT, required=True),
    Field("place", ("place", "where", "city"), 120),
    Field("budget", ("budget", "amount"), 40),
    Field("client", ("client", "contact", "name"), 120),
    Field("firm", ("firm", "company"), 200),
    Field("email", ("email", "e-mail", "mail"), 254),
    Field("phone", ("phone", "telephone"), 40),
)
LIMIT = 200  # leads of a file; each text is analysed and gets a suggestion


class NewLead(NamedTuple):
    """A row of the file, read and answered; nothing of it is stored."""

    row: int
    text: str
    wishes: Sequence[Wish]
    terms: Terms
    contact: ClientContact | None
    suggestion: Suggestion


class LeadsRead(NamedTuple):
    """The leads of a file, and the rows that look like one of the member's, or like a row before."""

    new: list[NewLead]
    similar: list[int]


class LeadReport(NamedTuple):
    """How many leads were written, and the rows that look like one of the member's, which were not."""

    created: int
    similar: list[int]

    def lines(self) -> list[str]:
        """Return the report in words."""
        said = [ngettext("%(count)s lead.", "%(count)s leads.", self.created)]
        if self.similar:
            rows = ", ".join(map(str, self.similar))
            said.append(_("These rows look like leads that are here already, and were left out: %(rows)s", rows=rows))
        return said


def read_leads(session: Session, *, rows: Sequence[CheckedRow], member: Member, now: datetime) -> LeadsRead:
    """Read and answer the leads of the rows. It writes nothing, so that no other writer waits for it.

    Raises ImportErrors for wrong cells, Invalid for too many rows.
    """
    if len(rows) > LIMIT:
        raise Invalid(_("That is %(count)s leads; send %(limit)s at a time.", count=len(rows), limit=LIMIT))
    errors, similar, country = list[RowError](), list[int](), member.business.country
    checked: list[tuple[int, str, Terms, ClientContact | None]] = []
    for row in rows:
        cells = {field.name: row.values.get(field.name, "") for field in FIELDS}
        try:
            text, budget = clean_lead_text(cells["text"]), cells["budget"]
            amount = parse_amount(budget, country=country, is_range_allowed=True, field="budget") if budget else None
            is_known = any(cells[name] for name in ("client", "firm", "email", "phone"))
            how = {"name": cells["client"], "firm": cells["firm"], "email": cells["email"], "phone": cells["phone"]}
            contact = clean_contact(**how) if is_known else None
        except Invalid as error:
            errors.append(RowError(row.number, error.field or "", error.message))
            continue
        is_same = any(has_same_words(other, text) for _row, other, _terms, _contact in checked)
        if is_same or same_lead(session, member=member, text=text) is not None:
            similar.append(row.number)
        else:
            checked.append((row.number, text, Terms(place=cells["place"], budget=amount), contact))
    if errors:
        raise ImportErrors(errors)
    found = LeadsRead([], similar)
    for number, text, terms, contact in checked:
        wishes, terms, suggestion = read_lead(session, text=text, terms=terms, member=member, now=now)
        found.new.append(NewLead(number, text, wishes, terms, contact, suggestion))
    return found


def store_leads(session: Session, *, found: LeadsRead, member: Member, secrets: SecretBox, now: datetime) -> LeadReport:
    """Create the leads that were read, but for what was brought in the meantime."""
    created, similar = 0, [*found.similar]
    for row, text, wishes, terms, contact, suggestion in found.new:
        if same_lead(session, member=member, text=text) is not None:
            similar.append(row)
            continue
        lead = create_lead(session, member=member, text=text, wishes=wishes, terms=terms, now=now)
        if contact:
            add_client(session, lead=lead, contact=contact, by=member, secrets=secrets, now=now)
        store_suggestion(session, suggestion, lead=lead)
        created += 1
    return LeadReport(created, sorted(similar))
