"""How far a lead is: which seats are open, and which of them nobody is asked for."""

from datetime import datetime

from sqlalchemy.orm import Session

from directory.leads.lead import Terms, Wish, create_lead
from directory.leads.offer_request import ask
from directory.reports.lead_progress import progress_of
from directory.taxonomy.capability import CURATED, Capability, CapabilityKind
from tests.cast import Cast


def test_seats_are_told_apart_however_their_names_overlap(session: Session, cast: Cast, now: datetime) -> None:
    cast.bea.email, cast.dana.email = "bea@bramble.example", "dana@words.example"
    service = CapabilityKind.SERVICE
    design = Capability(scheme=CURATED, code="design", name="design", kind=service)  # which "Web design" contains
    twin = Capability(scheme=CURATED, code="print.design", name="Web design", kind=service)
    session.add_all([design, twin])
    session.flush()
    wishes = [Wish(each.id) for each in (cast.design, design, twin)]
    lead = create_lead(session, member=cast.nia, text="A site.", wishes=wishes, terms=Terms(), now=now)
    ask(session, lead=lead, member=cast.bea, by=cast.nia, capabilities=[cast.design], now=now)
    progress = progress_of(session, lead=lead)
    assert {seat.id for seat in progress.unasked} == {design.id, twin.id}
    assert progress.has_free([twin.id])
    ask(session, lead=lead, member=cast.dana, by=cast.nia, now=now)  # for the whole lead
    assert progress_of(session, lead=lead).unasked == []
