"""Lead intake: what a new lead's text says, and the engine's answer to it, before anything is written."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from directory.engine.suggestions import ask_engine, understand
from directory.interpretation.lead_budget import read_budget
from directory.interpretation.lead_due_date import read_due_date
from directory.leads.lead import Terms, Wish, draft_lead
from directory.leads.suggestion import Suggestion
from directory.people.tables import Member


def read_lead(
    session: Session, *, text: str, terms: Terms, member: Member, now: datetime
) -> tuple[Sequence[Wish], Terms, Suggestion]:
    """Return the needs of a clean text, the terms that it fills where ``terms`` say none, and the answer to both.

    The answer is in no session: ``suggestions.store_suggestion`` stores it once the lead of ``member`` is created.
    Raises Invalid.
    """
    understood, country = understand(session, text=text), member.business.country
    terms = replace(
        terms,
        place=terms.place or understood.place,
        budget=terms.budget or read_budget(text, country=country).value,
        due_on=terms.due_on or read_due_date(text, today=now.date(), country=country).value,
    )
    draft = draft_lead(business_id=member.business_id, text=text, wishes=understood.wishes, terms=terms, now=now)
    return understood.wishes, terms, ask_engine(session, lead=draft, asker=member, now=now)
