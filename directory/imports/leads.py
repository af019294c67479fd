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
from directory.leads.client import add_client, clean_contact
from directory.leads.lead import TEXT_LIMIT, Terms, clean_lead_text, create_lead
from directory.leads.same_lead import same_lead
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


class LeadReport(NamedTuple):
    """How many leads were written, and the rows that look like one of the member's, which were not."""

    created: int
    similar: list[int]

    def lines(self) -> list[str]:
        """Return the report in words."""
        said = [ngettext("%(num)s lead.", "%(num)s leads.", self.created)]
        if self.similar:
            rows = ", ".join(map(str, self.similar))
            said.append(_("These rows look like leads that are here already, and were left out: %(rows)s", rows=rows))
        return said


def import_leads(
    session: Session, *, rows: Sequence[CheckedRow], member: Member, secrets: SecretBox, now: datetime
) -> LeadReport:
    """Create the member's leads. Raises ImportErrors, and saves nothing, for wrong cells; Invalid for too many rows.

    A row with nearly the words of one of the member's leads, or of a row before, is left out and reported.
    """
    if len(rows) > LIMIT:
        raise Invalid(_("That is %(count)s leads; send %(limit)s at a time.", count=len(rows), limit=LIMIT))
    errors, similar, created, country = list[RowError](), list[int](), 0, member.business.country
    for row in rows:
        cells = {field.name: row.values.get(field.name, "") for field in FIELDS}
        try:
            text, budget = clean_lead_text(cells["text"]), cells["budget"]
            amount = parse_amount(budget, country=country, is_range_allowed=True, field="budget") if budget else None
            is_known = any(cells[name] for name in ("client", "firm", "email", "phone"))
            contact = is_known and clean_contact(
                name=cells["client"], firm=cells["firm"], email=cells["email"], phone=cells["phone"]
            )
        except Invalid as error:
            errors.append(RowError(row.number, error.field or "", error.message))
            continue
        if same_lead(session, member=member, text=text) is not None:
            similar.append(row.number)
            continue
        terms = Terms(place=cells["place"], budget=amount)
        wishes, terms, suggestion = read_lead(session, text=text, terms=terms, member=member, now=now)
        lead = create_lead(session, member=member, text=text, wishes=wishes, terms=terms, now=now)
        if contact:
            add_client(session, lead=lead, contact=contact, by=member, secrets=secrets, now=now)
        store_suggestion(session, suggestion, lead=lead)
        created += 1
    if errors:
        raise ImportErrors(errors)
    return LeadReport(created, similar)
